import { describe, expect, it } from "vitest";
import { batchResult } from "../../infra/local/batch-result.ts";
import { resultText } from "../../infra/local/result-text.ts";
import { exitCode } from "../../infra/ops/exit-code.ts";
import type { FileStateName } from "../../lambdas/domain/records.ts";
import type { BatchView, ShownRecord } from "../../lambdas/operations/show-batch/show-batch.ts";
import { fileItem } from "../builders.ts";

const ID = "au-cba-2026-03-02-01";
const RECORD: ShownRecord = {
  id: ID,
  version: 3,
  stream: "au-cba",
  billingDate: "2026-03-02",
  number: 1,
  state: "OPEN",
  dueList: { prefix: "au-cba/2026-03-02/01/", sha256: "0".repeat(64), count: 3 },
};
const message = "1 of 25 checks of batch au-cba-2026-03-02-01 failed: suspicion growth; see r.json";
const STOPPED = {
  status: "FAILED",
  failure: { state: "Reconcile", error: "GateFailed", cause: message, message },
} as const;

function resultOf(
  record: ShownRecord,
  execution: Parameters<typeof batchResult>[2] = STOPPED,
  files: BatchView["files"] = [],
) {
  const sum = { count: 0, cents: 0 };
  const view: BatchView = {
    batchId: ID,
    record,
    files,
    inDoubt: [],
    staged: sum,
    excluded: sum,
    events: [],
    streamEvents: [],
    proposals: [],
  };
  return batchResult(view, "au-cba", execution, false, { files: [] });
}

describe("the result of a run", () => {
  it("says of an abandoned batch that it is over, whatever had stopped it before", () => {
    expect(resultOf(RECORD)).toMatchObject({ status: "FAILED", error: { name: "GateFailed" } });
    const over = resultOf({ ...RECORD, state: "ABANDONED" });
    expect(over).toMatchObject({ status: "REFUSED", error: { name: "BatchAbandoned" } });
    expect(exitCode(over.status, over.error?.name)).toBe(3);
    expect(over.error?.next.filter((command) => /propose|redrive|abandon /.test(command))).toEqual([]);
  });

  it("says of a batch that closed without sending all its files how the rest is billed", () => {
    const closed = { ...RECORD, state: "CLOSED" } as const;
    const none = { count: 0, cents: 0 };
    const note = "Nothing was submitted: …";
    const ending = { at: "", due: none, staged: none, excluded: { ...none, byReason: {} } };
    const ended = { ...ending, submitted: none, withdrawn: none, rejected: none, note };
    const execution = { status: "SUCCEEDED" } as const;
    const of = (...states: FileStateName[]) =>
      resultOf(
        { ...closed, ending: ended },
        execution,
        states.map((state, index) => fileItem({ number: index + 1, state })),
      );
    for (const left of ["WITHDRAWN", "REJECTED"] as const) {
      expect(of("SUBMITTED", left)).toMatchObject({
        status: "CLOSED",
        note,
        next: {
          text: expect.stringContaining("still owed"),
          commands: ["npm start -- --due <folder> --stream au-cba --date 2026-03-02 --number <nn>"],
        },
      });
    }
    const text = resultText(of("REJECTED"));
    for (const words of [`accounted for. ${note}`, "next: Bill what is still owed", "--number <nn>"]) {
      expect(text).toContain(words);
    }
    expect(of("SUBMITTED", "ACKNOWLEDGED")).not.toHaveProperty("next");
    expect(resultOf(RECORD, STOPPED, [fileItem({ state: "WITHDRAWN" })])).not.toHaveProperty("next");
  });

  it("tells no amount of a list that has not been read", () => {
    expect(resultOf(RECORD).due).toEqual({ count: 3 });
    const dueList = { prefix: "p", sha256: "0".repeat(64), count: 3, cents: 3006 };
    expect(resultOf({ ...RECORD, dueList }).due).toEqual({ count: 3, cents: 3006 });
  });
});
