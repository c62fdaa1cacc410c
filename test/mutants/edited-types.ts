import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { editedFiles } from "./edit-checks.ts";
import type { Mutant } from "./mutant.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

/** What TypeScript says about the edited files, which nobody would merge if it did; empty if they compile. */
export function typeErrorsIn(mutants: readonly Pick<Mutant, "id" | "edits">[]): string[] {
  if (mutants.length === 0) return [];
  mkdirSync(join(ROOT, "reports"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "reports", "mutants-"));
  try {
    for (const mutant of mutants) {
      for (const [file, { after }] of editedFiles(mutant)) {
        const path = join(folder, mutant.id, file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, `${after}\ndeclare function ran(): true;\n`);
      }
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configured(mutants)));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [TSC, "--project", folder, "--pretty", "false"],
      { cwd: folder, encoding: "utf8" },
    );
    if (status === 0) return [];
    const lines = `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
    return lines.length > 0 ? lines : [`tsc ended with ${status}`];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Each mutant's files lie in a folder of its own, laid over the repository: what a mutant has not edited is found there.
 * A slip may well leave something unused.
 */
function configured(mutants: readonly Pick<Mutant, "id">[]): object {
  return {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      rootDirs: [ROOT, ...mutants.map(({ id }) => `./${id}`)],
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ["."],
  };
}
