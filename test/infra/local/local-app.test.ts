import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ListTablesCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { configuration } from "../../../infra/config/configuration.ts";
import type { Assembly, LocalFunction } from "../../../infra/local/assembly.ts";
import { LocalFault } from "../../../infra/local/local-fault.ts";
import { type LocalAppOptions, openLocalApp } from "../../../infra/local/local-app.ts";
import type { Instant } from "../../../lambdas/ports.ts";
import { temporaryFolder } from "./folders.ts";
import { machine, named, task } from "./machines.ts";

const START = Date.parse("2026-11-01T20:00:00Z");
const MACHINE = "arn:aws:states:ap-southeast-2:000000000000:stateMachine:billing";
const stores = { LEDGER_TABLE: "ledger-table", DUE_BUCKET: "due-bucket" };
const step: LocalFunction = { handler: "test/infra/local/handlers/step.ts", env: stores, timeoutSeconds: 60 };
const ids = (id: string) => ({ Parameters: { "id.$": `$.${id}` }, ResultPath: "$.result" });

const ASSEMBLY: Assembly = {
  definition: machine({ First: task("First", ids("one")), Second: task("Second", ids("two")) }),
  stateMachineArn: MACHINE,
  functions: new Map<string, LocalFunction>([
    ["First", step],
    ["Second", step],
    [
      "Starter",
      {
        handler: "test/infra/local/handlers/starter.ts",
        env: { STATE_MACHINE_ARN: MACHINE },
        timeoutSeconds: 60,
      },
    ],
  ]),
  tables: [
    {
      TableName: "ledger-table",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    },
  ],
  buckets: ["due-bucket"],
  names: { ...stores, STATE_MACHINE_ARN: MACHINE },
};

async function open(folder: string, more: Partial<LocalAppOptions> = {}) {
  const app = await openLocalApp({
    folder,
    assembly: ASSEMBLY,
    configuration: configuration("dev"),
    startAt: START as Instant,
    storage: "memory",
    ...more,
  });
  onTestFinished(() => app.close());
  return app;
}

describe("the local app", () => {
  test("runs a handler that starts an execution, whose handlers write to the stores", async () => {
    const app = await open(await temporaryFolder());
    await expect(app.invoke("Starter", { name: "b-01", input: { one: "1", two: "2" } })).resolves.toEqual({
      arn: "arn:aws:states:ap-southeast-2:000000000000:execution:billing:b-01",
    });
    const { status, output } = await app.waitFor("b-01");
    expect({ status, output }).toEqual({
      status: "SUCCEEDED",
      output: {
        one: "1",
        two: "2",
        result: {
          by: "Second",
          name: "Second",
          inTime: true,
          made: expect.stringMatching(/^[0-9a-f-]{36}$/),
          now: expect.stringMatching(/^2026-11-01T20:0/),
        },
      },
    });
    expect(app.execution("b-01")?.status).toBe("SUCCEEDED");
    expect(app.execution("b-02")).toBeUndefined();
  });

  test("makes a function's ports once and gives it JSON, and its local time runs on", async () => {
    const app = await open(await temporaryFolder());
    const call = async (id: string) =>
      (await app.invoke("First", { id, unknown: undefined })) as Record<string, string>;
    const [first, second] = [await call("1"), await call("2")];
    expect(second["made"]).toBe(first["made"]);
    expect(first["now"]).toMatch(/^2026.*Z$/);
    expect(Date.parse(second["now"] ?? "")).toBeGreaterThanOrEqual(Date.parse(first["now"] ?? ""));
    expect(Date.parse(first["now"] ?? "")).toBeGreaterThanOrEqual(START);
  });

  test("throws what a handler throws, and logs it beside what the handlers log", async () => {
    const folder = await temporaryFolder();
    const app = await open(folder);
    await expect(app.invoke("First", { id: "1", fail: true })).rejects.toMatchObject({ name: "NotToBe" });
    await expect(app.invoke("First", { id: 1 })).rejects.toMatchObject({ name: "ZodError" });
    await expect(app.invoke("Nobody", {})).rejects.toThrow(LocalFault);
    const lines = (await readFile(join(folder, "logs/lambda.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { id: "1", at: expect.any(Number) },
      { state: "Step", outcome: "NotToBe" },
      { level: "ERROR", function: "First", errorType: "NotToBe", errorMessage: "1 is not to be" },
      { state: "Step", outcome: "ZodError" },
      { level: "ERROR", function: "First", errorType: "ZodError" },
      { level: "ERROR", function: "Nobody" },
    ]);
  });

  test("lets what stands around the calls fail them before and after their effect, for a redrive to find", async () => {
    const faults = ["before First", "after First"];
    const app = await open(await temporaryFolder(), {
      around: async (name, _event, call) => {
        if (faults.at(0) === `before ${name}`) throw named(faults.shift() ?? "");
        const result = await call();
        if (faults.at(0) === `after ${name}`) throw named(faults.shift() ?? "");
        return result;
      },
    });
    await app.invoke("Starter", { name: "b-01", input: { one: "1", two: "2" } });
    expect((await app.waitFor("b-01")).failure).toMatchObject({ state: "First", error: "before First" });
    await app.redrive("b-01");
    expect((await app.waitFor("b-01")).failure).toMatchObject({ state: "First", error: "after First" });
    await app.redrive("b-01");
    // The effect of the call that "failed" after it is there.
    const { failure } = await app.waitFor("b-01");
    expect(failure?.error).toBe("ConditionalCheckFailedException");
  });

  test("keeps everything on disk, and a second app in another folder knows nothing of it", async () => {
    const folder = await temporaryFolder();
    const first = await open(folder, { storage: "disk" });
    const other = await open(await temporaryFolder(), { storage: "disk" });
    await first.invoke("First", { id: "1" });
    await first.invoke("Starter", { name: "b-01", input: { one: "2", two: "3" } });
    await first.waitFor("b-01");
    await expect(other.invoke("First", { id: "1" })).resolves.toBeDefined();
    expect(other.execution("b-01")).toBeUndefined();
    await first.close();
    const again = await open(folder, { storage: "disk" });
    await expect(again.invoke("First", { id: "1" })).rejects.toMatchObject({
      name: "ConditionalCheckFailedException",
    });
    expect(again.execution("b-01")?.status).toBe("SUCCEEDED");
    expect((await readdir(folder)).sort()).toEqual([
      "executions",
      "logs",
      "objects",
      "tables",
      "tables.count",
    ]);
  });

  test("closes what it had opened when it cannot be opened", async () => {
    const folder = await temporaryFolder();
    await (await open(folder, { storage: "disk" })).close();
    await rm(join(folder, "logs"), { recursive: true });
    await writeFile(join(folder, "logs"), "a file in the folder's place");
    await expect(open(folder, { storage: "disk" })).rejects.toThrow("EEXIST");
    await rm(join(folder, "logs"));
    await expect(open(folder, { storage: "disk" })).resolves.toBeDefined();
  });

  test("answers nobody any more when it is closed", async () => {
    const app = await open(await temporaryFolder());
    const client = new DynamoDBClient({ ...app.clients.dynamodb, maxAttempts: 1 });
    await expect(client.send(new ListTablesCommand())).resolves.toMatchObject({
      TableNames: ["ledger-table"],
    });
    await app.close();
    await app.close();
    await expect(client.send(new ListTablesCommand())).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
