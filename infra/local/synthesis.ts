import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { faultOf, LocalFault } from "./local-fault.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** All that a synth depends on; packages are in it by the lock file. */
const SOURCES = ["infra", "lambdas", "cdk.json", "package.json", "package-lock.json", "tsconfig.json"];

/**
 * Synthesizes the app for a stage, without bundling the Lambdas, and returns the folder with the templates: one
 * under `outdir`, named by a hash of all that went into it. If that is there, nothing has changed, and it is used.
 *
 * @throws LocalFault with the app's own sentence where it refuses its configuration
 */
export async function synthesize(options: {
  readonly stage: string;
  readonly outdir: string;
}): Promise<string> {
  const { stage, outdir } = options;
  const sources = await digest(stage);
  const result = join(outdir, sources);
  if (await exists(join(result, "manifest.json"))) return result;
  const unfinished = join(outdir, `unfinished-${randomUUID()}`);
  await mkdir(unfinished, { recursive: true }).catch((error: unknown) => {
    throw faultOf(outdir, error);
  });
  try {
    await removeOld(outdir);
    await runApp(stage, unfinished);
    // Edited while it ran: nobody can say which sources these templates are of.
    if ((await digest(stage)) !== sources) return await synthesize(options);
    // Whole or not at all; and if another process was quicker, its result is the same.
    await rename(unfinished, result).catch(async (error: unknown) => {
      if (!(await exists(join(result, "manifest.json")))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return result;
}

/** Removes what nobody has made or used for an hour: results of earlier sources. */
async function removeOld(outdir: string): Promise<void> {
  for (const name of await readdir(outdir)) {
    const path = join(outdir, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > 3_600_000) await rm(path, { recursive: true, force: true });
  }
}

/** Runs infra/app.ts as the CDK's command line would. */
async function runApp(stage: string, outdir: string): Promise<void> {
  const { context } = JSON.parse(await readFile(join(ROOT, "cdk.json"), "utf8")) as { context: object };
  const env = Object.fromEntries(
    // Templates must not depend on where they are made, nor a child on its parent's test runner.
    Object.entries(process.env).filter(
      ([name]) => !/^(AWS_|CDK_|NODE_OPTIONS|NODE_V8_COVERAGE|VITEST)/.test(name),
    ),
  );
  await promisify(execFile)(process.execPath, ["infra/app.ts"], {
    cwd: ROOT,
    env: {
      ...env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage, "aws:cdk:bundling-stacks": [] }),
      // The built-in validation takes over half of a synth; `npm run synth` and the tests have it.
      CDK_VALIDATION: "false",
    },
  }).catch((error: Error & { stderr?: string }) => {
    const lines = (error.stderr ?? "").split("\n").filter((line) => line.trim() !== "");
    const sentence = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0] ?? error.message;
    const next = "Mend what it names; npm run synth shows the whole error.";
    throw new LocalFault(`The app does not synthesize: ${sentence}`, next, { cause: error });
  });
}

async function digest(stage: string): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([stage, process.version, process.platform]));
  for (const source of SOURCES) {
    for (const file of await filesUnder(source)) {
      const bytes = await readFile(join(ROOT, file));
      hash.update(`${file} ${bytes.length}\n`).update(bytes);
    }
  }
  return hash.digest("hex").slice(0, 32);
}

/** The file itself, or all files of the folder, in an order that is the same everywhere. */
async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, path), { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTDIR") return undefined;
      throw error;
    },
  );
  if (!entries) return [path];
  const files: string[] = [];
  for (const entry of entries) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesUnder(child)));
    else files.push(child);
  }
  return files.sort();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
