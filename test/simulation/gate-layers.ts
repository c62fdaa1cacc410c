import type { StreamItem } from "../../lambdas/domain/records.ts";
import type { StoredObject } from "../../lambdas/ports.ts";
import type { Caller, Effect, Observer, SimulationEvent, Time, Violation } from "./events.ts";
import { hashOf, isLanded, type Picture } from "./picture.ts";

/**
 * What the gate promises by itself. `verdict-read`: whoever lets files pass has itself read the list, the segments, the
 * bytes of every file, and as many claims as there are debits, in that very call, of which no read has failed. `pinned-version`: whoever reads a due
 * list or a bank file reads the version that the batch has pinned, whatever was laid over it since.
 */
export type GateInvariant = "verdict-read" | "pinned-version";

type Batch = NonNullable<StreamItem["batch"]>;

/** What one call of the gate has been answered. */
interface Read {
  readonly hashes: Set<string>;
  readonly claims: Set<string>;
  segments: boolean;
  /** Of its reads, one that has come back as an error. */
  failed?: string;
}

/** Judges what the gate has read, and which versions anybody reads. Needs a picture that has not seen the event yet. */
export class GateLayers implements Observer {
  readonly #picture: Picture;
  readonly #reads = new Map<string, Read>();

  /** When a call of ComposeBankFile began, and when a batch's set of files was frozen. */
  readonly #began = new Map<string, Time>();
  readonly #frozenAt = new Map<string, Time>();

  /** @param picture must see each event after these layers have */
  constructor(picture: Picture) {
    this.#picture = picture;
  }

  see(event: SimulationEvent): readonly Violation[] {
    if (event.type === "began" && event.caller.name === "ComposeBankFile") {
      this.#began.set(event.caller.id, event.at);
    }
    const isAny =
      event.type === "ended" ||
      event.type === "fault" ||
      (event.type === "effect" && METHODS.has(event.method));
    if (!isAny) return NONE;
    const broken: Violation[] = [];
    if (event.type === "effect") this.#effect(event, broken);
    if (event.type === "fault") this.#failed(event);
    if (event.type === "ended" && event.caller.name === "Reconcile" && event.error === undefined) {
      this.#ended(event.caller, broken);
    }
    return broken;
  }

  #effect(event: Effect, broken: Violation[]): void {
    const { caller, method, unheard, args } = event;
    if ("error" in event) return;
    if (method === "read" && event.value !== undefined) this.#pinned(event, broken);
    // What the caller has not heard it does not know.
    if (caller.name === "Reconcile" && !unheard) this.#note(event);
    if (!isLanded(event, "writeStream")) return;
    const { stream, batch } = args[0] as StreamItem;
    if (batch?.files && !this.#frozenAt.has(batch.id)) this.#frozenAt.set(batch.id, event.at);
    if (batch?.verdict === undefined || batch.verdict === this.#picture.streams.get(stream)?.batch?.verdict)
      return;
    if (!isNews(batch, this.#picture.streams.get(stream)?.batch)) return;
    this.#passed(caller, batch, broken);
  }

  #readBy({ id }: Caller): Read {
    const read = this.#reads.get(id) ?? { hashes: new Set(), claims: new Set(), segments: false };
    this.#reads.set(id, read);
    return read;
  }

  #failed({ caller, kind, label }: Extract<SimulationEvent, { type: "fault" }>): void {
    if (caller.name !== "Reconcile" || !ERRORS.has(kind) || !JUDGED.test(label)) return;
    this.#readBy(caller).failed = label;
  }

  #note({ method, args, value, caller }: Effect): void {
    const read = this.#readBy(caller);
    if (method === "read" && value !== undefined) read.hashes.add(hashOf((value as StoredObject).bytes));
    if (method === "readSegments") read.segments = true;
    if (method !== "readClaimsNamed") return;
    for (const name of args[0] as readonly object[]) read.claims.add(JSON.stringify(name));
  }

  /** A call that lets files pass without a write of its own: it must have judged them all the same. */
  #ended(caller: Caller, broken: Violation[]): void {
    const { batchId } = (caller.event ?? {}) as { readonly batchId?: string };
    for (const { batch } of this.#picture.streams.values()) {
      if (batch?.id !== batchId || batch === undefined) continue;
      const isOpen = batch.files?.some(({ state }) => state === "COMPOSED" || state === "RECONCILED");
      if (isOpen) this.#passed(caller, batch, broken);
    }
    this.#reads.delete(caller.id);
  }

  #passed(caller: Caller, { id, files = [] }: Batch, broken: Violation[]): void {
    const read = this.#reads.get(caller.id);
    const wrong = (what: string) =>
      broken.push({ invariant: "verdict-read", what: `${caller.id} has let ${id} pass ${what}` });
    const debits = files.reduce((sum, file) => sum + file.debits, 0);
    const list = this.#picture.batches.get(id)?.dueList?.sha256;
    if (list !== undefined && !read?.hashes.has(list)) wrong("without the due list");
    if (read?.failed !== undefined) wrong(`although ${read.failed} has failed`);
    if (!read?.segments) wrong("without what staging has recorded");
    for (const { number, sha256 } of files) {
      if (!read?.hashes.has(sha256)) wrong(`without the bytes of file ${number}`);
    }
    const asked = read?.claims.size ?? 0;
    if (asked < debits) wrong(`with ${asked} claims for ${debits} debits`);
  }

  #pinned({ args, value, caller }: Effect, broken: Violation[]): void {
    const [area, key] = args as [string, string];
    const pinned = this.#pin(area, key);
    const { version } = value as StoredObject;
    if (pinned === undefined || version === pinned || this.#isBefore(caller, area, key)) return;
    const what = `${caller.name} has read ${key} in version ${version}, and ${pinned} is pinned`;
    broken.push({ invariant: "pinned-version", what });
  }

  /** Whether a call that composes began before the set was frozen: it reads back what it finds, and may freeze nothing. */
  #isBefore({ id }: Caller, area: string, key: string): boolean {
    const began = this.#began.get(id);
    const frozen = this.#frozenAt.get(key.slice(0, key.indexOf("/")));
    return area === "bankFiles" && began !== undefined && frozen !== undefined && began <= frozen;
  }

  #pin(area: string, key: string): string | undefined {
    if (area === "due" && key.endsWith("/due.csv")) {
      return this.#picture.batches.get(key.split("/").slice(0, 3).join("-"))?.dueList?.csvVersion;
    }
    if (area !== "bankFiles") return undefined;
    const files = this.#picture.frozen.get(key.slice(0, key.indexOf("/"))) ?? [];
    return files.find((file) => file.key === key)?.version;
  }
}

/** Whether the verdict was not the same one before, as it is in a copy of the item. */
function isNews({ id, verdict }: Batch, before: Batch | undefined): boolean {
  return (
    before?.id !== id || verdict?.at !== before.verdict?.at || verdict?.report !== before.verdict?.report
  );
}

const NONE: readonly Violation[] = [];
const METHODS: ReadonlySet<string> = new Set(["read", "readSegments", "readClaimsNamed", "writeStream"]);
/** Faults after which a call is told of an error, whatever has reached the store. */
const ERRORS: ReadonlySet<string> = new Set(["drop", "lose", "late", "throttle", "error", "unknown"]);
/** What the gate judges by. The item of the stream is read again where it is written. */
const JUDGED = /^(?:objects\.read\.(?:due|work|bankFiles)|ledger\.read(?!Stream))/;
