import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { EXCLUSION_REASONS } from "../lambdas/domain/exclusion.ts";
import { SUSPICIONS } from "../lambdas/domain/suspicion.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What git does not keep; everything else at the top is listed below, so that nothing gathers there unnoticed. */
const UNTRACKED = new Set(["node_modules", ".local", "cdk.out", "coverage", "reports", ".git"]);
const TOP_LEVEL = [
  ".ci",
  ".gitattributes",
  ".github",
  ".gitignore",
  ".npmrc",
  ".oxlintrc.json",
  "LICENSE",
  "README.md",
  "biome.json",
  "cdk.json",
  "infra",
  "lambdas",
  "package-lock.json",
  "package.json",
  "test",
  "tsconfig.json",
  "vitest.config.ts",
];

/** All that the gate shares with staging and composing: the record layout, nouns without rules, and the frame. */
const SHARED_WITH_THE_GATE = [
  "lambdas/adapters/clock.ts",
  "lambdas/adapters/configuration.ts",
  "lambdas/adapters/executions.ts",
  "lambdas/adapters/lambda.ts",
  "lambdas/adapters/ledger-schema.ts",
  "lambdas/adapters/ledger.ts",
  "lambdas/adapters/metrics.ts",
  "lambdas/adapters/objects.ts",
  "lambdas/adapters/ports.ts",
  "lambdas/adapters/table.ts",
  "lambdas/announced.ts",
  "lambdas/domain/bank-file.ts",
  "lambdas/domain/batch.ts",
  "lambdas/domain/calendar-date.ts",
  "lambdas/domain/cents.ts",
  "lambdas/domain/exclusion.ts",
  "lambdas/domain/faults.ts",
  "lambdas/domain/metrics.ts",
  "lambdas/domain/moves.ts",
  "lambdas/domain/records.ts",
  "lambdas/domain/stream-name.ts",
  "lambdas/ports.ts",
  "lambdas/stream-change.ts",
];

function filesUnder(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, `${entry.parentPath}/${entry.name}`))
    .sort();
}

const lambdaFiles = filesUnder("lambdas");
const handlers = lambdaFiles.filter((file) => basename(file) === "handler.ts");
const source = (file: string) => readFileSync(`${ROOT}${file}`, "utf8");

let graph: Metafile;
beforeAll(async () => {
  // Types are gone from this graph: it holds what really ends up in a Lambda.
  const bundled = await build({
    absWorkingDir: ROOT,
    entryPoints: lambdaFiles,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    write: false,
    metafile: true,
    outdir: "nowhere",
  });
  graph = bundled.metafile;
});

const importsOf = (file: string) => graph.inputs[file]?.imports ?? [];

/** Everything that a file brings along, itself included. */
function reach(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { path, external } of importsOf(file)) if (!external) reach(path, found);
  return found;
}

describe("the domain", () => {
  it("imports nothing but itself", () => {
    const files = lambdaFiles.filter((file) => file.startsWith("lambdas/domain/"));
    expect(files.length).toBeGreaterThan(15);
    const strangers = files.flatMap((file) =>
      importsOf(file)
        .filter(({ path, external }) => external || !path.startsWith("lambdas/domain/"))
        .map(({ path }) => `${file} → ${path}`),
    );
    expect(strangers).toEqual([]);
  });
});

describe("a trace", () => {
  it("holds nothing of ours but an error's own words: no package makes segments or annotations", () => {
    const { dependencies } = JSON.parse(source("package.json")) as { dependencies: Record<string, string> };
    const names = Object.keys(dependencies);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => /xray|tracer|opentelemetry/.test(name))).toEqual([]);
  });
});

describe("the steps", () => {
  it("reach AWS through the adapters alone", () => {
    const sdk = lambdaFiles.filter((file) =>
      importsOf(file).some(
        ({ path }) => path.startsWith("@aws-sdk/") || path.startsWith("@aws-lambda-powertools/"),
      ),
    );
    expect(sdk.length).toBeGreaterThan(0);
    expect(sdk.filter((file) => !file.startsWith("lambdas/adapters/"))).toEqual([]);
  });

  it("know no adapter, except in their handlers", () => {
    const wired = lambdaFiles.filter(
      (file) =>
        !file.startsWith("lambdas/adapters/") &&
        importsOf(file).some(({ path }) => path.startsWith("lambdas/adapters/")),
    );
    expect(wired).toEqual(handlers);
  });

  it("read no clock, no environment and no chance of their own", () => {
    const forbidden =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bsetTimeout\b|\bsetInterval\b|\brandomUUID\b|\bperformance\b/;
    const files = lambdaFiles.filter((file) => !file.startsWith("lambdas/adapters/"));
    expect(files.filter((file) => forbidden.test(source(file)))).toEqual([]);
  });

  it("catch no fault without a reason: every catch in the billing batch reads something back or names its error", () => {
    // A promise that is thrown away would let a step end before its writes.
    const files = lambdaFiles.filter((file) => !file.startsWith("lambdas/adapters/"));
    expect(files.filter((file) => /catch\s*(\(\w+\))?\s*\{\s*\}/.test(source(file)))).toEqual([]);
  });

  it("have handlers that only parse, wire and call", () => {
    expect(handlers.length).toBeGreaterThan(12);
    expect(handlers.filter((file) => source(file).split("\n").length > 30)).toEqual([]);
    expect(handlers.filter((file) => /\b(if|for|while|try|switch)\b\s*[({]/.test(source(file)))).toEqual([]);
  });
});

describe("the gate", () => {
  it("shares with staging and composing the record layout and the frame, and nothing else", () => {
    const gate = reach("lambdas/billing-batch/reconcile/handler.ts");
    const others = ["plan-segments", "stage-segment", "compose-bank-file"].map((state) =>
      reach(`lambdas/billing-batch/${state}/handler.ts`),
    );
    const shared = [...gate].filter((file) => others.some((files) => files.has(file))).sort();
    expect(shared).toEqual(SHARED_WITH_THE_GATE);
  });

  it("reads bank files by code that the writer does not have", () => {
    const reader = reach("lambdas/domain/bank-file-reader.ts");
    const writer = reach("lambdas/domain/bank-file-writer.ts");
    const shared = [...reader].filter((file) => writer.has(file)).sort();
    expect(shared).toEqual([
      "lambdas/domain/bank-file.ts",
      "lambdas/domain/calendar-date.ts",
      "lambdas/domain/cents.ts",
    ]);
  });
});

describe("the house", () => {
  it("has a fixed list of top-level entries", () => {
    const entries = readdirSync(ROOT).filter((entry) => !UNTRACKED.has(entry));
    expect(entries.sort()).toEqual(TOP_LEVEL);
  });

  it("has no folder named after nothing", () => {
    const nothing = new Set(["utils", "helpers", "common", "shared", "types", "services", "lib", "misc"]);
    const folders = [...lambdaFiles, ...filesUnder("infra"), ...filesUnder("test")].flatMap((file) =>
      dirname(file).split("/"),
    );
    expect([...new Set(folders)].filter((folder) => nothing.has(folder))).toEqual([]);
  });

  it("skips and focuses no test", () => {
    const marks = /\b(?:it|test|describe)\.(?:only|skip|todo|skipIf|runIf|fails)\b/;
    expect(filesUnder("test").filter((file) => marks.test(source(file)))).toEqual([]);
  });

  it("lists every state in the README, and no other", () => {
    const rows = [...source("README.md").matchAll(/^\| `([A-Z][A-Za-z]+)` \|/gm)].map(
      ([, name]) => name as string,
    );
    const kebab = (name: string) => name.replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
    const folders = readdirSync(`${ROOT}lambdas/billing-batch`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    // The map is the one state without a folder: its task is StageSegment.
    const states = rows.filter((name) => name !== "StageSegments");
    expect(rows).toContain("StageSegments");
    expect(states.map(kebab).sort()).toEqual([...folders].sort());
  });

  it("lists every exclusion reason and then every suspicion in the README, and no other", () => {
    const rows = [...source("README.md").matchAll(/^\| `([a-z]+(?:-[a-z]+)*)` \|/gm)].map(
      ([, reason]) => reason,
    );
    expect(rows).toEqual([...EXCLUSION_REASONS, ...SUSPICIONS]);
  });

  it("tells on the runbook what to look at for every suspicion", () => {
    const section = source("infra/runbook.md").split("\n## A failed suspicion\n")[1]?.split("\n## ")[0] ?? "";
    const rows = [...section.matchAll(/^\| ([a-z-]+) \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(["suspicion", ...SUSPICIONS]);
  });

  it("tells on the runbook what to do about every fault", () => {
    const faults = [...source("lambdas/domain/faults.ts").matchAll(/readonly name = "(\w+)"/g)].map(
      ([, name]) => name,
    );
    const rows = [...source("infra/runbook.md").matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(faults.length).toBeGreaterThan(20);
    expect(rows.map(String).sort()).toEqual(faults.map(String).sort());
  });
});
