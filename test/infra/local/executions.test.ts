import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  ExecutionNotRedrivable,
  InvalidExecutionInput,
  InvalidName,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StateMachineDoesNotExist,
} from "@aws-sdk/client-sfn";
import { describe, expect, onTestFinished, test } from "vitest";
import { localClock } from "../../../infra/local/clock.ts";
import type { Definition } from "../../../infra/local/definition.ts";
import { type ExecutionRecord, openExecutionRecords } from "../../../infra/local/execution-records.ts";
import type { ExecutionEvent } from "../../../infra/local/execution-run.ts";
import { Executions } from "../../../infra/local/executions.ts";
import { LocalFault } from "../../../infra/local/local-fault.ts";
import { loopback } from "../../../infra/local/loopback.ts";
import { serveStates } from "../../../infra/local/states-endpoint.ts";
import type { Instant } from "../../../lambdas/ports.ts";
import { temporaryFolder } from "./folders.ts";
import { machine, map, named, task } from "./machines.ts";

const MACHINE = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:billing";
const EXECUTION = "arn:aws:states:ap-southeast-2:000000000000:execution:billing";
const START = Date.parse("2026-11-01T20:00:00Z") as Instant;

/** The service with a real client of the SDK before it. Time stands still, so that instants can be told. */
async function service(
  definition: Definition,
  functions: Record<string, (input: never) => unknown>,
  folder?: string,
) {
  const clock = localClock(START, () => 0);
  const events: ExecutionEvent[] = [];
  const calls: { task: string; input: unknown }[] = [];
  const executions = new Executions({
    definition,
    stateMachineArn: MACHINE,
    records: await openExecutionRecords(folder ?? (await temporaryFolder()), clock.now),
    clock,
    call: async (name, input) => {
      calls.push({ task: name, input });
      return functions[name]?.(input as never);
    },
    onEvent: (event) => void events.push(event),
    retryDelayMs: 1,
  });
  const endpoint = await serveStates(MACHINE, executions);
  const settings = loopback({ dynamodb: 0, s3: 0, sfn: () => endpoint.port });
  onTestFinished(async () => {
    await executions.close();
    settings.close();
    await endpoint.close();
  });
  const client = new SFNClient(settings.sfn);
  const executionArn = (name: string) => `${EXECUTION}:${name}`;
  return {
    executions,
    events,
    calls,
    start: (name: string, input = '{"batchId":"b-01"}', stateMachineArn = MACHINE) =>
      client.send(new StartExecutionCommand({ stateMachineArn, name, input })),
    describe: (name: string) =>
      client.send(new DescribeExecutionCommand({ executionArn: executionArn(name) })),
    redrive: (name: string) => client.send(new RedriveExecutionCommand({ executionArn: executionArn(name) })),
  };
}

/** A function that waits until the test lets it go on. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: () => promise, letGo: resolve };
}

describe("the states endpoint, through the SDK's client", () => {
  test("starts an execution, tells that it runs, and later what came of it", async () => {
    const work = held();
    const { start, describe, executions } = await service(machine({ A: task("A") }), {
      A: async (input) => {
        await work.wait();
        return { got: input };
      },
    });
    const started = await start("b-01");
    expect(started).toMatchObject({ executionArn: `${EXECUTION}:b-01`, startDate: new Date(START) });
    expect(await describe("b-01")).toMatchObject({ status: "RUNNING", redriveStatus: "NOT_REDRIVABLE" });
    work.letGo();
    await executions.wait("b-01");
    const told = await describe("b-01");
    expect(told).toMatchObject({
      name: "b-01",
      stateMachineArn: MACHINE,
      status: "SUCCEEDED",
      startDate: new Date(START),
      stopDate: new Date(START),
      input: '{"batchId":"b-01"}',
      output: '{"got":{"batchId":"b-01"}}',
      redriveCount: 0,
      redriveStatus: "NOT_REDRIVABLE",
    });
    expect(told.error).toBeUndefined();
  });

  test("a name is taken for good, except by the same start while it runs, which changes nothing", async () => {
    const work = held();
    const { start, calls, executions } = await service(machine({ A: task("A") }), { A: work.wait });
    const [first, same] = await Promise.all([start("b-01"), start("b-01")]);
    expect(same.executionArn).toBe(first.executionArn);
    await expect(start("b-01", '{"batchId":"b-02"}')).rejects.toThrow(ExecutionAlreadyExists);
    work.letGo();
    await executions.wait("b-01");
    await expect(start("b-01")).rejects.toThrow(ExecutionAlreadyExists);
    expect(calls).toHaveLength(1);
  });

  test("refuses what AWS refuses, by AWS's names", async () => {
    const { start, describe, redrive } = await service(machine({ A: task("A") }), { A: () => 1 });
    await expect(start("../b")).rejects.toThrow(InvalidName);
    await expect(start("b-01", "{")).rejects.toThrow(InvalidExecutionInput);
    await expect(start("b-01", "{}", `${MACHINE}2`)).rejects.toThrow(StateMachineDoesNotExist);
    await expect(describe("b-01")).rejects.toThrow(ExecutionDoesNotExist);
    await expect(redrive("b-01")).rejects.toThrow(ExecutionDoesNotExist);
    // A client error, which the SDK does not send again.
    await expect(describe("b-01")).rejects.toMatchObject({ $metadata: { httpStatusCode: 400, attempts: 1 } });
    await expect(start("b-01", "{}", `${MACHINE}:live`)).resolves.toBeDefined();
  });
});

describe("a redrive", () => {
  const definition = machine({
    A: task("A", { ResultPath: "$.a" }),
    B: task("B", {
      ResultPath: "$.b",
      Parameters: { "id.$": "$.batchId", "n.$": "$$.Execution.RedriveCount" },
    }),
    C: task("C"),
  });

  test("starts at the state that failed with that state's input, any number of times", async () => {
    let faults = 3;
    const { start, redrive, describe, executions, calls } = await service(definition, {
      A: () => 1,
      B: () => {
        if (faults-- > 0) throw named("LedgerLost", `fault ${faults}`);
        return 2;
      },
      C: (input) => input,
    });
    await start("b-01");
    for (const count of [1, 2, 3]) {
      await executions.wait("b-01");
      expect(await describe("b-01")).toMatchObject({
        status: "FAILED",
        error: "LedgerLost",
        cause: JSON.stringify({ errorType: "LedgerLost", errorMessage: `fault ${3 - count}` }),
        redriveCount: count - 1,
        redriveStatus: "REDRIVABLE",
      });
      expect((await redrive("b-01")).redriveDate).toEqual(new Date(START));
    }
    const record = await executions.wait("b-01");
    expect(record).toMatchObject({
      status: "SUCCEEDED",
      redriveCount: 3,
      output: { batchId: "b-01", a: 1, b: 2 },
    });
    expect(record.failure).toBeUndefined();
    expect(calls.map((call) => call.task)).toEqual(["A", "B", "B", "B", "B", "C"]);
    expect(calls.filter((call) => call.task === "B").map((call) => call.input)).toEqual(
      [0, 1, 2, 3].map((n) => ({ id: "b-01", n })),
    );
    expect(record.history.map(({ state, event, redrive }) => `${redrive} ${event} ${state}`)).toEqual([
      "0 entered A",
      "0 exited A",
      "0 entered B",
      "0 failed B",
      "1 entered B",
      "1 failed B",
      "2 entered B",
      "2 failed B",
      "3 entered B",
      "3 exited B",
      "3 entered C",
      "3 exited C",
    ]);
  });

  test("is refused while the execution runs and after it has succeeded", async () => {
    const work = held();
    const { start, redrive, executions } = await service(definition, {
      A: work.wait,
      B: () => 1,
      C: () => 1,
    });
    await start("b-01");
    await expect(redrive("b-01")).rejects.toThrow(ExecutionNotRedrivable);
    work.letGo();
    await executions.wait("b-01");
    await expect(redrive("b-01")).rejects.toThrow(ExecutionNotRedrivable);
  });

  test("of two at once runs one", async () => {
    let faults = 1;
    const { start, redrive, executions, calls } = await service(definition, {
      A: () => {
        if (faults-- > 0) throw named("LedgerLost");
      },
    });
    await start("b-01");
    await executions.wait("b-01");
    const results = await Promise.allSettled([redrive("b-01"), redrive("b-01")]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { name: "ExecutionNotRedrivable" },
    });
    await executions.wait("b-01");
    expect(calls.filter((call) => call.task === "A")).toHaveLength(2);
  });

  test("of a failed map runs it from its first item", async () => {
    let faults = 1;
    const { start, redrive, executions, calls } = await service(
      machine({ M: map("Child"), After: task("After") }),
      {
        Child: ({ item }: { item: number }) => {
          if (item === 2 && faults-- > 0) throw named("StaleFence");
        },
      },
    );
    await start("b-01", '{"batch":"b-01","items":[1,2]}');
    expect(await executions.wait("b-01")).toMatchObject({
      status: "FAILED",
      failure: { state: "M", error: "States.ExceedToleratedFailureThreshold" },
    });
    await redrive("b-01");
    expect((await executions.wait("b-01")).status).toBe("SUCCEEDED");
    expect(calls.map((call) => call.task)).toEqual(["Child", "Child", "Child", "Child", "After"]);
  });
});

describe("the records of executions", () => {
  const definition = machine({ A: task("A", { ResultPath: "$.a" }), B: task("B") });

  test("tell events as they happen, with the local clock's instants", async () => {
    const { start, executions, events } = await service(machine({ M: map("Child"), B: task("B") }), {
      B: () => {
        throw named("GateFailed");
      },
    });
    await start("b-01", '{"batch":"b-01","items":[1]}');
    await executions.wait("b-01");
    const at = START;
    const known = events.filter(({ type }) => type !== "progress");
    expect(known).toEqual([
      { type: "entered", execution: "b-01", state: "M", at },
      { type: "exited", execution: "b-01", state: "M", at },
      { type: "entered", execution: "b-01", state: "B", at },
      { type: "failed", execution: "b-01", state: "B", at, error: "GateFailed" },
    ]);
    expect(events).toContainEqual({ type: "progress", execution: "b-01", state: "M", done: 1, total: 1 });
  });

  test("never go back in time: what a later process enters, in whichever execution, it enters later", async () => {
    const folder = await temporaryFolder();
    const timed = machine({ A: task("A", { Parameters: { "at.$": "$$.State.EnteredTime" } }) });
    const entered: string[] = [];
    for (const name of ["b-01", "b-01-c1", "b-01-c2"]) {
      const A = ({ at }: { at: string }) => void entered.push(at);
      const { start, executions } = await service(timed, { A }, folder);
      await start(name);
      await executions.wait(name);
      await executions.close();
    }
    expect(new Set(entered).size).toBe(3);
    expect(entered.toSorted()).toEqual(entered);
  });

  test("outlive the process: one that was running is found ABORTED at its last state, and redriven from there", async () => {
    const folder = await temporaryFolder();
    const work = held();
    const first = await service(definition, { A: () => 1, B: work.wait }, folder);
    await first.start("b-01");
    await expect.poll(() => first.calls.length).toBe(2);
    // What a kill leaves behind is what is on disk now.
    const copy = await temporaryFolder();
    await writeFile(join(copy, "b-01.json"), await readFile(join(folder, "b-01.json")));
    work.letGo();

    const second = await service(definition, { B: () => "done" }, copy);
    expect(await second.describe("b-01")).toMatchObject({ status: "ABORTED", redriveStatus: "REDRIVABLE" });
    expect(second.executions.describe("b-01").failure?.state).toBe("B");
    await expect(second.start("b-01")).rejects.toThrow(ExecutionAlreadyExists);
    await second.redrive("b-01");
    expect(await second.executions.wait("b-01")).toMatchObject({ status: "SUCCEEDED", output: "done" });
    expect(second.calls).toEqual([{ task: "B", input: { batchId: "b-01", a: 1 } }]);
  });

  test("of an execution that was stopped by the app's closing say ABORTED, once its call has ended", async () => {
    const folder = await temporaryFolder();
    const work = held();
    const { start, executions, calls } = await service(definition, { A: work.wait }, folder);
    await start("b-01");
    await expect.poll(() => calls.length).toBe(1);
    const closing = executions.close();
    const onDisk = async () =>
      JSON.parse(await readFile(join(folder, "b-01.json"), "utf8")) as ExecutionRecord;
    expect((await onDisk()).status).toBe("RUNNING");
    work.letGo();
    await closing;
    expect(await onDisk()).toMatchObject({ status: "ABORTED", failure: { state: "A" } });
    expect(calls).toHaveLength(1);
    await expect(start("b-02")).rejects.toThrow("closing");
  });

  test("that are damaged are refused in one sentence", async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    for (const [name, text] of [
      ["b-01.json", '{"name":"b-01","sta'],
      ["b-02.json", "{}"],
    ] as const) {
      await writeFile(join(folder, name), text);
      const fault = await openExecutionRecords(folder, () => START).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(LocalFault);
      expect((fault as LocalFault).message).toContain(join(folder, name));
      await rm(join(folder, name));
    }
  });

  test("that cannot be written reject the wait for the execution, which does not go on", async () => {
    const folder = await temporaryFolder();
    const { start, executions, calls } = await service(
      definition,
      {
        A: async () => {
          await rm(folder, { recursive: true });
          await writeFile(folder, "a file in the folder's place");
        },
      },
      folder,
    );
    await start("b-01");
    await expect(executions.wait("b-01")).rejects.toThrow("ENOTDIR");
    expect(calls.map((call) => call.task)).toEqual(["A"]);
  });
});
