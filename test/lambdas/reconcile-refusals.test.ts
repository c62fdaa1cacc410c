import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Releases } from "../../lambdas/billing-batch/reconcile/released.ts";
import { encodeLines } from "../../lambdas/domain/line-set.ts";
import type {
  BatchStateName,
  Claim,
  FileItem,
  FileStateName,
  SegmentItem,
} from "../../lambdas/domain/records.ts";
import { released } from "../../lambdas/domain/release.ts";
import { FILE_MOVES } from "../../lambdas/domain/moves.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import { check, GateCase, row, rows, stream } from "./gate-case.ts";

const EARLIER = "au-test-2026-02-27-01";

function claim(line: number, over: Partial<Claim> = {}): Claim {
  const name = { mandateId: `mandate-${line}`, dueDate: "2026-03-02", attempt: 1 };
  return { ...name, batchId: EARLIER, line, segment: 1, cents: 1, stream: "au-test", ...over };
}

function file(number: number, firstLine: number, lastLine: number, state: FileStateName): FileItem {
  const sha256 = String(number).repeat(64);
  const texts = {
    key: "k",
    sha256,
    indexKey: "i",
    indexSha256: sha256,
    description: "d",
    processingDate: "p",
  };
  return { ...texts, number, firstLine, lastLine, state, debits: 1, cents: 1 };
}

function segment(firstLine: number, rowCount: number, staged: number[]): SegmentItem {
  const none = { count: 0, cents: 0 };
  const texts = { key: "k", sha256: "s", exclusionsKey: "e", exclusionsSha256: "x" };
  const stagedLines = encodeLines(firstLine, rowCount, staged);
  return {
    ...texts,
    batchId: EARLIER,
    segment: 1,
    firstLine,
    rows: rowCount,
    staged: none,
    excluded: none,
    byReason: {},
    stagedLines,
  };
}

/** An earlier batch with two files over the lines 1–4 and 5–8; line 3 was excluded. */
async function ledgerWith(state: BatchStateName, first: FileStateName, second: FileStateName) {
  const ledger = ledgerInMemory();
  ledger.putBatch({
    id: EARLIER,
    version: 1,
    stream: "au-test",
    billingDate: "2026-02-27",
    number: 1,
    state,
  });
  await ledger.createFile(EARLIER, file(1, 1, 4, first));
  await ledger.createFile(EARLIER, file(2, 5, 8, second));
  ledger.putSegment(segment(1, 8, [1, 2, 4, 5, 6, 7, 8]));
  return ledger;
}

describe("the gate derives a release", () => {
  it.each([
    ["OPEN", "WITHDRAWN", 1, false],
    ["ABANDONED", "SUBMITTED", 1, true],
    ["CLOSED", "SUBMITTED", 1, false],
    ["CLOSED", "ACKNOWLEDGED", 1, false],
    ["CLOSED", "UNKNOWN", 1, false],
    ["CLOSED", "WITHDRAWN", 1, true],
    ["CLOSED", "REJECTED", 1, true],
    ["CLOSED", "SUBMITTED", 3, true],
    ["CLOSED", "WITHDRAWN", 5, false],
    ["CLOSED", "SUBMITTED", 9, false],
  ] as const)(
    "from a batch that is %s and a file that is %s, for line %i: %s",
    async (state, first, line, expected) => {
      const ledger = await ledgerWith(state, first, "SUBMITTED");
      expect(await new Releases(ledger).isReleased(claim(line))).toBe(expected);
    },
  );

  it("from nothing that is missing: no batch, no segment, a line that the segment does not have", async () => {
    const ledger = await ledgerWith("CLOSED", "SUBMITTED", "SUBMITTED");
    const releases = new Releases(ledger);
    expect(await releases.isReleased(claim(1, { batchId: "au-test-2026-02-26-01" }))).toBe(false);
    expect(await releases.isReleased(claim(1, { segment: 2 }))).toBe(false);
    ledger.putSegment(segment(2, 7, [2, 4, 5, 6, 7, 8]));
    expect(await new Releases(ledger).isReleased(claim(1))).toBe(false);
  });

  it("just as staging does, for any state of the ledger", async () => {
    const states = Object.keys(FILE_MOVES) as FileStateName[];
    const anyState = fc.constantFrom(...states);
    const anyBatch = fc.constantFrom<BatchStateName>("OPEN", "CLOSED", "ABANDONED");
    await fc.assert(
      fc.asyncProperty(
        anyBatch,
        anyState,
        anyState,
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        async (state, first, second, line, hasSegment) => {
          const ledger = await ledgerWith(state, first, second);
          const one = claim(line, { segment: hasSegment ? 1 : 2 });
          const facts = {
            batch: await ledger.readBatch(EARLIER),
            files: await ledger.readFiles(EARLIER),
            segment: await ledger.readSegment(EARLIER, one.segment),
          };
          expect(await new Releases(ledger).isReleased(one)).toBe(released(one, facts) !== undefined);
        },
      ),
      { numRuns: 300, seed: 20260302 },
    );
  });
});

describe("a refusal that the ledger no longer bears out", () => {
  /** Rows 1 and 2 were claimed by an earlier batch, row 3 crowds a claim of it, row 4 is a second attempt. */
  async function refusedCase(): Promise<GateCase> {
    const gate = new GateCase(stream());
    gate.ledger.putClaim(claim(1));
    gate.ledger.putClaim(claim(2));
    gate.ledger.putClaim(claim(3, { dueDate: "2026-02-27" }));
    return gate.prepare([...rows(3), row({ mandate_id: "mandate-4", attempt: "2" }), ...rows(6).slice(4)]);
  }

  it("passes as long as the ledger does", async () => {
    const gate = await refusedCase();
    const { failed, report } = await gate.judge();
    expect(failed).toEqual([]);
    expect(report.excluded.byReason).toEqual({
      "already-claimed": 2,
      "too-near": 1,
      "no-proven-dishonour": 1,
    });
  });

  it.each<[string, (gate: GateCase) => void, string]>([
    [
      "the claim is gone",
      (gate) => gate.ledger.dropClaim(claim(2)),
      "due-list line 2: already-claimed: the named claim is not in the ledger",
    ],
    [
      "another batch has it",
      (gate) => gate.ledger.putClaim(claim(2, { batchId: "au-test-2026-02-26-01" })),
      "due-list line 2: already-claimed: the claim is another batch's by now",
    ],
    [
      "it is for another line",
      (gate) => gate.ledger.putClaim(claim(2, { line: 7 })),
      "due-list line 2: already-claimed: the claim is another batch's by now",
    ],
    [
      "the claim in the way is gone",
      (gate) => gate.ledger.dropClaim(claim(3, { dueDate: "2026-02-27" })),
      "due-list line 3: too-near: the named claim is not in the ledger",
    ],
    [
      "the days between have become enough",
      (gate) => Object.assign(gate.stream, { minDaysBetweenInstalments: 3 }),
      "due-list line 3: too-near: the named claim is not too near",
    ],
    [
      "the dishonour was recorded",
      (gate) => gate.ledger.putReturn({ mandateId: "mandate-4", dueDate: "2026-03-02", attempt: 1 }),
      "due-list line 4: no-proven-dishonour: a return of the attempt before is recorded",
    ],
  ])("fails when %s", async (_, change, note) => {
    const gate = await refusedCase();
    change(gate);
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["ledger-refusals"]);
    expect(check(report, "ledger-refusals").note).toBe(note);
  });

  it("fails when the batch that claimed it was abandoned", async () => {
    const gate = await refusedCase();
    gate.ledger.putBatch({
      id: EARLIER,
      version: 1,
      stream: "au-test",
      billingDate: "2026-02-27",
      number: 1,
      state: "ABANDONED",
    });
    const { failed, report } = await gate.judge();
    expect(failed).toEqual(["ledger-refusals"]);
    expect(check(report, "ledger-refusals").found).toBe("3");
  });

  it("fails when the claim in the way has become this batch's own, which no file carries", async () => {
    const gate = await refusedCase();
    gate.ledger.putClaim(claim(2, { batchId: "au-test-2026-03-02-01" }));
    expect((await gate.judge()).failed).toEqual(["ledger-refusals", "claims", "totals"]);
  });
});
