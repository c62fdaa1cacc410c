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

const SIZES = { tiny: [300, 1], quick: [20_000, 7], full: [100_000, 11] } as const;
/** As many as the gate asks for in one call, and has under way. */
const CLAIMS_PER_READ = 500;
const READS_AT_ONCE = 8;

/** The gate against a loop that reads what it reads and throws it away. */
export async function benchGate({ size, tell }: Effort): Promise<Figure[]> {
  const [rows, times] = SIZES[size];
  const folder = mkdtempSync(join(tmpdir(), "debit-once-gate-"));
  try {
    tell(`gate: staging and composing ${rows} rows`);
    const table = new ComputedTable(rows);
    // The strictest comparison that we know: the SDK's own work on a million claims, which is several times that
    // of the gate, would be the same on both sides and hide the difference. What is left is the ledger's adapter.
    const ports = { ...stepPorts(computedRuntime(folder, table)), ledger: ledgerOn(table) };
    const fence = await composedBatch(rows, ports, table);
    const measured = await rounds(
      {
        gate: () => reconcile({ batchId: BATCH, fence }, ports),
        bare: () => bareReading(rows, ports),
      },
      times,
      (round) => tell(`gate: round ${round} of ${times}`),
    );
    const each = (name: keyof typeof measured) => `${((median(measured[name]) * 1e3) / rows).toFixed(1)} µs`;
    return [
      {
        bench: "gate",
        what: "time against the bare reading",
        value: medianRatio(measured.gate, measured.bare),
        unit: "×",
        target: { atMost: 1.5 },
        detail: `${rows} rows, median of ${times} rounds; ${each("gate")} a row against ${each("bare")}`,
      },
    ];
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
