import { clockFrom } from "../../lambdas/adapters/clock.ts";
import type {
  ApprovalItem,
  BatchItem,
  FileItem,
  FileStateName,
  ProposalItem,
  StreamItem,
  SubmissionItem,
} from "../../lambdas/domain/records.ts";
import type { Execution, Instant } from "../../lambdas/ports.ts";
import type { Caller, Effect, Observer, SimulationEvent, Time, Violation } from "./events.ts";
import { hashOf, outboundName, type Picture, submissionKey } from "./picture.ts";
import type { Workload } from "./workload.ts";

/** What each guard around the one irrevocable act promises by itself, whatever the others would make good. */
export type SendingInvariant =
  | "begun-when-allowed"
  | "in-order"
  | "flag-first"
  | "look-first"
  | "one-key"
  | "delivered-in-time"
  | "before-cut-off"
  | "doubt-founded"
  | "rejected-means-absent"
  | "own-time"
  | "repeated-by-people"
  | "continued-after-end"
  | "fence-of-one";

const SENT: readonly FileStateName[] = ["SUBMITTED", "ACKNOWLEDGED"];
const NOT_BEGUN: readonly (FileStateName | undefined)[] = ["COMPOSED", "RECONCILED"];
const MINUTE = 60_000;
/** How far a machine's clock may be from the true time. */
const SKEW_MS = MINUTE;
/** The longest that a delivery which was sent can be on its way. */
const ON_ITS_WAY_MS = 10 * MINUTE;
/** So long after its intent a delivery may arrive, and no longer: from then on the bank's "never" is a proof. */
const LATE_MS = (5 + 15) * MINUTE;

type Wrong = (invariant: SendingInvariant, what: string) => void;

/**
 * Judges who may begin, send, doubt and give up a file, and when: by each write, by what its caller had seen before, and
 * by the true time. As the layers do, it needs a picture that has not seen the event yet.
 */
export class Sending implements Observer {
  readonly #workload: Pick<Workload, "configuration" | "listOf">;
  readonly #picture: Picture;
  readonly #clock = clockFrom(() => 0 as Instant);
  readonly #began = new Map<string, Time>();
  /** Who has seen that nothing lies under which key. */
  readonly #looked = new Set<string>();
  /** Who was shown other bytes than lie there, or another execution than there is. */
  readonly #misled = new Set<string>();
  /** When a file's own bytes arrived, under which key, and who was told so; by batch and number. */
  readonly #arrived = new Map<
    string,
    { readonly at: Time; readonly key: string; readonly heardBy: string | undefined }
  >();
  /** Under which key a file was tried to be put first. */
  readonly #keys = new Map<string, string>();
  /** Keys under which somebody else has laid something. */
  readonly #strange = new Set<string>();
  readonly #cutOffs = new Map<string, Time>();
  /** By execution: how often it was redriven, and how many calls of SubmitBankFile it has begun. */
  readonly #runs = new Map<string, { redrives: number; submissions: number }>();
  /** By call: the newest execution that it was told of. */
  readonly #told = new Map<string, { readonly number: number; readonly status: Execution["status"] }>();
  /** By stream and fence: the execution that carries it. */
  readonly #fences = new Map<string, string>();

  /** @param picture must see each event after this has */
  constructor(workload: Pick<Workload, "configuration" | "listOf">, picture: Picture) {
    this.#workload = workload;
    this.#picture = picture;
  }

  see(event: SimulationEvent): readonly Violation[] {
    const broken: Violation[] = [];
    const wrong: Wrong = (invariant, what) => broken.push({ invariant, what });
    switch (event.type) {
      case "effect":
        this.#effect(event, wrong);
        break;
      case "began":
        this.#begun(event.caller, event.at, wrong);
        break;
      case "fault":
        if (event.kind === "stale" || (event.kind === "corrupt" && event.label.endsWith(".outbound"))) {
          this.#misled.add(event.caller.id);
        }
        break;
      case "execution":
        this.#execution(event);
        break;
      case "action":
        if (event.what === "lay") this.#strange.add(event.target);
        break;
      case "ended":
      case "log":
      case "count":
        break;
    }
    return broken.length === 0 ? NONE : broken;
  }

  #effect(event: Effect, wrong: Wrong): void {
    const landed = !("error" in event);
    switch (event.method) {
      case "writeStream":
        if (landed) this.#stream(event, wrong);
        return;
      case "writeBatch":
        if (landed) this.#batch(event.args[0] as BatchItem, event.before as BatchItem | undefined, wrong);
        return;
      case "createSubmission":
        if (landed) this.#ownTime(event, "a submission", (event.args[0] as SubmissionItem).at, wrong);
        return;
      case "createProposal":
        if (landed) this.#ownTime(event, "a proposal", (event.args[0] as ProposalItem).at, wrong);
        return;
      case "createApproval":
        if (landed) this.#ownTime(event, "an approval", (event.args[0] as ApprovalItem).at, wrong);
        return;
      case "versions":
        if (event.args[0] === "outbound" && (event.value as readonly unknown[] | undefined)?.length === 0) {
          this.#looked.add(`${event.caller.id} ${event.args[1] as string}`);
        }
        return;
      case "create":
        if (event.args[0] === "outbound") this.#delivery(event, wrong);
        return;
      case "describe":
        if (landed) this.#described(event.caller, event.value as Execution | undefined);
        return;
      case "start":
        if (event.caller.name === "ContinueBatch") this.#continued(event, wrong);
        return;
      default:
    }
  }

  #stream(event: Effect, wrong: Wrong): void {
    const next = event.args[0] as StreamItem;
    const before = event.before as StreamItem | undefined;
    const { batch } = next;
    const was = before?.batch?.id === batch?.id ? before?.batch?.files : undefined;
    if (batch?.files === undefined || batch.files === was) return;
    for (const [index, file] of batch.files.entries()) {
      const old = was?.[index];
      if (old?.state === file.state) continue;
      const name = `file ${file.number} of batch ${batch.id}`;
      switch (file.state) {
        case "SUBMITTING":
          this.#mayBegin(event, before, batch.files, index, name, wrong);
          break;
        case "WITHDRAWN":
          if (NOT_BEGUN.includes(old?.state) && !before?.batch?.abandoning)
            wrong("flag-first", `${name} is WITHDRAWN, and nothing says that its batch is being abandoned`);
          break;
        case "UNKNOWN":
          this.#doubted(event, batch.id, file, name, wrong);
          break;
        case "REJECTED":
          this.#rejected(batch.id, file, name, wrong);
          break;
        case "COMPOSED":
        case "RECONCILED":
        case "SUBMITTED":
        case "ACKNOWLEDGED":
      }
    }
  }

  #mayBegin(
    event: Effect,
    before: StreamItem | undefined,
    files: readonly FileItem[],
    index: number,
    name: string,
    wrong: Wrong,
  ): void {
    const stops = [
      before?.paused && "the stream is paused",
      before?.deploying && "a deployment is on",
      before?.batch?.abandoning && "its batch is being abandoned",
    ];
    for (const why of stops) if (why) wrong("begun-when-allowed", `${name} was begun although ${why}`);
    const back = files.slice(0, index).find(({ state }) => !SENT.includes(state));
    if (back) wrong("in-order", `${name} was begun, and file ${back.number} before it is ${back.state}`);
    const { submitting } = files[index] as FileItem;
    if (submitting) this.#ownTime(event, `the beginning of ${name}`, submitting.at, wrong);
  }

  /** Doubt is where an intent stands and no evidence lies: whoever comes after the bytes have arrived finds them. */
  #doubted({ caller }: Effect, batchId: string, file: FileItem, name: string, wrong: Wrong): void {
    const place = submissionKey({ batchId, number: file.number });
    if (this.#picture.submissions.get(place)?.kind !== "INTENT") {
      wrong("doubt-founded", `${name} is UNKNOWN, and no intent of it stands`);
    }
    const arrived = this.#arrived.get(place);
    const began = this.#began.get(caller.id) ?? 0;
    const isKnown = arrived !== undefined && (arrived.at < began || arrived.heardBy === caller.id);
    if (isKnown && !this.#misled.has(caller.id)) {
      wrong("doubt-founded", `${name} is UNKNOWN, and it could be known that it lies under ${arrived.key}`);
    }
  }

  #rejected(batchId: string, { number, submitting }: FileItem, name: string, wrong: Wrong): void {
    const arrived = this.#arrived.get(submissionKey({ batchId, number }))?.key;
    const key = submitting?.key ?? "";
    const lies = arrived ?? (this.#strange.has(key) ? key : undefined);
    if (lies !== undefined)
      wrong("rejected-means-absent", `${name} is REJECTED, and something lies under ${lies}`);
  }

  #batch(next: BatchItem, before: BatchItem | undefined, wrong: Wrong): void {
    if (next.state !== "ABANDONED" || before?.state === "ABANDONED") return;
    const batch = this.#picture.streams.get(next.stream)?.batch;
    if (batch?.id !== next.id || !batch.abandoning)
      wrong(
        "flag-first",
        `batch ${next.id} is ABANDONED, and the lock does not say that it is being abandoned`,
      );
  }

  /** Every try to put a file before the bank, whether it lands or not. */
  #delivery(event: Effect, wrong: Wrong): void {
    const [, key, bytes] = event.args as [string, string, Buffer];
    const { id } = event.caller;
    if (!this.#looked.has(`${id} ${key}`)) {
      wrong("look-first", `${key} was put by ${id}, which has not seen that nothing lies there`);
    }
    const name = outboundName(key);
    if (name === undefined) return;
    const place = submissionKey(name);
    const intent = this.#picture.submissions.get(place);
    if (intent?.kind === "INTENT" && event.at > Date.parse(intent.at) + LATE_MS) {
      wrong("delivered-in-time", `${key} came when the bank's word was a proof that it never would`);
    }
    const cutOff = this.#cutOffOf(name.batchId);
    if (cutOff !== undefined && event.at > cutOff + SKEW_MS + ON_ITS_WAY_MS) {
      wrong(
        "before-cut-off",
        `${key} came ${Math.round((event.at - cutOff) / MINUTE)} minutes after the cut-off`,
      );
    }
    const first = this.#keys.get(place) ?? key;
    this.#keys.set(place, first);
    if (first !== key) wrong("one-key", `${key} was put after ${first}`);
    const { sha256 } =
      this.#picture.frozen.get(name.batchId)?.find(({ number }) => number === name.number) ?? {};
    if ("error" in event || this.#arrived.has(place) || hashOf(bytes) !== sha256) return;
    this.#arrived.set(place, { at: event.at, key, heardBy: event.unheard ? undefined : id });
  }

  #cutOffOf(batchId: string): Time | undefined {
    const known = this.#cutOffs.get(batchId);
    if (known !== undefined) return known;
    const list = this.#workload.listOf(batchId);
    const stream = this.#workload.configuration.streams[list?.stream ?? ""];
    if (list === undefined || stream === undefined) return undefined;
    const cutOff = this.#clock.instantOf(list.billingDate, stream.cutOff, stream.timeZone);
    this.#cutOffs.set(batchId, cutOff);
    return cutOff;
  }

  /** An instant that decides something is the writer's own: between its beginning and its write, as far as clocks agree. */
  #ownTime({ caller, at }: Effect, what: string, written: string, wrong: Wrong): void {
    const instant = Date.parse(written);
    const began = this.#began.get(caller.id) ?? at;
    if (began - SKEW_MS <= instant && instant <= at + SKEW_MS) return;
    wrong("own-time", `${what} by ${caller.name} says ${written}, which was not while it was at work`);
  }

  #begun(caller: Caller, at: Time, wrong: Wrong): void {
    this.#began.set(caller.id, at);
    const { execution, name } = caller;
    if (execution === undefined) return;
    const { batchId, fence } = (caller.event ?? {}) as { readonly batchId?: string; readonly fence?: number };
    // A batch that is found closed has acquired nothing: its last state is told whatever fence there is.
    if (fence !== undefined && batchId !== undefined && name !== "CloseBatch") {
      const place = `stream ${batchId.slice(0, -14)}, fence ${fence}`;
      const first = this.#fences.get(place) ?? execution;
      this.#fences.set(place, first);
      if (first !== execution) wrong("fence-of-one", `${place} is carried by ${first} and by ${execution}`);
    }
    if (name !== "SubmitBankFile") return;
    const run = this.#runs.get(execution) ?? { redrives: 0, submissions: 0 };
    this.#runs.set(execution, run);
    run.submissions += 1;
    if (run.submissions > run.redrives + 1) {
      wrong(
        "repeated-by-people",
        `${execution} has begun ${run.submissions} submissions, and nobody redrove it`,
      );
    }
  }

  #execution({ name, status, redrives }: Extract<SimulationEvent, { type: "execution" }>): void {
    const run = this.#runs.get(name);
    // A name that is free again begins anew.
    if (run === undefined || (status === "RUNNING" && redrives === 0)) {
      this.#runs.set(name, { redrives, submissions: 0 });
    } else run.redrives = redrives;
  }

  #described({ id, name: by, event }: Caller, found: Execution | undefined): void {
    if (by !== "ContinueBatch" || found === undefined) return;
    const { batchId } = event as { readonly batchId: string };
    const number = found.name === batchId ? 0 : Number(found.name.slice(batchId.length + 2));
    if (number >= (this.#told.get(id)?.number ?? 0)) this.#told.set(id, { number, status: found.status });
  }

  #continued({ caller, args }: Effect, wrong: Wrong): void {
    const newest = this.#told.get(caller.id);
    if (newest?.status !== "RUNNING" || this.#misled.has(caller.id)) return;
    wrong(
      "continued-after-end",
      `${String(args[0])} was started beside number ${newest.number}, which was running`,
    );
  }
}

const NONE: readonly Violation[] = [];
