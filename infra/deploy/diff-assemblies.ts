import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { optionsIn } from "../command-options.ts";
import { EXIT } from "../ops/exit-code.ts";
import { WrongInput } from "../wrong-input.ts";
import { stacksIn } from "./assembly.ts";
import type { Surroundings } from "./surroundings.ts";

export const DIFF_HELP = `What a change does to the stacks, as Markdown: cdk diff between two synthesized assemblies, without an account.

npm run --silent deploy:diff -- --base <folder> --app <folder>

  --base <folder>    the assembly from before the change
  --app <folder>     the assembly with it
  --help             print this
`;

/** Most characters of one stack's differences: what a comment can hold, for both stages together. */
const MOST = 10_000;

/** `npm run deploy:diff`. Answers its exit code: differences are no failure. */
export async function diffAssemblies(
  args: readonly string[],
  { print, env }: Pick<Surroundings, "print" | "env">,
): Promise<number> {
  const text = { type: "string" } as const;
  const { base, app, help } = optionsIn(args, { base: text, app: text, help: { type: "boolean" } });
  if (help) {
    print(DIFF_HELP);
    return EXIT.done;
  }
  if (!base || !app) throw new WrongInput("deploy:diff wants --base and --app, both folders of assemblies");
  const before = new Map((await stacksIn(base)).map(({ name, template }) => [name, template]));
  const after = await stacksIn(app);
  const differences = await Promise.all(
    after.map(({ id, name }) => difference(app, id, before.get(name), env)),
  );
  for (const [at, { name }] of after.entries()) print(section(name, differences[at] ?? ""));
  const gone = [...before.keys()].filter((name) => !after.some((stack) => stack.name === name));
  for (const name of gone) print(section(name, "The stack is no longer in the app.\n"));
  return EXIT.done;
}

/** What `cdk diff` says of a stack, held against its template from before; against nothing where it is new. */
async function difference(
  app: string,
  id: string,
  template: string | undefined,
  env: Surroundings["env"],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "debit-once-diff-"));
  try {
    const nothing = join(folder, "nothing.json");
    await writeFile(nothing, "{}");
    const args = ["diff", id, "--exclusively", "--app", app, "--template", template ?? nothing, "--no-color"];
    // The CDK tells differences on standard error.
    const { stdout, stderr } = await promisify(execFile)("cdk", args, {
      env: { ...env },
      maxBuffer: 64 * 2 ** 20,
    });
    return `${stdout}${stderr}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fenced by more backticks than a template may hold in a row, so that none of it is read as Markdown. */
function section(name: string, differences: string): string {
  const cut =
    differences.length > MOST ? `${differences.slice(0, MOST)}\n… cut; run it yourself\n` : differences;
  return `### ${name}\n\n\`\`\`\`\`diff\n${cut.trim()}\n\`\`\`\`\`\n\n`;
}
