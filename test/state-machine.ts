import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openExecutionRecords } from "../infra/local/execution-records.ts";
import { Executions } from "../infra/local/executions.ts";
import { serveStates } from "../infra/local/states-endpoint.ts";
import { clockFrom } from "../lambdas/adapters/clock.ts";
import { MORNING } from "./builders.ts";

export const MACHINE_ARN = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:batch";
/** By which its executions are started, as a permission demands. */
export const ALIAS_ARN = `${MACHINE_ARN}:live`;

/** A state machine of one task behind the Step Functions protocol: each of its runs ends as the test says. */
export interface StateMachine {
  readonly port: number;
  /** The inputs of all runs so far, oldest first. */
  readonly inputs: readonly unknown[];
  /** From now on runs wait until they are let go. */
  hold(): void;
  /** Lets waiting and later runs end: with success, or with an error of that name. */
  release(error?: string): void;
  /** Resolves when the named execution has ended. */
  ended(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function stateMachine(): Promise<StateMachine> {
  const folder = await mkdtemp(join(tmpdir(), "debit-once-"));
  const clock = clockFrom(() => MORNING);
  const inputs: unknown[] = [];
  let error: string | undefined;
  let gate = Promise.resolve();
  let open = () => {};
  const executions = new Executions({
    definition: {
      StartAt: "Only",
      States: { Only: { Type: "Task", Resource: "arn:aws:lambda:x:0:function:Only:1", End: true } },
    },
    stateMachineArn: MACHINE_ARN,
    records: await openExecutionRecords(folder, clock.now),
    clock,
    onEvent: () => {},
    call: async (_task, input) => {
      inputs.push(input);
      await gate;
      if (error !== undefined) throw Object.assign(new Error(`it ends with ${error}`), { name: error });
      return {};
    },
  });
  const endpoint = await serveStates(MACHINE_ARN, executions);
  return {
    port: endpoint.port,
    inputs,
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: (name) => {
      error = name;
      open();
    },
    ended: async (name) => {
      await executions.wait(name);
    },
    close: async () => {
      open();
      await executions.close();
      await endpoint.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
