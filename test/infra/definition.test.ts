import { readdir } from "node:fs/promises";
import path from "node:path";
import validate from "asl-validator";
import { beforeAll, describe, expect, test } from "vitest";
import { type Json, lambdasOf, ofType, ROOT, synthesize, type Template, textOf } from "./synthesized.ts";

let billing: Template;
let definition: Json;
/** Every state with its name, those inside the map too. */
let states: [string, Json][];

beforeAll(async () => {
  billing = (await synthesize("dev")).billing;
  const [machine] = ofType(billing, "AWS::StepFunctions::StateMachine");
  definition = JSON.parse(textOf(machine?.[1].Properties.DefinitionString));
  states = statesIn(definition);
}, 120_000);

function statesIn(part: Json): [string, Json][] {
  return Object.entries<Json>(part.States).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor ? statesIn(state.ItemProcessor) : []),
  ]);
}

const tasks = () => states.filter(([, state]) => state.Type === "Task");

/** The Lambda whose version a task calls. */
function calledBy(task: Json) {
  const version = billing.Resources[String(task.Resource).slice(1, -1)];
  const lambda = [...lambdasOf(billing)].find(
    ([, { id }]) => textOf(version?.Properties.FunctionName) === `<${id}>`,
  );
  if (!lambda) throw new Error("a task that calls no version of a Lambda");
  return { name: lambda[0], resource: lambda[1] };
}

/** All that stands under a key, at any depth. */
function everyValueOf(key: string, value: Json): Json[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries<Json>(value).flatMap(([name, below]) => [
    ...(name === key ? [below] : []),
    ...everyValueOf(key, below),
  ]);
}

describe("the way through the batch", () => {
  test("leads through the seven states of the design in their order, or ends at a batch that is closed", () => {
    const way: string[] = [];
    for (let name = definition.StartAt; name !== undefined; ) {
      way.push(name);
      const state = definition.States[name];
      name = state.Next ?? state.Default;
    }
    expect(way).toEqual([
      "AcquireLock",
      "IsBatchClosed",
      "PlanSegments",
      "StageSegments",
      "ComposeBankFile",
      "Reconcile",
      "SubmitBankFile",
      "CloseBatch",
    ]);
    expect(definition.States.IsBatchClosed.Choices).toEqual([
      { Variable: "$.lock.outcome", StringEquals: "ALREADY_CLOSED", Next: "CloseBatch" },
    ]);
    expect(Object.keys(definition.States)).toHaveLength(way.length);
  });

  test("is legal for the validator of the states language", () => {
    const resolved = JSON.parse(
      JSON.stringify(definition).replace(
        /<[A-Za-z0-9]+>/g,
        "arn:aws:lambda:ap-southeast-2:111122223333:function:x:1",
      ),
    );
    const verdict = validate(resolved);
    expect(verdict.isValid, verdict.errorsText()).toBe(true);
  });

  test("speaks JSONPath only, which the local interpreter knows too", () => {
    for (const word of ["QueryLanguage", "Arguments", "Output", "Assign", "Items", "Condition"]) {
      expect(everyValueOf(word, definition), word).toEqual([]);
    }
    expect(JSON.stringify(definition)).not.toContain("{%");
  });

  test("says of every state what its failure, or its end, means", () => {
    for (const [name, state] of states) expect(state.Comment?.length, name).toBeGreaterThan(30);
  });
});

describe("what is repeated", () => {
  test("SubmitBankFile is called once and never again by the state machine, alone or with others", () => {
    expect(definition.States.SubmitBankFile.Retry).toBeUndefined();
    const [[, map] = []] = states.filter(([, state]) => state.Type === "Map");
    expect(map?.Retry).toBeUndefined();
    expect(states.filter(([, state]) => state.Type === "Parallel")).toEqual([]);
    expect(definition.States.SubmitBankFile).toBeDefined();
  });

  test("every other task is repeated for things that were busy, each by its name, and for nothing else", () => {
    const busy = [
      "Lambda.TooManyRequestsException",
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
      "ThrottlingException",
      "ProvisionedThroughputExceededException",
      "RequestLimitExceeded",
      "InternalServerError",
      "SlowDown",
      "ConditionalRequestConflict",
      "ServiceUnavailable",
      "InternalError",
      "LedgerBusy",
    ];
    const repeated = tasks().filter(([name]) => name !== "SubmitBankFile");
    expect(repeated).toHaveLength(6);
    for (const [name, task] of repeated) {
      expect(task.Retry, name).toEqual([
        { ErrorEquals: busy, IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 4 },
      ]);
    }
    // A time-out or an error without a name leaves a Lambda that may still be at work.
    expect(everyValueOf("ErrorEquals", definition).flat()).not.toContainEqual(
      expect.stringMatching(/^States\.|Timed?out|Unknown/i),
    );
  });

  test("no fault is caught, since a redrive of a state that only fails would fail for ever", () => {
    expect(everyValueOf("Catch", definition)).toEqual([]);
    expect(states.filter(([, state]) => state.Type === "Fail")).toEqual([]);
  });
});

describe("each task", () => {
  test("has the name of its folder, which is the name of its Lambda, and no folder is left over", async () => {
    const entries = await readdir(path.join(ROOT, "lambdas/billing-batch"), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const kebab = (name: string) => name.replace(/\B[A-Z]/g, "-$&").toLowerCase();
    for (const [name, task] of tasks()) {
      const { name: lambda, resource } = calledBy(task);
      expect(lambda).toBe(name);
      expect(resource.Metadata?.["debit-once:handler"]).toBe(
        `lambdas/billing-batch/${kebab(name)}/handler.ts`,
      );
    }
    expect(
      tasks()
        .map(([name]) => kebab(name))
        .toSorted(),
    ).toEqual(folders.toSorted());
  });

  test("waits longer than its Lambda may run", () => {
    for (const [name, task] of tasks()) {
      expect(task.TimeoutSeconds, name).toBeGreaterThan(calledBy(task).resource.Properties.Timeout);
    }
    expect(definition.TimeoutSeconds).toBe(6 * 3600);
  });

  test("is given what it needs, and gives its result a place of its own", () => {
    const ofBatch = { "batchId.$": "$.batchId", "fence.$": "$.lock.fence" };
    expect(
      Object.fromEntries(tasks().map(([name, task]) => [name, [task.Parameters, task.ResultPath]])),
    ).toEqual({
      AcquireLock: [
        {
          "batchId.$": "$.batchId",
          "execution.$": "$$.Execution.Name",
          "entered.$": "$$.State.EnteredTime",
          "retry.$": "$$.State.RetryCount",
        },
        "$.lock",
      ],
      PlanSegments: [ofBatch, "$.plan"],
      StageSegment: [{ "batchId.$": "$.batchId", "fence.$": "$.fence", "segment.$": "$.segment" }, null],
      ComposeBankFile: [ofBatch, "$.files"],
      Reconcile: [ofBatch, "$.gate"],
      SubmitBankFile: [ofBatch, "$.submission"],
      CloseBatch: [ofBatch, "$.ending"],
    });
  });
});

test("the map stages segment by segment, tolerates no failure and keeps no results", () => {
  const { StageSegments: map } = definition.States;
  expect(map.ItemProcessor.ProcessorConfig).toEqual({ Mode: "DISTRIBUTED", ExecutionType: "STANDARD" });
  expect(map.ItemsPath).toBe("$.plan.segments");
  expect(map.MaxConcurrencyPath).toBe("$.plan.concurrency");
  expect(map.ItemSelector).toEqual({
    "batchId.$": "$.batchId",
    "fence.$": "$.lock.fence",
    "segment.$": "$$.Map.Item.Value",
  });
  expect(Object.keys(map).filter((key) => key.startsWith("Tolerated"))).toEqual([]);
  expect([map.ResultPath, map.ItemProcessor.States.StageSegment.OutputPath]).toEqual([null, null]);
});

test("the machine is a Standard one with a name of its own, whose log holds no data", () => {
  const [[, machine] = []] = ofType(billing, "AWS::StepFunctions::StateMachine");
  expect(machine?.Properties).toMatchObject({
    StateMachineName: "debit-once-dev-billing-batch",
    StateMachineType: "STANDARD",
    LoggingConfiguration: { Level: "ALL", IncludeExecutionData: false },
    TracingConfiguration: { Enabled: true },
  });
});
