import { type Failure, failureOf } from "../../infra/local/states-errors.ts";
import type { DistributedMap } from "./compiled.ts";
import { named, runtimeError } from "./paths.ts";
import { type Context, type Ground, Walk } from "./walk.ts";

/** A child is an execution of its own, and the definition reads no context object in it: checkDefinition sees to that. */
const NO_CONTEXT: Context = { State: { Name: "", EnteredTime: "" } };

/** The children of a distributed map, kept from one redrive to the next. */
export class MapRun {
  private readonly children: readonly Walk[];
  private readonly concurrency: number;
  private round = 0;
  private waiting: Walk[] = [];
  private running = 0;
  private over: (results: unknown[]) => void = () => {};
  private failed: (failure: Failure) => void = () => {};

  /** @throws Error by the name States.Runtime where a path of the map finds nothing that it can use */
  constructor(step: DistributedMap, input: unknown, context: Context, ground: Ground) {
    const items = step.items(input, context);
    if (!Array.isArray(items)) throw runtimeError(`The items of the map ${step.name} are no list.`);
    this.concurrency = step.concurrency(input, context);
    const own = { ...ground, entered: () => NO_CONTEXT };
    this.children = items.map(
      (item: unknown, i) =>
        new Walk(step.children, step.selector(input, context, i, item), own, (child) => this.ended(child)),
    );
  }

  /**
   * Starts the children, or those that have not succeeded: failed and stopped ones go on from the state at which
   * they were, with the input they had, and the results of the others are kept.
   * https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html#redrive-child-workflow-behavior
   */
  begin(over: (results: unknown[]) => void, failed: (failure: Failure) => void): void {
    this.over = over;
    this.failed = failed;
    this.running = 0;
    this.waiting = this.children.filter(({ status }) => status !== "SUCCEEDED");
    this.round += 1;
    this.startMore();
  }

  /** Stops the children that run; those that wait are not started. */
  abort(): void {
    this.round += 1;
    for (const child of this.children) child.abort();
  }

  private startMore(): void {
    const { round } = this;
    while (round === this.round && this.running < this.concurrency) {
      const child = this.waiting.shift();
      if (!child) break;
      this.running += 1;
      child.begin();
    }
    if (round !== this.round || this.running > 0) return;
    this.round += 1;
    this.over(this.children.map(({ output }) => output));
  }

  /** A failure of one is one too many, since the definition has no ToleratedFailure field: checkDefinition sees to that. */
  private ended(child: Walk): void {
    this.running -= 1;
    if (child.status === "SUCCEEDED") {
      this.startMore();
      return;
    }
    this.abort();
    this.failed(thresholdExceeded(child));
  }
}

/** Whatever error the child has failed with (aws-facts 1.5); the words are those of the local run. */
function thresholdExceeded(child: Walk): Failure {
  const { error, message } = child.failure ?? { error: "", message: "" };
  const cause = `The specified tolerated failure threshold was exceeded: ${child.state} failed with ${error}: ${message ?? ""}`;
  return failureOf(named("States.ExceedToleratedFailureThreshold", cause));
}
