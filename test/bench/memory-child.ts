import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Handler, InvocationContext } from "../../lambdas/adapters/lambda.ts";
import { stepPorts } from "../../lambdas/adapters/ports.ts";
import type { Item } from "../../lambdas/adapters/table.ts";
import { ComputedTable } from "./computed-table.ts";
import { computedRuntime } from "./computed-stores.ts";
import { BATCH, isBad, STREAM } from "./made-batch.ts";
import type { ChildFigures, Step } from "./memory.ts";
import { layList, sentTheDayBefore, stagedFrom } from "./prepared-batch.ts";

/** What one step leaves to the next: the ledger's items but the claims, and how many rows are staged. */
interface Left {
  readonly items: readonly Item[];
  readonly staged: number;
}

const [step, count, folder] = process.argv.slice(2) as [Step, string, string];
const rows = Number(count);
const segments = Math.ceil(rows / STREAM.segmentRows);
const place = join(folder, "left.json");
const left: Left = existsSync(place)
  ? (JSON.parse(readFileSync(place, "utf8")) as Left)
  : { items: [], staged: 0 };
const table = new ComputedTable(rows, left.items);
for (let line = 1; line <= left.staged; line += 1) if (!isBad(line)) table.claim(line);
const runtime = computedRuntime(folder, table);

const begun = performance.now();
await run();
const figures: ChildFigures = { rssMb: residentPeak(), seconds: (performance.now() - begun) / 1000 };
console.log(`\n${JSON.stringify(figures)}`);
// What was abandoned here goes on in the next step as if it had not been.
if (step !== "AbandonBatch") {
  const staged =
    step === "stage the rest" ? rows : step === "StageSegment" ? STREAM.segmentRows : left.staged;
  writeFileSync(place, JSON.stringify({ items: table.kept, staged: Math.min(staged, rows) } satisfies Left));
}

async function run(): Promise<void> {
  const batchAndFence = { batchId: BATCH, fence: 1 };
  switch (step) {
    case "lay the list":
      return layList(rows, stepPorts(runtime));
    case "stage the rest":
      return stagedFrom(2, segments, 1, stepPorts(runtime), table);
    case "AcquireLock": {
      const entered = "2026-03-01T20:00:00.000Z";
      return invoke({ batchId: BATCH, execution: BATCH, entered, retry: 0 });
    }
    case "StageSegment":
      return invoke({ ...batchAndFence, segment: 1 });
    case "AbandonBatch":
      return invoke({ batchId: BATCH, by: "bench", reason: "to be measured" });
    case "Reconcile":
      await sentTheDayBefore(stepPorts(runtime));
      return invoke(batchAndFence);
    case "PlanSegments":
    case "ComposeBankFile":
    case "SubmitBankFile":
    case "CloseBatch":
      return invoke(batchAndFence);
  }
}

async function invoke(event: object): Promise<void> {
  const kebab = step.replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
  const home = step === "AbandonBatch" ? "operations" : "billing-batch";
  const path = `../../lambdas/${home}/${kebab}/handler.ts`;
  const { handler } = (await import(new URL(path, import.meta.url).href)) as { handler: Handler<unknown> };
  const context: InvocationContext = {
    functionName: step,
    awsRequestId: "bench",
    getRemainingTimeInMillis: () => 300_000,
  };
  // A Lambda gives its output as JSON.
  JSON.stringify(await handler.on(runtime)(event, context));
}

/** The peak that the kernel has seen of this process alone, in MB. Elsewhere than on Linux as Node tells it. */
function residentPeak(): number {
  if (!existsSync("/proc/self/status")) return process.resourceUsage().maxRSS / 1024;
  const [, kb = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kb) / 1024;
}
