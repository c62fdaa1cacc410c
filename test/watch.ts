import { FILE_MOVES } from "../lambdas/domain/moves.ts";
import type { BatchItem, FileItem, StreamItem, SubmissionItem } from "../lambdas/domain/records.ts";
import type { Ledger } from "../lambdas/ports.ts";
import { type Call, intercepted } from "./port-faults.ts";
import type { Backing } from "./world.ts";

/**
 * Sees every write that reaches a backing, whoever sent it and however late, and notes what no write may ever do.
 * It judges each layer by itself: that a file lies under the bank's key once proves little while the store refuses
 * a second put, so the puts that were tried are counted too.
 */
export interface Watch {
  readonly backing: Backing;
  /** What was broken, in words; a step cannot swallow it. */
  readonly broken: string[];
  /** How often a delivery was put, by key. */
  readonly puts: ReadonlyMap<string, number>;
}

export function watched(backing: Backing): Watch {
  const broken: string[] = [];
  const puts = new Map<string, number>();
  const voided = new Set<string>();
  const { ledger } = backing;

  const judged: Partial<Record<string, (call: Call) => Promise<void>>> = {
    writeStream: async ({ args }) => {
      const [next] = args as [StreamItem];
      const before = await ledger.readStream(next.stream);
      broken.push(...streamFaults(before, next), ...(await releaseFaults(ledger, before, next)));
    },
    writeBatch: async ({ args }) => {
      const [next] = args as [BatchItem];
      const before = await ledger.readBatch(next.id);
      if (before && before.state !== "OPEN" && next.state !== before.state) {
        broken.push(`${next.id} went from ${before.state} to ${next.state}`);
      }
    },
    createSubmission: async ({ args }) => {
      const [item] = args as [SubmissionItem];
      if (item.kind === "VOID") voided.add(`${item.batchId}-0${item.number}.aba`);
    },
  };
  const watchedLedger = intercepted<Ledger>(ledger, async (call) => {
    const judge = judged[call.method];
    // What would be broken is known before the write, and true only if the write lands.
    const noted = broken.length;
    const wereVoided = [...voided];
    await judge?.(call);
    try {
      return await call.reach();
    } catch (error) {
      broken.length = noted;
      voided.clear();
      for (const name of wereVoided) voided.add(name);
      throw error;
    }
  });
  const objects = intercepted(backing.objects, (call) => {
    const [area, key] = call.args as [string, string];
    if (call.method === "create" && area === "outbound") {
      puts.set(key, (puts.get(key) ?? 0) + 1);
      if (puts.get(key) !== 1) broken.push(`${key} was put ${puts.get(key)} times`);
      if (voided.has(key.slice(key.indexOf("/") + 1))) broken.push(`${key} was put although it is void`);
    }
    return call.reach();
  });
  return { backing: { ...backing, ledger: watchedLedger, objects }, broken, puts };
}

function streamFaults(before: StreamItem | undefined, next: StreamItem): string[] {
  const faults: string[] = [];
  if (next.version !== (before?.version ?? 0) + 1) faults.push("the version did not rise by one");
  if (next.fence < (before?.fence ?? 0)) faults.push("the fence fell");
  if (before?.batch?.id !== next.batch?.id) {
    if (next.batch && next.fence === before?.fence) faults.push("the lock was taken without a new fence");
    return faults;
  }
  const files = before?.batch?.files;
  for (const file of next.batch?.files ?? []) {
    const old = files?.find(({ number }) => number === file.number);
    if (old && old.sha256 !== file.sha256) faults.push(`file ${file.number} has other bytes`);
    if (old && !isLegal(old, file))
      faults.push(`file ${file.number} went from ${old.state} to ${file.state}`);
    if (old?.submitting && !file.submitting) faults.push(`file ${file.number} forgot that it was begun`);
  }
  if (files && files.length !== next.batch?.files?.length) faults.push("the frozen set changed");
  return faults;
}

function isLegal(old: FileItem, file: FileItem): boolean {
  return old.state === file.state || Object.values(FILE_MOVES[old.state]).includes(file.state as never);
}

/** A lock that is freed or taken over never leaves an open batch behind. */
async function releaseFaults(
  ledger: Ledger,
  before: StreamItem | undefined,
  next: StreamItem,
): Promise<string[]> {
  if (before?.batch === undefined || before.batch.id === next.batch?.id) return [];
  const left = await ledger.readBatch(before.batch.id);
  return left?.state === "CLOSED" || left?.state === "ABANDONED" ? [] : [`${before.batch.id} lost its lock`];
}
