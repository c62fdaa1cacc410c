import { beforeAll, describe, expect, test } from "vitest";
import { FAULT_KINDS, isPossible } from "./faults.ts";
import {
  empty,
  matrixCells,
  matrixFailureText,
  matrixShortfalls,
  type MatrixSummary,
  matrixTable,
  matrixTogether,
  rowOf,
  runCell,
  runMatrix,
  variantsAt,
} from "./matrix.ts";
import { runScenario } from "./matrix-run.ts";
import { isRead, SCENARIOS, scenarioOf } from "./matrix-scenarios.ts";
import { type SimulatedApp, simulatedApp } from "./simulated-app.ts";

/** Against a hang on a machine that has much else to do; nothing is timed. */
const CEILING_MS = 900_000;

let app: SimulatedApp;

beforeAll(async () => {
  app = await simulatedApp();
});

const untouched = (key: string) =>
  runScenario(scenarioOf(key), { app, mode: "books-everything", faults: [] });

describe("a crash matrix", () => {
  let operations: string[];
  let summary: MatrixSummary;

  beforeAll(async () => {
    operations = await matrixCells("singles", app, "test");
    summary = await runMatrix(app, "singles", operations, 2);
  }, CEILING_MS);

  test("of every single fault at every operation leaves no instalment debited twice, and none lost", () => {
    expect(summary.failures.map(matrixFailureText).join("\n")).toBe("");
  });

  test("covers every operation, and every fault is one that its caller has noticed", () => {
    expect(matrixShortfalls(summary, operations)).toEqual([]);
  });

  test("has a cell for every kind of fault that an operation of the run without faults can meet", async () => {
    const missing: string[] = [];
    for (const op of (await untouched("a")).operations) {
      for (const kind of FAULT_KINDS.filter((one) => isPossible(one, op.label))) {
        // What may pass unnoticed is counted where it was noticed: the next test names those.
        if (["twice", "corrupt", "stale"].includes(kind)) continue;
        if (isRead(op.label) && ["lose", "late", "crash-after"].includes(kind)) continue;
        if (summary.table[rowOf(op)]?.[kind] === undefined) missing.push(`${rowOf(op)} ${kind}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test("damages what every function reads, doubles every conditional write, and gives old answers", () => {
    const rowsWith = (kind: "twice" | "corrupt" | "stale") =>
      Object.entries(summary.table).flatMap(([row, kinds]) => (kinds[kind] ? [row] : []));
    expect(rowsWith("twice")).toEqual(
      expect.arrayContaining([
        "AcquireLock ledger.writeStream",
        "StageSegment ledger.writeClaim",
        "StageSegment ledger.createSegment",
        "ComposeBankFile ledger.writeStream",
        "Reconcile ledger.writeStream",
        "SubmitBankFile ledger.writeStream",
        "SubmitBankFile ledger.createSubmission",
        "CloseBatch ledger.createFile",
        "CloseBatch ledger.writeBatch",
        "AbandonBatch ledger.createSubmission",
      ]),
    );
    expect(rowsWith("corrupt")).toEqual(
      expect.arrayContaining([
        "AcquireLock objects.read.due",
        "PlanSegments objects.read.due",
        "StageSegment objects.read.due",
        "StageSegment objects.read.work",
        "ComposeBankFile objects.read.work",
        "Reconcile objects.read.bankFiles",
        "SubmitBankFile objects.read.bankFiles",
        "SubmitBankFile objects.read.outbound",
      ]),
    );
    expect(rowsWith("stale")).toContain("RedriveBatch executions.describe");
  });

  test("is told as a table of operations and faults", () => {
    const [head, ...lines] = matrixTable(summary).split("\n");
    expect(head).toMatch(/^operation +drop +lose +late +twice /);
    expect(lines).toHaveLength(Object.keys(summary.table).length);
    expect(lines.find((line) => line.startsWith("SubmitBankFile ledger.createSubmission "))).toMatch(
      / closed$/,
    );
  });
});

test(
  "what people do at any moment of a batch, and while a call is slow, debits nothing twice and loses nothing",
  async () => {
    const cells = await matrixCells("overlaps", app, "test");
    const summary = await runMatrix(app, "overlaps", cells, 2);
    expect(summary.failures.map(matrixFailureText).join("\n")).toBe("");
    expect(matrixShortfalls(summary, cells)).toEqual([]);
    expect(summary.cells).toBe(cells.length);
  },
  CEILING_MS,
);

test.each([
  ["stop!102", "submit.in-doubt"],
  ["stop!101", "void.won"],
  ["abandon@3000", "abandon.whole"],
  ["start@3000", "stale-fence"],
])("what people do at %s comes through %s", async (id, mark) => {
  const { marks, violations } = await runCell(id, app);
  expect(violations).toEqual([]);
  expect(marks[mark]).toBeGreaterThan(0);
});

describe("its scenarios", () => {
  test.each([
    ["a", "closed", ["three-files"]],
    [
      "b",
      "closed",
      ["submit.in-doubt", "void.lost", "resolve.rejected", "abandon.partial", "claim.takeover"],
    ],
    ["c", "closed", ["submit.in-doubt", "resolve.submitted", "evidence.found"]],
    ["d", "abandoned", ["gate.failed", "abandon.whole", "abandon.repeated", "claim.takeover"]],
    ["e", "closed", ["abandon.partial", "redrive.after-failure", "successor.debits-released"]],
    ["f", "closed", ["stale-fence"]],
    ["g", "closed", ["continue"]],
    ["h", "closed", ["stale-fence", "evidence.found"]],
    ["i", "closed", ["three-files"]],
    ["j", "closed", ["three-files"]],
  ])("%s ends %s and comes through what it is named for", async (key, end, marks) => {
    const { ends, violations, marks: seen } = await untouched(key);
    expect(violations).toEqual([]);
    expect(ends).toEqual({ first: end, successor: "closed" });
    expect(marks.filter((mark) => seen[mark] === 0)).toEqual([]);
  });

  test("are all in the matrix, with their own operations", async () => {
    const all = await matrixCells("singles", app);
    const keys = new Set(all.map((id) => id.slice(0, 1)));
    expect([...keys]).toEqual(SCENARIOS.map(({ key }) => key));
    expect(all.filter((id) => id.startsWith("a."))).toHaveLength((await untouched("a")).operations.length);
  });
});

describe("a cell", () => {
  test("is the same run each time, and can be read", async () => {
    const id = "a.113.lose";
    const [one, two] = [await runCell(id, app, true), await runCell(id, app, true)];
    expect(one.trace.join("\n")).toBe(two.trace.join("\n"));
    expect(one.trace.filter((line) => line.includes("FAULT lose"))).toHaveLength(1);
  });

  test("of a pair has both of its faults, the second one in the run that has met the first", async () => {
    const pair = await runCell("a.113.crash-after+8.drop", app);
    expect(pair.counts).toBe(true);
    expect(pair.injected.map(({ kind }) => kind)).toEqual(["crash-after", "drop"]);
    expect(pair.violations).toEqual([]);
  });

  test("of a read that arrived and was not heard ends as that of one that never arrived", async () => {
    const reads = (await untouched("a")).operations.flatMap((op, index) => (isRead(op.label) ? [index] : []));
    for (const index of [reads[3], reads[40], reads[90]]) {
      const drop = await runCell(`a.${index}.drop`, app, true);
      const lose = await runCell(`a.${index}.lose`, app, true);
      const effects = (lines: readonly string[]) =>
        lines.filter((line) => / ledger\.(write|create)/.test(line)).map((line) => line.slice(18));
      expect(effects(lose.trace)).toEqual(effects(drop.trace));
    }
  });

  test("is tried for every fault that its operation can meet", async () => {
    const { operations } = await untouched("a");
    const kindsAt = (label: string) => {
      const op = operations.find((one) => one.label === label);
      return [...new Set(op && variantsAt(op).map(({ kind }) => kind))];
    };
    expect(kindsAt("ledger.writeStream")).toEqual(
      FAULT_KINDS.filter((kind) => kind !== "corrupt" && kind !== "stale"),
    );
    expect(kindsAt("objects.read.bankFiles")).toEqual([
      "drop",
      "throttle",
      "error",
      "unknown",
      "crash-before",
      "pause",
      "corrupt",
    ]);
  });
});

test("a matrix that leaves something out, or in which something breaks, falls short", async () => {
  const failure = {
    id: "a.1.drop",
    scenario: "everything goes well",
    mode: "deduplicates" as const,
    violations: [{ invariant: "debited-once", what: "MX.1 twice" }],
    last: "the end",
    injected: [],
  };
  const broken = { ...empty("singles"), operations: ["a.1"], unnoticed: ["a.1.lose"], failures: [failure] };
  const short = matrixShortfalls(matrixTogether(empty("singles"), broken), ["a.1", "a.2"]);
  expect(short).toEqual([
    "a.1.drop: debited-once, MX.1 twice",
    "operation a.2 is not covered",
    "the fault of a.1.lose was not noticed by its caller",
    ...FAULT_KINDS.map((kind) => `no cell has the fault ${kind}`),
  ]);
  expect(matrixFailureText(failure)).toContain("npm run simulate -- --only matrix --cell a.1.drop");
  await expect(runCell("a.9999.drop", app)).rejects.toThrow("no operation 9999");
});
