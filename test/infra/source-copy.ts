import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { Stage } from "../../infra/stage.ts";
import { ROOT, type Template } from "./synthesized.ts";

/** All stacks of one synth, by the last part of their name: `Data`, `Billing` … */
export type Stacks = ReadonlyMap<string, Template>;

/** The app's sources in a folder of their own, where a later commit of them can be tried. */
export interface SourceCopy {
  /** Replaces a text that stands in a file exactly once. */
  edit(file: string, before: string, after: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
  /**
   * Runs the app as the CDK's command line does. The Lambdas are not bundled, which takes a minute; their code's hash
   * is then made of how each is bundled (its entry, the configuration put into it), and not of what is in the entry.
   */
  synthesize(stage: Stage): Promise<Stacks>;
  remove(): Promise<void>;
}

const SOURCES = ["infra", "lambdas", "cdk.json", "package.json", "package-lock.json", "tsconfig.json"];

export async function sourceCopy(): Promise<SourceCopy> {
  const top = await mkdtemp(path.join(tmpdir(), "debit-once-source-"));
  await Promise.all(
    SOURCES.map((name) => cp(path.join(ROOT, name), path.join(top, name), { recursive: true })),
  );
  await symlink(path.join(ROOT, "node_modules"), path.join(top, "node_modules"), "dir");
  return {
    async edit(file, before, after) {
      const parts = (await readFile(path.join(top, file), "utf8")).split(before);
      if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${before}`);
      await writeFile(path.join(top, file), parts.join(after));
    },
    move: (from, to) => rename(path.join(top, from), path.join(top, to)),
    synthesize: (stage) => synthesized(top, stage),
    remove: () => rm(top, { recursive: true, force: true }),
  };
}

async function synthesized(top: string, stage: Stage): Promise<Stacks> {
  const outdir = await mkdtemp(path.join(top, "out-"));
  const { context } = JSON.parse(await readFile(path.join(top, "cdk.json"), "utf8")) as { context: object };
  const { CDK_DEFAULT_ACCOUNT: _account, CDK_DEFAULT_REGION: _region, ...own } = process.env;
  const env = {
    ...own,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage, "aws:cdk:bundling-stacks": [] }),
    CDK_VALIDATION: "false",
  };
  await promisify(execFile)(process.execPath, ["infra/app.ts"], { cwd: top, env });
  const stacks = (await readdir(outdir)).flatMap((file) => {
    const [, name] = /^DebitOnce-\w+-(\w+)\.template\.json$/.exec(file) ?? [];
    return name === undefined ? [] : [[name, file] as const];
  });
  return new Map(
    await Promise.all(
      stacks.map(
        async ([name, file]): Promise<[string, Template]> => [
          name,
          {
            Resources: {},
            Outputs: {},
            ...(JSON.parse(await readFile(path.join(outdir, file), "utf8")) as Partial<Template>),
          },
        ],
      ),
    ),
  );
}
