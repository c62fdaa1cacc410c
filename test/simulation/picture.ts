import { createHash } from "node:crypto";
import type {
  ApprovalItem,
  BatchItem,
  BatchProposal,
  Claim,
  FileItem,
  SegmentItem,
  StreamItem,
  SubmissionItem,
} from "../../lambdas/domain/records.ts";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import type { Effect, Observer, SimulationEvent, Time, Violation } from "./events.ts";

/** Whether that write reached its port and changed what is stored. */
export function isLanded(effect: Effect, method: string): boolean {
  return effect.method === method && !("error" in effect);
}

const hashes = new WeakMap<Buffer, string>();

/** SHA-256 of bytes that nobody changes any more, reckoned once. */
export function hashOf(bytes: Buffer): string {
  const known = hashes.get(bytes);
  if (known !== undefined) return known;
  const hash = createHash("sha256").update(bytes).digest("hex");
  hashes.set(bytes, hash);
  return hash;
}

/** The parts of `<user id>/<batch>-<nn>.aba`; undefined for a key that names no batch. */
export function outboundName(
  key: string,
): { readonly userId: string; readonly batchId: string; readonly number: number } | undefined {
  const slash = key.indexOf("/");
  if (slash < 0 || !/-\d{2}\.aba$/.test(key)) return undefined;
  return {
    userId: key.slice(0, slash),
    batchId: key.slice(slash + 1, -7),
    number: Number(key.slice(-6, -4)),
  };
}

/** A segment's record, and when the call began that has put it. */
export interface SeenSegment {
  readonly item: SegmentItem;
  readonly began: Time;
}

/**
 * The ledger as the writes that landed have made it, kept for those who judge: they neither ask a port nor trust what a
 * step says. Items are those that were written, not copies.
 */
export class Picture implements Observer {
  readonly streams = new Map<string, StreamItem>();
  readonly batches = new Map<string, BatchItem>();
  /** When a batch's record first said that it is over. */
  readonly overAt = new Map<string, Time>();
  /** By batch. */
  readonly segments = new Map<string, Map<number, SeenSegment>>();
  readonly files = new Map<string, Map<number, FileItem>>();
  /** The set of files that a batch was first seen with. */
  readonly frozen = new Map<string, readonly FileItem[]>();
  /** By `<batch>-<nn>`. */
  readonly submissions = new Map<string, SubmissionItem>();
  /** By mandate, then by `<due date>#<attempt>`. */
  readonly claims = new Map<string, Map<string, Claim>>();
  readonly proposals = new Map<string, BatchProposal[]>();
  readonly approvals = new Map<string, ApprovalItem[]>();
  /** The exclusions of segments, by the object's key. */
  readonly #exclusions = new Map<string, Buffer>();
  readonly #began = new Map<string, Time>();

  see(event: SimulationEvent): readonly Violation[] {
    if (event.type === "began") this.#began.set(event.caller.id, event.at);
    else if (event.type === "effect" && !("error" in event)) this.#landed(event);
    return [];
  }

  /** Every row that the batch's segments have excluded; undefined while one of them is not stored. */
  exclusions(batchId: string): readonly Exclusion[] | undefined {
    const segments = this.segments.get(batchId);
    const planned = this.batches.get(batchId)?.plan?.segments;
    if (planned === undefined || (segments?.size ?? 0) !== planned) return undefined;
    return [...(segments?.values() ?? [])].flatMap(({ item }) => this.exclusionsOf(item));
  }

  /** The rows that one segment has excluded. */
  exclusionsOf({ exclusionsKey }: SegmentItem): readonly Exclusion[] {
    const lines = this.#exclusions.get(exclusionsKey)?.toString("utf8").split("\n") ?? [];
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Exclusion);
  }

  /** The batch's files: their records once it is over, before that what the stream's item says of them. */
  filesOf(batchId: string): readonly FileItem[] {
    const records = this.files.get(batchId);
    if (records) return [...records.values()];
    for (const { batch } of this.streams.values()) if (batch?.id === batchId) return batch.files ?? [];
    return [];
  }

  #landed(effect: Effect): void {
    const [item] = effect.args;
    switch (effect.method) {
      case "writeStream": {
        const next = item as StreamItem;
        this.streams.set(next.stream, next);
        const { batch } = next;
        if (batch?.files && !this.frozen.has(batch.id)) this.frozen.set(batch.id, batch.files);
        return;
      }
      case "writeBatch": {
        const next = item as BatchItem;
        if (next.state !== "OPEN" && !this.overAt.has(next.id)) this.overAt.set(next.id, effect.at);
        this.batches.set(next.id, next);
        return;
      }
      case "createSegment": {
        const next = item as SegmentItem;
        const began = this.#began.get(effect.caller.id) ?? effect.at;
        inner(this.segments, next.batchId).set(next.segment, { item: next, began });
        return;
      }
      case "createFile": {
        const next = effect.args[1] as FileItem;
        inner(this.files, item as string).set(next.number, next);
        return;
      }
      case "createSubmission": {
        const next = item as SubmissionItem;
        this.submissions.set(submissionKey(next), next);
        return;
      }
      case "writeClaim": {
        const next = item as Claim;
        inner(this.claims, next.mandateId).set(`${next.dueDate}#${next.attempt}`, next);
        return;
      }
      case "createProposal":
        append(this.proposals, (item as BatchProposal).batchId, item as BatchProposal);
        return;
      case "createApproval":
        append(this.approvals, (item as Required<ApprovalItem>).batchId, item as ApprovalItem);
        return;
      case "create": {
        const [area, key, bytes] = effect.args as [string, string, Buffer];
        if (area === "work" && key.includes("/exclusions/")) this.#exclusions.set(key, bytes);
        return;
      }
      default:
    }
  }
}

export function submissionKey(item: { readonly batchId: string; readonly number: number }): string {
  return `${item.batchId}-${item.number}`;
}

function inner<Key, Value>(maps: Map<string, Map<Key, Value>>, name: string): Map<Key, Value> {
  const known = maps.get(name);
  if (known) return known;
  const made = new Map<Key, Value>();
  maps.set(name, made);
  return made;
}

function append<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  const known = lists.get(name);
  if (known) known.push(value);
  else lists.set(name, [value]);
}
