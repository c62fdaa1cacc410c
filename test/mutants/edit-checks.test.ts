import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { BAD_MUTANTS } from "./bad-mutants.ts";
import { mistakesIn } from "./edit-checks.ts";
import { typeErrorsIn } from "./edited-types.ts";
import type { Edit, Mutant } from "./mutant.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const [good] = BAD_MUTANTS;
const [edit] = good.edits as readonly [Edit];

const withEdits = (...edits: Mutant["edits"]): Mutant => ({ ...good, edits });

describe("a mutant", () => {
  it("that is as it should be has no mistake", () => {
    expect(mistakesIn([good])).toEqual([]);
    expect(typeErrorsIn([good])).toEqual([]);
  });

  it.each<[string, Mutant, string]>([
    ["whose text is not in the source", withEdits({ ...edit, find: "if (fense" }), "0 times instead of once"],
    ["whose text is there twice", withEdits({ ...edit, find: "fence" }), "times instead of once"],
    ["that says nowhere where it runs", withEdits({ ...edit, replace: "if (item.fence < 0) {" }), "ran()"],
    [
      "that adds nothing but its mark",
      withEdits({ ...edit, replace: `${edit.find.slice(0, -3)} && ran()) {` }),
      "change nothing",
    ],
    ["that predicts nothing", { ...good, predicted: [] }, "predicts nothing"],
  ])("%s is refused", (_, mutant, what) => {
    const [found, ...more] = mistakesIn([mutant]);
    expect(found).toContain(`${good.id}: `);
    expect(found).toContain(what);
    expect(more).toEqual([]);
  });

  it("that is called as another one is refused", () => {
    expect(mistakesIn([good, good])).toEqual([`two mutants are called ${good.id}`]);
  });

  it("that does not compile is refused, and files that were edited together are judged together", () => {
    const lax = [
      { ...edit, find: 'fence: number | "any"', replace: 'fence: number | "any" | "none"' },
      { file: "lambdas/frozen-set.ts", find: 'held(item, id, "any")', replace: 'held(item, id, "none")' },
    ];
    const [found, ...more] = typeErrorsIn([
      { id: "both", edits: lax },
      { id: "one-without-the-other", edits: lax.slice(1) },
    ]);
    expect(found).toMatch(/^one-without-the-other.lambdas.frozen-set\.ts.*"none"/);
    expect(more).toEqual([]);
  });
});

describe("nothing of it ships", () => {
  const files = ["lambdas", "infra"].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  );
  const ENGINE = /changeRan|test\/mutants|mutated|[?&]changed=/;

  it("no file of the app mentions the engine", () => {
    expect(files.length).toBeGreaterThan(200);
    expect(files.filter((file) => ENGINE.test(readFileSync(file, "utf8")))).toEqual([]);
    expect(ENGINE.test(readFileSync(`${ROOT}test/mutants/mutated.ts`, "utf8"))).toBe(true);
  });

  it("no bundle of a function has a mark, or anything from the tests", async () => {
    const handlers = files.filter((file) => file.endsWith("/handler.ts") && file.includes("lambdas/"));
    const { outputFiles, metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: handlers,
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      write: false,
      metafile: true,
      outdir: "nowhere",
    });
    expect(outputFiles.length).toBeGreaterThan(12);
    expect(outputFiles.some(({ text }) => text.includes("StaleFence"))).toBe(true);
    expect(outputFiles.filter(({ text }) => /changeRan|\bran\(/.test(text)).map(({ path }) => path)).toEqual(
      [],
    );
    expect(Object.keys(metafile.inputs).filter((file) => !/^(lambdas|infra)\//.test(file))).toEqual([]);
  });
});
