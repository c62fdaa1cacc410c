import { createHash } from "node:crypto";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DeployedTemplate, type TakeOut, takeOut } from "./take-out.ts";

interface Manifest {
  readonly artifacts: Readonly<
    Record<string, { readonly type: string; readonly properties?: { readonly templateFile?: string } }>
  >;
}

/**
 * Copies a synthesized assembly and takes the listed types out of its templates. Assets and everything else stay as
 * they are, but that a template's own asset is named by its new content.
 * @returns a line for each resource taken out and each reference rewritten
 * @throws Error for a listed type that no template has a resource of
 */
export async function copyWithout(from: string, to: string, list: readonly TakeOut[]): Promise<string[]> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
  const manifestFile = join(to, "manifest.json");
  let manifestText = await readFile(manifestFile, "utf8");
  const manifest = JSON.parse(manifestText) as Manifest;
  const lines: string[] = [];
  const met = new Set<string>();
  for (const [stack, { type, properties }] of Object.entries(manifest.artifacts)) {
    if (type !== "aws:cloudformation:stack" || properties?.templateFile === undefined) continue;
    const templateFile = join(to, properties.templateFile);
    const text = await readFile(templateFile, "utf8");
    const taken = takeOut(stack, JSON.parse(text) as DeployedTemplate, list);
    for (const one of taken.types) met.add(one);
    lines.push(...taken.lines);
    if (taken.types.size === 0) continue;
    const changed = JSON.stringify(taken.template, undefined, 1);
    await writeFile(templateFile, changed);
    // The template is an asset itself, known by the hash of what it was.
    const assetsFile = join(to, `${stack}.assets.json`);
    const [was, is] = [sha256(text), sha256(changed)];
    const assets = await readFile(assetsFile, "utf8");
    if (!assets.includes(was)) throw new Error(`${stack}: its template is not the asset that it should be`);
    await writeFile(assetsFile, assets.replaceAll(was, is));
    manifestText = manifestText.replaceAll(was, is);
  }
  await writeFile(manifestFile, manifestText);
  const unmet = list.filter(({ type }) => !met.has(type)).map(({ type }) => type);
  if (unmet.length > 0) {
    throw new Error(`the app has no ${unmet.join(", ")}: drop it from test/deployed/refused-types.ts`);
  }
  return lines;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
