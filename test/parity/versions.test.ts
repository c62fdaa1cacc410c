import { expect, test } from "vitest";
import { closeBatch } from "../../lambdas/billing-batch/close-batch/close-batch.ts";
import { composeBankFile } from "../../lambdas/billing-batch/compose-bank-file/compose-bank-file.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import { SubmissionUnknown } from "../../lambdas/domain/faults.ts";
import { latestReport } from "../../lambdas/latest-report.ts";
import { approve } from "../../lambdas/operations/approve/approve.ts";
import { propose } from "../../lambdas/operations/propose/propose.ts";
import type { Area, Instant, Objects } from "../../lambdas/ports.ts";
import { dueList, MORNING, row } from "../builders.ts";
import { composed, filesOf, layList, memory, pickUp, worldOn } from "../world.ts";
import { isReadByVersion } from "./calls.ts";

const VARIABLES: Record<Area, string> = {
  due: "DUE_BUCKET",
  work: "WORK_BUCKET",
  bankFiles: "BANK_FILES_BUCKET",
  outbound: "OUTBOUND_BUCKET",
  reports: "REPORTS_BUCKET",
};

/** The store, on the way to which every delivery gets lost. */
function losing(objects: Objects): Objects {
  const create: Objects["create"] = (area, ...args) =>
    area === "outbound" ? Promise.reject(new Error("lost")) : objects.create(area, ...args);
  return { ...objects, create };
}

test("on a store that has versions a whole batch names one in the reads that the evaluation says, and in no other", async () => {
  const world = worldOn(memory(), { segmentRows: 2, toleratedExcludedShare: 1 });
  const reads: { readonly area: Area; readonly key: string; readonly named: boolean }[] = [];
  const objects: Objects = {
    ...world.objects,
    read: (area, key, part = {}) => {
      reads.push({ area, key, named: part.version !== undefined });
      return world.objects.read(area, key, part);
    },
  };
  const ports = world.ports({ objects });
  const amounts = ["1000", "2000", "3000", "0"];
  const rows = amounts.map((amount_cents, n) => row({ mandate_id: `m-${n}`, amount_cents }));
  await layList(world, dueList(rows));
  const fence = await composed(world, 1, ports);
  const batch = { batchId: world.id(), fence };
  await composeBankFile(batch, ports);
  await reconcile(batch, ports);
  await expect(
    submitBankFile({ ...batch, timeLimitMs: 1000 }, { ...ports, objects: losing(objects) }),
  ).rejects.toThrow(SubmissionUnknown);
  world.now = (MORNING + 40 * 60_000) as Instant;
  const statedAt = new Date(world.now).toISOString();
  const said = { outcome: "submitted", reference: "CAS-1", channel: "email", statedAt, reason: "r" } as const;
  const evidence = Buffer.from("We have it.");
  const { id } = await propose(
    { action: "resolve-submission", batchId: world.id(), number: 1, evidence, by: "ann", ...said },
    ports,
  );
  await approve({ proposal: id, by: "bob" }, ports);
  // The delivery arrives after all, and is read back by its version.
  const [file] = await filesOf(world);
  const bytes = await world.objects.read("bankFiles", file?.key ?? "");
  await world.overwrite("outbound", pickUp(world), bytes?.bytes ?? Buffer.alloc(0));
  await submitBankFile({ ...batch, timeLimitMs: 1000 }, ports);
  await closeBatch(batch, ports);
  await latestReport(objects, world.id());
  expect(new Set(reads.map(({ area }) => area))).toEqual(new Set(Object.keys(VARIABLES)));
  expect(reads.filter(({ area, key, named }) => named !== isReadByVersion(VARIABLES[area], key))).toEqual([]);
});
