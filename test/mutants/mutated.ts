import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import type { Change, Edit } from "./mutant.ts";

/**
 * Loads the app and its simulation once more beside themselves, with changes in the app's source: a module under
 * `?changed=<name>` imports under that name too whatever of the repository's own modules is changed, or reaches a changed
 * one. So one thread can run many changed apps, and what no change can reach is loaded, and warm, once for all of them.
 */
const ROOT = new URL("../../", import.meta.url).href;
const OWN = [`${ROOT}lambdas/`, `${ROOT}test/`];
const QUERY = "?changed=";

/** The edits of each changed app, and which modules are others in it than as built. */
const changes = new Map<string, { readonly edits: readonly Edit[]; readonly others: Map<string, boolean> }>();
/** The repository's own modules that each one imports as built, by path. */
const imported = new Map<string, readonly string[]>();
/** Sources without their types, which are the same in every changed app but in the files that are changed. */
const stripped = new Map<string, string>();
/** The names of the changes that have run since the last run began. */
const ran = new Set<string>();
Object.assign(globalThis, { changeRan: (name: string) => ran.add(name) });

let areHooked = false;

/**
 * Imports a module of the app or of its simulation with changes.
 * @param name of this set of changes; the same name is the same app, also when asked again
 * @param module from the repository's root
 * @throws if an edit's text is not in its file exactly once
 */
export async function importChanged<Module>(
  name: string,
  parts: readonly { readonly id: string; readonly change: Change }[],
  module: string,
): Promise<Module> {
  if (!areHooked) hook();
  areHooked = true;
  if (!changes.has(name)) {
    const edits = parts.flatMap(({ id, change }) =>
      change.edits.map((edit) => ({ ...edit, replace: edit.replace.replaceAll("ran()", `ran("${id}")`) })),
    );
    changes.set(name, { edits, others: othersBy(edits, module) });
  }
  return (await import(`${ROOT}${module}${QUERY}${encodeURIComponent(name)}`)) as Module;
}

/** Begins a run: none of its changes has run yet. */
export function forgetWhatRan(): void {
  ran.clear();
}

/** Which changes have run since the run began. */
export function changesThatRan(): ReadonlySet<string> {
  return new Set(ran);
}

function hook(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const [, name] = context.parentURL?.split(QUERY) ?? [];
      if (name === undefined || !isOwn(resolved.url)) return resolved;
      const others = changes.get(decodeURIComponent(name))?.others;
      // A module that only an edit imports was not there when the others were looked for.
      if (others?.get(pathOf(resolved.url)) === false) return resolved;
      return { ...resolved, url: `${resolved.url}${QUERY}${name}` };
    },
    load(url, context, next) {
      const [file, name] = url.split(QUERY);
      if (file === undefined || name === undefined) return next(url, context);
      const path = pathOf(file);
      const edits = changes.get(decodeURIComponent(name))?.edits.filter((edit) => edit.file === path) ?? [];
      return { format: "module", source: source(path, edits), shortCircuit: true };
    },
  });
}

const isOwn = (url: string) => OWN.some((folder) => url.startsWith(folder)) && url.endsWith(".ts");
const pathOf = (url: string) => url.slice(ROOT.length);

/** Of every module that one reaches: whether it is edited, or reaches one that is. */
function othersBy(edits: readonly Edit[], module: string): Map<string, boolean> {
  const importers = new Map<string, string[]>();
  const reached = new Set([module]);
  for (const path of reached) {
    for (const one of importedBy(path)) {
      importers.set(one, [...(importers.get(one) ?? []), path]);
      reached.add(one);
    }
  }
  const others = new Set(edits.map(({ file }) => file));
  for (const path of others) for (const importer of importers.get(path) ?? []) others.add(importer);
  return new Map([...reached].map((path) => [path, others.has(path)]));
}

const IMPORT = /\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

/** The repository's own modules that a module imports as built; types are gone from it by then. */
function importedBy(path: string): readonly string[] {
  const known = imported.get(path);
  if (known !== undefined) return known;
  const found = [...source(path, []).matchAll(IMPORT)].map(
    ([, specifier = ""]) => new URL(specifier, `${ROOT}${path}`).href,
  );
  const own = found.filter(isOwn).map(pathOf);
  imported.set(path, own);
  return own;
}

function source(path: string, edits: readonly Edit[]): string {
  const kept = edits.length === 0 ? stripped.get(path) : undefined;
  if (kept !== undefined) return kept;
  const text = readFileSync(fileURLToPath(`${ROOT}${path}`), "utf8");
  const made = stripTypeScriptTypes(
    edits.length === 0
      ? text
      : `${edited(path, text, edits)}\nfunction ran(name) { globalThis.changeRan(name); return true; }\n`,
  );
  if (edits.length === 0) stripped.set(path, made);
  return made;
}

/**
 * A file's text with its edits.
 * @throws if an edit's text is not in it exactly once: then the code has moved on, and the edit must too
 */
export function edited(path: string, text: string, edits: readonly Edit[]): string {
  return edits.reduce((so, { find, replace }) => {
    const [before, after, ...more] = so.split(find);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(
        `${path}: an edit's text is there ${so.split(find).length - 1} times instead of once: ${find}`,
      );
    }
    return `${before}${replace}${after}`;
  }, text);
}
