import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ChildFailed, run } from "./child.ts";
import { binOf } from "./venv.ts";

/** Judges the templates in synthesized folders with cfn-lint, and ends with 1 where it finds an error. */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RELEASE = "cfn-lint==1.58.0";

process.exitCode = await main(process.argv.slice(2));

async function main(folders: readonly string[]): Promise<number> {
  if (folders.length === 0) {
    console.error("npm run lint:templates -- <synthesized folder> …");
    return 2;
  }
  try {
    const bin = await binOf(ROOT, RELEASE);
    for (const folder of folders) await lint(bin, folder);
    return 0;
  } catch (error) {
    console.error(error instanceof ChildFailed ? error.message : error);
    return 1;
  }
}

async function lint(bin: string, folder: string): Promise<void> {
  const templates = readdirSync(folder).filter((name) => name.endsWith(".template.json"));
  if (templates.length === 0) throw new Error(`${folder} has no template`);
  // Warnings are about style (an order that a reference implies already); CDK's own constructs are full of them.
  const args = ["--non-zero-exit-code", "error", "--ignore-checks", "W", "--regions", "ap-southeast-2", "--"];
  const files = templates.map((name) => join(folder, name));
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, String(value)]));
  await run(join(bin, "cfn-lint"), [...args, ...files], { cwd: process.cwd(), env, seconds: 300, show: 60 });
  console.log(`${folder}: no errors in ${templates.sort().join(", ")}`);
}
