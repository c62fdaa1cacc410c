import {
  DATA_LIMIT,
  dataLimitExceeded,
  type Failure,
  failureOf,
  jsonCopy,
} from "../../infra/local/states-errors.ts";
import { chosen, type DistributedMap, type Program, type Retrier, type Step, type Task } from "./compiled.ts";
import { MapRun } from "./map-run.ts";
import { named } from "./paths.ts";

/** What a walk needs of its execution and of the world. */
export interface Ground {
  /** Runs `then` after that many virtual milliseconds; the result cancels it. */
  readonly after: (ms: number, what: string, then: () => void) => () => void;
  /** Calls a function; settles once or never. */
  readonly invoke: (task: string, input: unknown) => Promise<unknown>;
  /** The context object as a state sees it that is entered just now; its RetryCount is added here. */
  readonly entered: (state: string) => Context;
}

export interface Context {
  readonly State: { readonly Name: string; readonly EnteredTime: string };
  readonly [name: string]: unknown;
}

/**
 * One way through a program: that of an execution, or of a child of its map. It holds still while a call or a timer
 * is under way, and after a failure it can go on from the state that failed.
 */
export class Walk {
  status: "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED" = "PENDING";
  output: unknown;
  failure: Failure | undefined;
  private readonly ground: Ground;
  private readonly ended: (walk: Walk) => void;
  /** The state at which it stands, with the input that it was entered with. */
  private at: { readonly step: Step; readonly input: unknown };
  /** Rises with all that happens here, so that a late answer finds that nobody waits for it any more. */
  private turn = 0;
  private cancel: (() => void) | undefined;
  /** Of the map at which it stands or has failed. */
  private mapRun: MapRun | undefined;

  /** @param ended is told of success and of failure, and not of an abort */
  constructor(program: Program, input: unknown, ground: Ground, ended: (walk: Walk) => void) {
    this.at = { step: program.start, input };
    this.ground = ground;
    this.ended = ended;
  }

  /**
   * Begins, or goes on from the state that did not end well: with its input of then, a new time of entrance and all
   * its retries before it.
   * https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-behavior-states
   */
  begin(): void {
    this.status = "RUNNING";
    this.failure = undefined;
    this.enter(this.at.step, this.at.input);
  }

  /** Stops. Calls under way go on as zombies (re:Post QUZ1kPB3rSTN-CY1nPmPkeIw); a map's children stop too. */
  abort(): void {
    if (this.status !== "RUNNING") return;
    this.moveOn();
    this.status = "ABORTED";
    this.mapRun?.abort();
  }

  /** The state at which it stands. */
  get state(): string {
    return this.at.step.name;
  }

  private enter(step: Step, input: unknown): void {
    this.at = { step, input };
    const context = this.ground.entered(step.name);
    if (step.type === "Task") this.call(step, input, context, new Tries(step.retriers));
    else if (step.type === "Map") this.map(step, input, context);
    else if (step.type === "Choice") {
      this.evaluate(
        () => ({ next: chosen(step, input, context), output: step.output(input, context) }),
        ({ next, output }) => this.enter(next, output),
      );
    } else {
      this.evaluate(
        () => step.output(input, context),
        (output) => this.succeed(output),
      );
    }
  }

  /** One try of a task. Its parameters are made anew for each, since they may hold the number of the retry. */
  private call(step: Task, input: unknown, context: Context, tries: Tries): void {
    const turn = this.moveOn();
    const answered = (answer: () => unknown) => {
      if (turn !== this.turn) return; // From a call that timed out or was stopped: nobody hears a zombie.
      this.moveOn();
      this.evaluate(
        () => outputOf(step, input, context, copied(answer())),
        (output) => this.leave(step, output),
        (failure) => this.retry(step, input, context, tries, failure),
      );
    };
    const withRetry = { ...context, State: { ...context.State, RetryCount: tries.retries } };
    this.evaluate(
      () => copied(step.parameters(input, withRetry)),
      (sent) => {
        // For each try anew, as its history's event LambdaFunctionScheduled has it.
        this.cancel = this.ground.after(step.timeoutMs, `time-out of ${step.name}`, () =>
          answered(() => {
            throw named("States.Timeout", "");
          }),
        );
        this.ground.invoke(step.task, sent).then(
          (value) => answered(() => value),
          (error: unknown) =>
            answered(() => {
              throw error;
            }),
        );
      },
    );
  }

  private retry(step: Task, input: unknown, context: Context, tries: Tries, failure: Failure): void {
    const delayMs = tries.next(failure.error);
    if (delayMs === undefined) this.fail(failure);
    else {
      this.cancel = this.ground.after(delayMs, `retry of ${step.name}`, () =>
        this.call(step, input, context, tries),
      );
    }
  }

  private map(step: DistributedMap, input: unknown, context: Context): void {
    const failed = (failure: Failure) => {
      // These two are not redriven: "a new Map Run is started".
      // https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html#redrive-eligibility-map-run
      if (["States.DataLimitExceeded", "States.Runtime"].includes(failure.error)) this.mapRun = undefined;
      this.fail(failure);
    };
    const over = (results: unknown[]) =>
      this.evaluate(
        () => outputOf(step, input, context, copied(results)),
        (output) => this.leave(step, output),
        failed,
      );
    this.evaluate(
      () => (this.mapRun ??= new MapRun(step, input, context, this.ground)),
      (mapRun) => mapRun.begin(over, failed),
      failed,
    );
  }

  private leave(step: Task | DistributedMap, output: unknown): void {
    this.mapRun = undefined;
    if (step.next) this.enter(step.next, output);
    else this.succeed(output);
  }

  private succeed(output: unknown): void {
    this.moveOn();
    this.status = "SUCCEEDED";
    this.output = output;
    this.ended(this);
  }

  private fail(failure: Failure): void {
    this.moveOn();
    this.status = "FAILED";
    this.failure = failure;
    this.ended(this);
  }

  /** What is thrown while a state is evaluated is its failure; what comes after it is not. */
  private evaluate<Value>(
    act: () => Value,
    then: (value: Value) => void,
    failed: (failure: Failure) => void = (failure) => this.fail(failure),
  ): void {
    let value: Value;
    try {
      value = act();
    } catch (error) {
      failed(failureOf(error));
      return;
    }
    then(value);
  }

  /** From here on nobody waits for what was under way; a timer is cancelled. */
  private moveOn(): number {
    this.cancel?.();
    this.cancel = undefined;
    this.turn += 1;
    return this.turn;
  }
}

/** Data crosses to a function and back as JSON, and no more of it than a state may take or give. */
function copied(value: unknown): unknown {
  return JSON.parse(limited(value)) as unknown;
}

function outputOf(step: Task | DistributedMap, input: unknown, context: Context, result: unknown): unknown {
  const output = step.output(step.place(input, result), context);
  // What has come in has been measured before.
  if (output !== input) limited(output);
  return output;
}

/** The JSON of a value; made once, since most of this machine's time goes here. */
function limited(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value ?? null);
  } catch {
    // Told below, by its name.
  }
  // A function, say, is no JSON either.
  if (text === undefined) return JSON.stringify(jsonCopy(value));
  if (text.length * 3 > DATA_LIMIT && Buffer.byteLength(text) > DATA_LIMIT) throw dataLimitExceeded();
  return text;
}

/** The retries of one visit to a state. */
class Tries {
  retries = 0;
  private readonly left: { readonly retrier: Retrier; made: number }[];

  constructor(retriers: readonly Retrier[]) {
    this.left = retriers.map((retrier) => ({ retrier, made: 0 }));
  }

  /**
   * The wait before the next try; undefined if there is none. The first retrier that matches decides, over all the
   * errors that it has matched; the page's example of ErrorA to ErrorC shows both.
   * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
   */
  next(error: string): number | undefined {
    const found = this.left.find(({ retrier }) => retrier.matches(error));
    if (!found || found.made >= found.retrier.attempts) return undefined;
    const delayMs = found.retrier.delayMs(found.made);
    found.made += 1;
    this.retries += 1;
    return delayMs;
  }
}
