import { expect, test } from "vitest";
import * as faults from "../../lambdas/domain/faults.ts";

const concrete = Object.entries(faults).filter(([name]) => name !== "Fault" && name !== "RequestRefused");

test.each(concrete)("%s tells Step Functions, alarms and people its own name", (name, made) => {
  const fault = new (made as new (message: string) => faults.Fault)("why");
  expect([fault.name, fault.message]).toEqual([name, "why"]);
  expect(fault).toBeInstanceOf(faults.Fault);
});
