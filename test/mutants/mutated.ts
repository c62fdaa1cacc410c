import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import type { Change, Edit } from "./mutant.ts";

/**
 * Loads the app and its simulation once more beside themselves, with changes in the app's source: a module under
 * `?changed=<name>` imports all of the repository's own modules under that name too, so that one thread can run many
 * changed apps, and everything that comes from a package is loaded once.
 */
const ROOT = new URL("../../", import.meta.url).href;
const OWN = [`${ROOT}lambdas/`, `${ROOT}test/`];
const QUERY = "?changed=";

const changes = new Map<string, readonly Edit[]>();
/** Sources without their types, which are the same in every changed app but in the files that are changed. */
const stripped = new Map<string, string>();
/** The names of the changes that have run since the last time somebody asked. */
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
    changes.set(
      name,
      parts.flatMap(({ id, change }) =>
        change.edits.map((edit) => ({ ...edit, replace: edit.replace.replaceAll("ran()", `ran("${id}")`) })),
      ),
    );
  }
  return (await import(`${ROOT}${module}${QUERY}${encodeURIComponent(name)}`)) as Module;
}

/** Which changes have run since this was asked before. */
export function changesThatRan(): ReadonlySet<string> {
  const since = new Set(ran);
  ran.clear();
  return since;
}

function hook(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const [, name] = context.parentURL?.split(QUERY) ?? [];
      const isOwn = OWN.some((folder) => resolved.url.startsWith(folder));
      if (name === undefined || !isOwn || !resolved.url.endsWith(".ts")) return resolved;
      return { ...resolved, url: `${resolved.url}${QUERY}${name}` };
    },
    load(url, context, next) {
      const [file, name] = url.split(QUERY);
      if (file === undefined || name === undefined) return next(url, context);
      const path = file.slice(ROOT.length);
      const edits = changes.get(decodeURIComponent(name))?.filter((edit) => edit.file === path) ?? [];
      return { format: "module", source: source(path, edits), shortCircuit: true };
    },
  });
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
