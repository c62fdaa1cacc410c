import type { Definition } from "../../infra/local/definition.ts";
import type { Execution } from "../../lambdas/ports.ts";
import type { Time } from "./events.ts";
import { Machine, type MachineHost, type RedriveLimits } from "./machine.ts";

/** A call that the machine has made. */
export interface Call {
  readonly at: Time;
  readonly task: string;
  readonly input: unknown;
  readonly release: string;
  answer(value: unknown): void;
  fail(error: Error): void;
}

/** What functions answer: a value or an error that is thrown, or "nothing" for a call that is never answered. */
export type Script = (task: string, input: unknown, nth: number) => unknown;

export const NOTHING = Symbol("no answer");
export const START: Time = Date.UTC(2026, 10, 2, 20);

/** A machine in a virtual time that stands still unless the test lets it pass. */
export class MachineWorld implements MachineHost {
  readonly machine: Machine;
  readonly calls: Call[] = [];
  readonly told: string[] = [];
  /** Each timer that has fired. */
  readonly fired: string[] = [];
  script: Script;
  private time: Time = START;
  private timers: { at: Time; what: string; act: () => void }[] = [];

  constructor(
    definition: Definition | ((release: string) => Definition),
    script: Script,
    limits?: Partial<RedriveLimits>,
  ) {
    this.script = script;
    this.machine = new Machine(
      this,
      typeof definition === "function" ? definition : () => definition,
      limits,
    );
  }

  now(): Time {
    return this.time;
  }

  after(ms: number, what: string, act: () => void): () => void {
    const timer = { at: this.time + ms, what, act };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  invoke({ task, input, release }: Parameters<MachineHost["invoke"]>[0]): Promise<unknown> {
    return new Promise((answer, fail) => {
      this.calls.push({ at: this.time, task, input, release, answer, fail });
      const value = this.script(task, input, this.called(task));
      if (value instanceof Error) fail(value);
      else if (value !== NOTHING) answer(value);
    });
  }

  changed({ name, status, redrives, error, at }: Parameters<MachineHost["changed"]>[0]): void {
    this.told.push([name, status, redrives, ...(error ? [error] : []), at - START].join(" "));
  }

  /** How often a function was called. */
  called(task: string): number {
    return this.calls.filter((call) => call.task === task).length;
  }

  /** Lets answers arrive. */
  async settle(): Promise<void> {
    for (let i = 0; i < 50; i += 1) await Promise.resolve();
  }

  /** Lets time pass: answers arrive, and timers fire at their time. */
  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      await this.settle();
      const [next] = this.timers.toSorted((a, b) => a.at - b.at);
      if (!next || next.at > until) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.time = next.at;
      this.fired.push(next.what);
      next.act();
    }
    this.time = until;
  }

  /** The timers that wait. */
  waiting(): string[] {
    return this.timers.map(({ what }) => what);
  }

  /** Runs an execution as far as answers and retries take it. */
  async run(name: string, input: unknown): Promise<Execution | undefined> {
    this.machine.start(name, JSON.stringify(input), "r1");
    await this.pass(60_000);
    return this.machine.describe(name);
  }
}
