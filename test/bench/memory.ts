import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Effort, Figure } from "./figure.ts";

const SIZES = { tiny: [300], quick: [10_000, 100_000], full: [10_000, 100_000, 1_000_000] } as const;
const MOST_MB = 700;
/**
 * The most old JavaScript heap that a handler gets here. Without a limit V8 now and then leaves some hundred MB of
 * garbage lying, because nothing presses it, and a peak says nothing; a handler that needs more dies here.
 */
const HEAP_MB = 192;
const CHILD = fileURLToPath(new URL("memory-child.ts", import.meta.url));

/**
 * One billing batch, state by state, each in a process of its own that is started for it and ends with it. What is
 * no handler lays the list, or stages the segments that nobody measures.
 */
export const STEPS = [
  "lay the list",
  "AcquireLock",
  "PlanSegments",
  "StageSegment",
  "stage the rest",
  "ComposeBankFile",
  "Reconcile",
  "AbandonBatch",
  "SubmitBankFile",
  "CloseBatch",
] as const;

export type Step = (typeof STEPS)[number];

/** What a child tells of itself when it is done. */
export interface ChildFigures {
  /** The largest resident set, in MB. */
  readonly rssMb: number;
  readonly seconds: number;
}

/** The peak memory of each handler, by the number of rows of its batch. */
export async function benchMemory({ size, tell }: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const rows of SIZES[size]) {
    const folder = mkdtempSync(join(tmpdir(), "debit-once-memory-"));
    try {
      for (const step of STEPS) {
        tell(`memory: ${step}, ${rows} rows`);
        const { rssMb, seconds, heapMb } = await child(step, rows, folder);
        if (/^[a-z]/.test(step)) continue;
        figures.push({
          bench: "memory",
          what: `${step}, ${rows} rows: peak resident set`,
          value: rssMb,
          unit: "MB",
          target: { atMost: MOST_MB },
          detail: `JavaScript heap ${heapMb} MB at most; ${seconds.toFixed(1)} s; ledger told by a computed table`,
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

async function child(
  step: Step,
  rows: number,
  folder: string,
): Promise<ChildFigures & { readonly heapMb: number }> {
  const args = [
    `--max-old-space-size=${HEAP_MB}`,
    "--trace-gc",
    "--disable-warning=ExperimentalWarning",
    CHILD,
    step,
    String(rows),
    folder,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 256 << 20 });
  const told = stdout.split("\n").find((line) => line.startsWith("{"));
  if (told === undefined) throw new Error(`${step} with ${rows} rows told nothing`);
  return { ...(JSON.parse(told) as ChildFigures), heapMb: heapPeak(stdout) };
}

/** V8 says before each collection how much the heap holds; between two of them it only grows. */
function heapPeak(trace: string): number {
  const before = Array.from(
    trace.matchAll(/ms: [A-Z][\w-]+(?: \([\w -]+\))* (\d+)(?:\.\d+)? \(/g),
    ([, mb]) => Number(mb),
  );
  return Math.max(0, ...before);
}
