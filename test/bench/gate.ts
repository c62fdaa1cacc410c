import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { ledgerOn } from "../../lambdas/adapters/ledger.ts";
import { stepPorts, type StepPorts } from "../../lambdas/adapters/ports.ts";
import { reconcile } from "../../lambdas/billing-batch/reconcile/reconcile.ts";
import { ComputedTable } from "./computed-table.ts";
import { computedRuntime } from "./computed-stores.ts";
import type { Effort, Figure } from "./figure.ts";
import { BATCH, dueDateOf, mandateOf, PREFIX, STREAM } from "./made-batch.ts";
import { median, medianRatio, rounds } from "./rounds.ts";
import { composedBatch } from "./prepared-batch.ts";

/** Rows and rounds, first through the SDK, which takes most of the time, then without it. */
const SIZES = {
  tiny: [
    [300, 1],
    [300, 1],
  ],
  quick: [
    [10_000, 3],
    [20_000, 5],
  ],
  full: [
    [30_000, 7],
    [100_000, 9],
  ],
} as const;
/** As many as the gate asks for in one call, and has under way. */
const CLAIMS_PER_READ = 500;
const READS_AT_ONCE = 4;

/**
 * The gate against a loop that reads what it reads and throws it away: once through the very adapters and SDK clients
 * that a Lambda has, and once with the ledger's items handed to its adapter directly. The SDK's work on the claims is
 * several times that of the gate, so the second figure is the one that shows a gate that has become slower.
 */
export async function benchGate({ size, tell }: Effort): Promise<Figure[]> {
  const [through, past] = SIZES[size];
  const read = await against({ size, tell }, through, (ports) => ports);
  const handed = await against({ size, tell }, past, (ports, table) => ({
    ...ports,
    ledger: ledgerOn(table),
  }));
  return [
    { ...read, what: "time against the bare reading", target: { atMost: 1.5 } },
    { ...handed, what: "the same, the SDK's work on claims left out" },
  ];
}

async function against(
  { tell }: Effort,
  [rows, times]: readonly [number, number],
  changed: (ports: StepPorts, table: ComputedTable) => StepPorts,
): Promise<Omit<Figure, "what">> {
  const folder = mkdtempSync(join(tmpdir(), "debit-once-gate-"));
  try {
    tell(`gate: staging and composing ${rows} rows`);
    const table = new ComputedTable(rows);
    const ports = changed(stepPorts(computedRuntime(folder, table)), table);
    const fence = await composedBatch(rows, ports, table);
    const { gate, bare } = await rounds(
      {
        gate: () => reconcile({ batchId: BATCH, fence }, ports),
        bare: () => bareReading(rows, ports),
      },
      times,
      (round) => tell(`gate: round ${round} of ${times}`),
    );
    const each = (of: readonly number[]) => `${((median(of) * 1e3) / rows).toFixed(1)} µs`;
    const detail = `${rows} rows, median of ${times} rounds; ${each(gate)} a row against ${each(bare)}`;
    return { bench: "gate", value: medianRatio(gate, bare), unit: "×", detail };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same list through the same parser, the same files, and the same claims by the same calls: nothing else. */
async function bareReading(rows: number, { ledger, objects }: StepPorts): Promise<void> {
  const list = await objects.read("due", `${PREFIX}due.csv`);
  parse(list?.bytes ?? Buffer.alloc(0), {
    bom: true,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    relax_quotes: true,
    on_record: () => null,
  });
  for (const file of (await ledger.readStream(STREAM.name))?.batch?.files ?? []) {
    await objects.read("bankFiles", file.key);
    await objects.read("bankFiles", file.indexKey);
  }
  for (const segment of await ledger.readSegments(BATCH)) await objects.read("work", segment.exclusionsKey);
  const firsts = Array.from({ length: Math.ceil(rows / CLAIMS_PER_READ) }, (_, i) => 1 + i * CLAIMS_PER_READ);
  const work = firsts.values();
  const worker = async () => {
    for (const first of work) await ledger.readClaimsNamed(debits(first, rows));
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, worker));
}

function debits(first: number, rows: number) {
  const names: { mandateId: string; dueDate: string; attempt: number }[] = [];
  for (let line = first; line < first + CLAIMS_PER_READ && line <= rows; line += 1) {
    // The gate asks for these too: a claim that must not be there is looked for.
    names.push({ mandateId: mandateOf(line), dueDate: dueDateOf(line), attempt: 1 });
  }
  return names;
}
