import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "../../lambdas/ports.ts";
import type { Place } from "./interpreter.ts";
import { freshAdvice, LocalFault } from "./local-fault.ts";

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

/** One execution as it is kept under `executions/`. Instants are the local clock's. */
export interface ExecutionRecord {
  readonly name: string;
  readonly status: ExecutionStatus;
  /** The input as it was given: JSON. */
  readonly input: string;
  readonly startedAt: Instant;
  readonly endedAt?: Instant;
  readonly redriveCount: number;
  readonly redrivenAt?: Instant;
  /** The latest instant that its context object has told. */
  readonly told?: Instant;
  /** The state that was entered last, with its input: where a redrive starts. */
  readonly at: Place;
  readonly output?: unknown;
  readonly failure?: {
    readonly state: string;
    readonly error: string;
    readonly cause: string;
    readonly message: string;
  };
  readonly history: readonly HistoryEntry[];
}

export interface HistoryEntry {
  readonly state: string;
  readonly event: "entered" | "exited" | "failed";
  readonly at: Instant;
  /** 0 for the first run, 1 for the first redrive … */
  readonly redrive: number;
}

export interface ExecutionRecords {
  read(name: string): ExecutionRecord | undefined;
  /** Kept when this returns, also if the process is killed then. */
  write(record: ExecutionRecord): Promise<void>;
  /** The latest instant in any record, in epoch milliseconds; 0 where there is none. */
  latest(): number;
}

/**
 * The records under a folder. One that is still RUNNING there was cut off by the end of its process: it becomes
 * ABORTED at the state that it had entered last.
 *
 * @throws LocalFault for a record that cannot be read
 */
export async function openExecutionRecords(folder: string, now: () => Instant): Promise<ExecutionRecords> {
  await mkdir(folder, { recursive: true });
  const records = new Map<string, ExecutionRecord>();
  let last: Promise<void> = Promise.resolve();
  let latest = 0;
  const keep = (record: ExecutionRecord) => {
    records.set(record.name, record);
    latest = Math.max(latest, ...instantsOf(record));
  };
  const write = async (record: ExecutionRecord) => {
    keep(record);
    // One after the other, so that the newest stands at the end.
    const text = `${JSON.stringify(record, undefined, 1)}\n`;
    const turn = last.then(() => writeWhole(join(folder, `${record.name}${SUFFIX}`), text));
    last = turn.catch(() => {});
    await turn;
  };
  const files = (await readdir(folder)).filter((file) => file.endsWith(SUFFIX));
  for (const record of await Promise.all(files.map((file) => readRecord(folder, file)))) {
    keep(record);
    if (record.status === "RUNNING") await write(cutOff(record, now()));
  }
  return { read: (name) => records.get(name), write, latest: () => latest };
}

function instantsOf({ startedAt, redrivenAt, endedAt, told, history }: ExecutionRecord): number[] {
  return [startedAt, redrivenAt ?? 0, endedAt ?? 0, told ?? 0, ...history.map(({ at }) => at)];
}

const SUFFIX = ".json";

async function readRecord(folder: string, file: string): Promise<ExecutionRecord> {
  try {
    const record = JSON.parse(await readFile(join(folder, file), "utf8")) as ExecutionRecord;
    if (`${record.name}${SUFFIX}` !== file || !record.at?.state || !Array.isArray(record.history)) {
      throw new Error("it is not the record of that execution");
    }
    return record;
  } catch (error) {
    const message = `The record of an execution, ${join(folder, file)}, is damaged.`;
    throw new LocalFault(message, freshAdvice(join(folder, "..")), { cause: error });
  }
}

function cutOff(record: ExecutionRecord, now: Instant): ExecutionRecord {
  const message = "The process ended while the execution was running.";
  return ended(record, "ABORTED", now, { error: "States.Aborted", cause: message, message });
}

/** The record of an execution that has ended without success at the state that it had entered last. */
export function ended(
  record: ExecutionRecord,
  status: Exclude<ExecutionStatus, "RUNNING" | "SUCCEEDED">,
  now: Instant,
  failure: { readonly error: string; readonly cause: string; readonly message?: string },
): ExecutionRecord {
  const { state } = record.at;
  const { error, cause, message = cause } = failure;
  return {
    ...record,
    status,
    endedAt: now,
    failure: { state, error, cause, message },
    history: [...record.history, { state, event: "failed", at: now, redrive: record.redriveCount }],
  };
}

/** Writes beside the file and renames: a reader, also after a kill, finds the old text or the new. */
async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await writeFile(unfinished, text);
  await rename(unfinished, path);
}
