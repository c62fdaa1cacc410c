import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChildFailed, run } from "./child.ts";

/** Newest first; both tools want 3.10. */
const PYTHONS = ["python3.13", "python3.12", "python3.11", "python3.10", "python3"];

/**
 * The `bin` folder of a virtual environment that holds exactly this release from PyPI; made when it is not there.
 * @param release such as `ministack==1.5.33`
 * @throws Error when there is no Python for it, or PyPI does not have it
 */
export async function binOf(root: string, release: string): Promise<string> {
  const folder = join(root, ".local/venv", release.replace("==", "-"));
  const bin = join(folder, "bin");
  if (existsSync(join(folder, "complete"))) return bin;
  await rm(folder, { recursive: true, force: true });
  const options = { cwd: root, env: withoutPip(process.env), show: 20 };
  await run(await python(options), ["-m", "venv", folder], { ...options, seconds: 180 });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", release];
  await run(join(bin, "python"), pip, { ...options, seconds: 420 });
  // Whole or not at all: what was interrupted has no such mark.
  await writeFile(join(folder, "complete"), `${release}\n`);
  return bin;
}

async function python(options: { cwd: string; env: Record<string, string>; show: number }): Promise<string> {
  const fits = "import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)";
  for (const name of PYTHONS) {
    const found = await run(name, ["-c", fits], { ...options, seconds: 60, show: 0 }).catch(
      (error: unknown) => {
        if (error instanceof ChildFailed) return undefined;
        throw error;
      },
    );
    if (found) return name;
  }
  throw new Error(
    "there is no Python 3.10 or newer with venv here: install one (apt-get install python3-venv)",
  );
}

/** Nothing that is installed for Python elsewhere gets in. */
function withoutPip(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !/^(PYTHON|VIRTUAL_ENV)/.test(entry[0]),
    ),
  );
}
