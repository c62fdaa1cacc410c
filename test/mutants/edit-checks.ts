import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutant.ts";
import { edited } from "./mutated.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What cannot be right about mutants before any of them has run; empty if nothing is wrong. */
export function mistakesIn(mutants: readonly Mutant[]): string[] {
  const ids = mutants.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  return [...twice.map((id) => `two mutants are called ${id}`), ...mutants.flatMap(mistakesOf)];
}

function mistakesOf(mutant: Mutant): string[] {
  const { id, edits, predicted } = mutant;
  const wrong: string[] = [];
  if (predicted.length === 0) wrong.push("it predicts nothing");
  if (!edits.some(({ replace }) => replace.includes("ran()"))) {
    wrong.push("no edit says ran(), so that nobody could tell whether the bad line ran");
  }
  try {
    for (const [file, { after, before }] of editedFiles(mutant)) {
      if (after.replaceAll(MARK, "") === before) wrong.push(`its edits of ${file} change nothing`);
    }
  } catch (error) {
    wrong.push((error as Error).message);
  }
  return wrong.map((what) => `${id}: ${what}`);
}

/** What an edit may add without changing anything. */
const MARK = /\s*ran\(\);?| *&& *ran\(\)/g;

/**
 * The files of a mutant, by path from the repository's root, before and after its edits.
 * @throws if an edit's text is not in its file exactly once
 */
export function editedFiles({
  edits,
}: Pick<Mutant, "edits">): Map<string, { readonly before: string; readonly after: string }> {
  return new Map(
    [...Map.groupBy(edits, ({ file }) => file)].map(([file, ofFile]) => {
      const before = readFileSync(`${ROOT}${file}`, "utf8");
      return [file, { before, after: edited(file, before, ofFile) }];
    }),
  );
}
