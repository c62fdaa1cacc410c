import type { Begun } from "../../lambdas/deploy-gate/begin.ts";
import type {
  ApprovalItem,
  OverrideProposal,
  ProposalItem,
  StreamItem,
} from "../../lambdas/domain/records.ts";
import { ConditionRefused } from "../../lambdas/ports.ts";
import type { Effect, Observer, SimulationEvent, Violation } from "./events.ts";
import type { Picture } from "./picture.ts";

/** What runs with deployers must have come through. */
export const DEPLOY_MARKS = [
  "deploy.held",
  "deploy.refused",
  "deploy.given-back",
  "deploy.raced",
  "deploy.acquire-refused",
  "deploy.submission-refused",
  "deploy.overridden",
  "deploy.ended-by-hand",
] as const;

export type DeployMark = (typeof DEPLOY_MARKS)[number];

const MINUTE = 60_000;
const SLACK_MS = 4 * MINUTE;

/** Who in the simulation writes holds past the app, in runs without deployers. */
const BY_HAND = "Deployment";

/**
 * Judges what deployments and batches are to each other:
 *
 * - `deploy-over-batch`: a deployment takes a stream only where no batch is open, or under an override, which two
 *   people have decided within the hour;
 * - `deploy-alone`: it takes none that another one holds;
 * - `deploy-ends-own`: a hold goes only in its own deployment's name, and nobody but DeployGate touches one;
 * - `deploy-holds-all`: a job that is told "allowed" holds every stream at that instant, and no batch is open on any
 *   but under an override;
 * - `deploy-override`: an override under which it takes a stream is one that two people have decided, and not run out;
 * - `deploy-gives-back`: a job that is told "refused" holds none;
 * - `deploy-kept`: what a job was told that it holds goes by its end alone.
 */
export class DeployLayers implements Observer {
  readonly counts = new Map<DeployMark, number>(DEPLOY_MARKS.map((mark) => [mark, 0]));
  readonly #picture: Picture;
  readonly #streams: readonly string[];
  readonly #overrides = {
    proposals: new Map<string, OverrideProposal>(),
    approvals: new Map<string, ApprovalItem>(),
  };
  /** Deployments whose jobs were told that they hold every stream. */
  readonly #begun = new Set<string>();
  /** Deployments of which a write may still be under way when their answer comes. */
  readonly #ended = new Set<string>();

  /** @param picture must see each event after this judge has */
  constructor(picture: Picture, streams: readonly string[]) {
    this.#picture = picture;
    this.#streams = streams;
  }

  see(event: SimulationEvent): readonly Violation[] {
    if (event.type === "effect") {
      if (event.method === "writeStream") return this.#write(event);
      if (!("error" in event)) this.#decision(event);
    }
    if (event.type === "ended") return this.#told(event);
    return NONE;
  }

  /** Keeps what two people decide about overrides: the first approval stands. */
  #decision({ method, args: [item] }: Effect): void {
    const { proposals, approvals } = this.#overrides;
    if (method === "createProposal") {
      const proposal = item as ProposalItem;
      if (proposal.action === "override-blackout") proposals.set(proposal.id, proposal);
    } else if (method === "createApproval") {
      const approval = item as ApprovalItem;
      if (proposals.has(approval.proposal)) approvals.set(approval.proposal, approval);
    }
  }

  #write(event: Effect): readonly Violation[] {
    const [next] = event.args as [StreamItem];
    const before = event.before as StreamItem | undefined;
    if ("error" in event) {
      const isRaced = event.error instanceof ConditionRefused && before !== undefined;
      const meet = event.caller.name === "DeployGate" ? before?.batch : before?.deploying;
      if (isRaced && meet !== undefined) this.#count("deploy.raced");
      return NONE;
    }
    const [had, has] = [before?.deploying, next.deploying];
    if (had?.id === has?.id || event.caller.name === BY_HAND) return NONE;
    const { action, deployment, by } = event.caller.event as Partial<Asked>;
    const broken: Violation[] = [];
    const wrong = (invariant: string, what: string) =>
      broken.push({ invariant, what: `${next.stream}: ${what}` });
    if (event.caller.name !== "DeployGate") wrong("deploy-ends-own", `${event.caller.name} changed its hold`);
    if (has !== undefined) {
      if (had !== undefined) wrong("deploy-alone", `${has.id} took it from ${had.id}`);
      if (has.id !== deployment || action !== "begin") wrong("deploy-ends-own", `${has.id} was not begun`);
      if (has.override !== undefined) {
        this.#count("deploy.overridden");
        if (!this.#isDecided(has.override, event.at))
          wrong("deploy-override", `${has.id} took it under ${has.override}`);
      }
      const open = this.#openOn(before);
      if (open !== undefined && has.override === undefined)
        wrong("deploy-over-batch", `${has.id} took it while batch ${open} is open`);
    } else if (had !== undefined) {
      if (had.id !== deployment) wrong("deploy-ends-own", `${deployment} ended ${had.id}`);
      if (action === "begin") {
        this.#count("deploy.given-back");
        if (this.#begun.has(had.id))
          wrong("deploy-kept", `${had.id} was told that it holds it, and gave it back`);
      }
      if (action === "end") this.#ended.add(had.id);
      if (action === "end" && by !== "ci") this.#count("deploy.ended-by-hand");
    }
    return broken;
  }

  #told(event: Extract<SimulationEvent, { type: "ended" }>): readonly Violation[] {
    const { name } = event.caller;
    if (event.error === "DeployInProgress") {
      if (name === "AcquireLock") this.#count("deploy.acquire-refused");
      if (name === "SubmitBankFile") this.#count("deploy.submission-refused");
    }
    if (name !== "DeployGate" || event.error !== undefined) return NONE;
    const answer = event.value as Begun | undefined;
    if (answer?.allowed === undefined || this.#ended.has(answer.deployment)) return NONE;
    this.#count(answer.allowed ? "deploy.held" : "deploy.refused");
    if (answer.allowed) this.#begun.add(answer.deployment);
    return answer.allowed ? this.#holdsAll(answer) : this.#holdsNone(answer);
  }

  #holdsAll({ deployment }: Begun): readonly Violation[] {
    return this.#streams.flatMap((stream) => {
      const item = this.#picture.streams.get(stream);
      const invariant = "deploy-holds-all";
      if (item?.deploying?.id !== deployment)
        return [
          {
            invariant,
            what: `${deployment} was told that it holds ${stream}: it is ${item?.deploying?.id ?? "free"}`,
          },
        ];
      const open = this.#openOn(item);
      return open === undefined || item.deploying.override !== undefined
        ? []
        : [{ invariant, what: `${deployment} holds ${stream}, and batch ${open} is open` }];
    });
  }

  #holdsNone({ deployment }: Begun): readonly Violation[] {
    return this.#streams.flatMap((stream) =>
      this.#picture.streams.get(stream)?.deploying?.id === deployment
        ? [{ invariant: "deploy-gives-back", what: `${deployment} was refused, and holds ${stream}` }]
        : [],
    );
  }

  /** Whether somebody else than its proposer has approved that override in the time that it may hold before that instant. */
  #isDecided(id: string, at: number): boolean {
    const proposal = this.#overrides.proposals.get(id);
    const approval = this.#overrides.approvals.get(id);
    if (proposal === undefined || approval === undefined || proposal.by === approval.by) return false;
    // The clocks of two functions differ by two minutes at the most.
    return at <= Date.parse(approval.at) + proposal.minutes * MINUTE + SLACK_MS;
  }

  /** The batch that has the lock and is not over. */
  #openOn(item: StreamItem | undefined): string | undefined {
    const id = item?.batch?.id;
    if (id === undefined) return undefined;
    const state = this.#picture.batches.get(id)?.state;
    return state === "CLOSED" || state === "ABANDONED" ? undefined : id;
  }

  #count(mark: DeployMark): void {
    this.counts.set(mark, (this.counts.get(mark) ?? 0) + 1);
  }
}

interface Asked {
  readonly action: string;
  readonly deployment: string;
  readonly by: string;
}

const NONE: readonly Violation[] = [];
