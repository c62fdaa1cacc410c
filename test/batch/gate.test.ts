import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectDebited } from "./bank-inbox.ts";
import { dueList } from "./due-list.ts";
import { FILE_CASES } from "./gate-file-cases.ts";
import { LEDGER_CASES } from "./gate-ledger-cases.ts";
import { DATE, expectClosed, LocalBilling } from "./local-batch.ts";
import { type Judgement, TamperedBatch } from "./tampered-batch.ts";

const CASES = { ...FILE_CASES, ...LEDGER_CASES };

let billing: LocalBilling;
let batch: TamperedBatch;
beforeAll(async () => {
  billing = await LocalBilling.open();
  const stream = billing.stream({ segmentRows: 5, maxFileDebits: 4, toleratedExcludedShare: 0.2 });
  const [claimed, dishonoured] = [stream.row(20), stream.row(21)];
  await stream.run(dueList([claimed, dishonoured]));
  const { mandate_id: mandateId } = dishonoured;
  const fact = { mandateId, dueDate: DATE, attempt: 1, schema: 1 };
  await stream.stores.putItem({ pk: `MANDATE#${mandateId}`, sk: `RETURN#${DATE}#01#first`, ...fact });
  const bad = stream.row(7, { account_title: "{}" });
  const rows = [...stream.rows(6), bad, claimed, { ...dishonoured, attempt: "2" }];
  batch = await TamperedBatch.of(stream, rows, { number: 2 });
});
afterAll(() => billing.close());

const failedOf = ({ report }: Judgement) =>
  report?.checks.filter(({ passed }) => !passed).map(({ name }) => name);

/** The gate failed for these checks and no others, nothing was sent, and its report stood before it threw. */
function expectFailed(judgement: Judgement, checks: readonly string[]): void {
  const { run, report, keys, sent } = judgement;
  expect(failedOf(judgement)).toEqual(checks);
  expect(run.failure).toMatchObject({ state: "Reconcile", error: "GateFailed" });
  expect(report).toMatchObject({ status: "GATE_FAILED", number: 1 });
  expect(keys).toEqual(
    ["exclusions-001.csv", "report-001.html", "report-001.json"].map((key) => `${run.id}/${key}`),
  );
  for (const words of [...checks, keys.at(-1) ?? ""]) expect(run.failure?.message).toContain(words);
  expect(sent).toBe(0);
}

describe.each(Object.entries(CASES))("the gate fails for %s", (_what, cases) => {
  test.each(cases)("%s", async (_case, checks, tamper) => {
    expectFailed(await batch.judged(tamper), checks);
  });
});

test("a case that nobody tampered with passes", async () => {
  const judgement = await batch.judged(async () => {});
  expect(failedOf(judgement)).toEqual([]);
  expect(judgement.run.failure?.message).toBe("the gate has passed");
});

test("a batch whose gate failed is debited once when the cause is mended, and every check was made to fail above", async () => {
  const stream = billing.stream();
  const rows = stream.rows(2);
  const stopped = await TamperedBatch.of(stream, rows);
  expectFailed(await stopped.judged((b) => b.editClaim(1, undefined)), ["claims", "totals"]);
  const run = await stopped.released();
  expectClosed(run, 2);
  expectDebited(await stream.inbox(), rows);
  const names = run.view.report?.content.checks.map(({ name }) => name) ?? [];
  const failed = new Set(Object.values(CASES).flatMap((cases) => cases.flatMap(([, checks]) => checks)));
  expect(names.filter((name) => !failed.has(name))).toEqual([]);
});
