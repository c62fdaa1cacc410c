import { expect } from "vitest";
import { EXIT } from "../../infra/ops/exit-code.ts";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { CanarySearch } from "./canaries.ts";
import type { DueList } from "./due-list.ts";
import { placeOfReport, type Told } from "./leak-runs.ts";
import { type LocalBilling, synthesis } from "./local-batch.ts";
import { AREAS } from "./local-stores.ts";

/** Where bank accounts live. The outbound bucket holds the bank files once more. */
export const HOMES = ["due lists", "staged segments", "bank files", "bank files, delivered"] as const;

/** Everything that a run of the app has left: buckets, their keys, both tables, logs, metrics and executions. */
export async function everythingKept({ app, stores, folder }: LocalBilling): Promise<Told[]> {
  const kept: Told[] = [];
  for (const area of AREAS) {
    for (const key of await stores.keys(area)) {
      const text = String((await stores.object(area, key))?.toString("utf8"));
      kept.push({ place: placeOf(area, key), where: `${area} ${key}`, text });
      kept.push({ place: "names of objects", where: area, text: key });
    }
  }
  const client = new DynamoDBClient(app.clients.dynamodb);
  for (const [place, table] of [
    ["ledger", app.names["LEDGER_TABLE"]],
    ["idempotency table", app.names["IDEMPOTENCY_TABLE"]],
  ] as const) {
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName: table }));
    if (LastEvaluatedKey) throw new Error(`the ${place} is too large for one page`);
    for (const item of Items.map((one) => unmarshall(one))) {
      const [kind, under] = [item["pk"], item["sk"]].map((key) => String(key).split("#")[0]);
      const where = `${kind} ${under}: ${String(item["pk"] ?? item["id"])}`;
      kept.push({ place, where, text: JSON.stringify(item) });
    }
  }
  client.destroy();
  return [...kept, ...(await logsAndExecutions(folder))];
}

async function logsAndExecutions(folder: string): Promise<Told[]> {
  const log = await readFile(join(folder, "logs/lambda.jsonl"), "utf8").catch(() => "");
  const lines = log.split("\n").map((text) => {
    return { place: text.includes('"_aws"') ? "metrics" : "logs", where: text.slice(0, 60), text };
  });
  const executions = await readdir(join(folder, "executions")).catch(() => []);
  const records = executions.map(async (file) => ({
    place: "executions: input, output, failure, history",
    where: file,
    text: await readFile(join(folder, "executions", file), "utf8"),
  }));
  return [...lines, ...(await Promise.all(records))];
}

function placeOf(area: string, key: string): string {
  if (area === "due") return "due lists";
  if (area === "work") return key.includes("/staged/") ? "staged segments" : "plans and exclusions";
  if (area === "reports") return placeOfReport(key);
  if (area === "outbound") return "bank files, delivered";
  return key.endsWith(".aba") ? "bank files" : "indexes of bank files";
}

/** Runs the command lines on these lists, each in a folder of its own, and gives back what they print and log. */
export async function commandLines(
  lists: Readonly<Record<string, readonly [DueList, Commands]>>,
): Promise<Told[]> {
  const top = await mkdtemp(join(tmpdir(), "debit-once-leaks-"));
  try {
    const ran = Object.entries(lists).map(([name, [list, commands]]) =>
      commandsOn(join(top, name), list, commands),
    );
    return (await Promise.all(ran)).flat();
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BATCH = "au-cba-2026-03-02-01";
const START = ["infra/local/start.ts", "--due", "list"] as const;
const OPS = "infra/ops/ops.ts";

/** A script with its arguments, and the exit code that it must end with: one that crashes prints nothing to search. */
type Command = readonly [ends: number, script: string, ...args: string[]];
type Commands = readonly Command[];

/** Commands, one after the other. */
export const SHOWN: Commands = [
  [EXIT.done, ...START],
  [EXIT.done, OPS, "show", BATCH],
  [EXIT.done, ...START, "--json"],
];
export const REDRIVEN: Commands = [
  [EXIT.gateFailed, ...START],
  [EXIT.gateFailed, OPS, "redrive", BATCH, "--reason", "a test", "--yes"],
  [EXIT.done, OPS, "show", BATCH, "--json"],
];
export const STARTED: Commands = [[EXIT.wrongInput, ...START]];
/** What a person can mend is said on standard error. */
export const NOT_A_FOLDER: Commands = [[EXIT.wrongInput, "infra/local/start.ts", "--due", "list/due.csv"]];

async function commandsOn(folder: string, { csv, manifest }: DueList, commands: Commands): Promise<Told[]> {
  await mkdir(join(folder, "list"), { recursive: true });
  await writeFile(join(folder, "list/due.csv"), csv);
  await writeFile(join(folder, "list/manifest.json"), manifest);
  const templates = await synthesis();
  await cp(templates, join(folder, ".local/cdk.out", basename(templates)), { recursive: true });
  const told: Told[] = [];
  for (const [ends, script, ...args] of commands) {
    const { code, stdout, stderr } = await run(folder, script, args);
    expect([script, ...args, code]).toEqual([script, ...args, ends]);
    const where = `${script} ${args.join(" ")}`;
    told.push({ place: "standard output", where, text: stdout });
    told.push({ place: "standard error", where, text: stderr });
  }
  return [...told, ...(await logsAndExecutions(join(folder, ".local"))), ...(await exported(folder))];
}

/** What a run lays out for a person, but for the bank files themselves. */
async function exported(folder: string): Promise<Told[]> {
  const batches = join(folder, ".local/batches");
  const files = await readdir(batches, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(
    files
      .filter((file) => file.isFile() && !file.name.endsWith(".aba"))
      .map(async ({ name, parentPath }) => ({
        place: "exported reports and exclusions",
        where: name,
        text: await readFile(join(parentPath, name), "utf8"),
      })),
  );
}

function run(
  folder: string,
  script: string,
  args: readonly string[],
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|VITEST|AWS_)/.test(name)),
  );
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, script), ...args],
      { cwd: folder, env, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, stdout, stderr });
      },
    );
  });
}

/** What was searched and found, by place. */
export interface Searched {
  bytes: number;
  readonly found: Set<string>;
  /** The first finds, each with where it was. */
  readonly finds: string[];
}

export function searched(told: readonly Told[], search: CanarySearch): Map<string, Searched> {
  const places = new Map<string, Searched>();
  for (const { place, where, text } of told) {
    const known = places.get(place) ?? { bytes: 0, found: new Set<string>(), finds: [] };
    places.set(place, known);
    known.bytes += Buffer.byteLength(text);
    for (const one of search.found(text)) {
      known.found.add(one);
      if (known.finds.length < 20) known.finds.push(`${one} in ${where}`);
    }
  }
  return places;
}

/** One line for each place. */
export function searchTable(places: ReadonlyMap<string, Searched>): string {
  const lines = [...places].map(
    ([place, { bytes, found }]) =>
      `${place.padEnd(46)}${String(bytes).padStart(10)}${String(found.size).padStart(9)}`,
  );
  return [
    `${"searched for canaries".padEnd(46)}${"bytes".padStart(10)}${"found".padStart(9)}`,
    ...lines,
  ].join("\n");
}
