import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import config from "../../../vitest.config.ts";
import { BEGINNINGS, GROUPS, groupOf, mutatedFiles, WANTED, WANTED_OVERALL } from "./groups.ts";
import { LEFT_OUT, TOO_LONG, testFiles } from "./in-process-runner.ts";
import { nameOf, type Report, scoreOf, sumOf, survivorsOf, tallyOf } from "./report.ts";
import type { Figures, Listed, Results } from "./results.ts";
import { casesOf, it as declared, describe as within, beforeAll as first } from "./suite.ts";

const text = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const root = (file: string) => new URL(`../../../${file}`, import.meta.url);
const results = JSON.parse(text("results.json")) as Results;
const listed = JSON.parse(text("survivors.json")) as readonly Listed[];
const measured = GROUPS.flatMap((group) => {
  const figures = results[group];
  return figures === undefined ? [] : [[group, figures] as const];
});

describe("the groups", () => {
  it("take in all that is measured for coverage, and every beginning of a path is one of some file", () => {
    const files = mutatedFiles();
    expect(files.length).toBeGreaterThan(130);
    expect(files.filter((file) => groupOf(file) === undefined)).toEqual([]);
    const idle = BEGINNINGS.filter((beginning) => !files.some((file) => file.startsWith(beginning)));
    expect(idle).toEqual([]);
    expect(config.test?.coverage).toMatchObject({
      exclude: ["lambdas/adapters/**", "lambdas/**/handler.ts", "test/**"],
    });
  });

  it("leave no test out that is not there", () => {
    const gone = Object.keys(LEFT_OUT).filter((name) => !existsSync(root(`test/lambdas/${name}`)));
    expect(gone).toEqual([]);
    const nowhere = TOO_LONG.filter(([file, part]) => !readFileSync(root(file), "utf8").includes(part));
    expect(nowhere).toEqual([]);
    expect(testFiles().length).toBeGreaterThan(50);
  });
});

describe("the stored figures", () => {
  it("are of every group, and reach what is wanted", () => {
    const groups = measured.map(([group]) => group);
    expect(groups).toEqual(GROUPS);
    const short = measured.filter(([group, { total }]) => (scoreOf(total) ?? 0) < WANTED[group]);
    expect(short.map(([group]) => group)).toEqual([]);
    expect(scoreOf(sumOf(measured.map(([, { total }]) => total)))).toBeGreaterThanOrEqual(WANTED_OVERALL);
  });

  it("add up, are of the group's own files, and hold no mutant that could not be judged", () => {
    for (const [group, { total, files, commit }] of measured) {
      expect(commit, group).toMatch(/^[0-9a-f]{12}\+?$/);
      expect(sumOf(Object.values(files)), group).toEqual(total);
      expect(
        Object.keys(files).filter((file) => groupOf(file) !== group || !existsSync(root(file))),
        group,
      ).toEqual([]);
      expect(total.errors, group).toBe(0);
    }
  });

  it("have survivors in just the files of which some are listed", () => {
    const counted = (file: string, figures: Figures) => [
      file,
      (figures.files[file]?.survived ?? 0) + (figures.files[file]?.unreached ?? 0) > 0,
    ];
    const found = measured.flatMap(([, figures]) =>
      Object.keys(figures.files).map((file) => counted(file, figures)),
    );
    const named = new Set(listed.map(({ file }) => file));
    expect(found.filter(([file, survives]) => survives !== named.has(String(file)))).toEqual([]);
  });
});

/** Whether its line is in its file, and what was changed begins on that line. */
function standsThere({ file, line, mutant }: Listed): boolean {
  if (!existsSync(root(file))) return false;
  const [changed = ""] = mutant.split(" → ");
  const lines = readFileSync(root(file), "utf8").split("\n");
  return lines.some((one, index) => {
    const begins = lines.slice(index).join(" ").replace(/\s+/g, " ").trimStart().indexOf(changed);
    return one.trim() === line && 0 <= begins && begins < line.length;
  });
}

describe("the listed survivors", () => {
  it("stand in the code with what was changed there, are listed once, and have a sentence each", () => {
    expect(listed.length).toBeGreaterThan(0);
    expect(new Set(listed.map(nameOf)).size).toBe(listed.length);
    expect(listed.filter((one) => !standsThere(one)).map(nameOf)).toEqual([]);
    const [one] = listed as [Listed];
    expect(standsThere({ ...one, line: `${one.line} ` })).toBe(false);
    expect(standsThere({ ...one, mutant: `x${one.mutant}` })).toBe(false);
    expect(listed.filter(({ why }) => why.length < 30 || !why.endsWith(".")).map(nameOf)).toEqual([]);
  });
});

describe("a report of mutants", () => {
  const at = (line: number, from: number, to: number, end = line) => ({
    start: { line, column: from },
    end: { line: end, column: to },
  });
  const mutant = (status: string, location = at(1, 13, 18)) => ({
    mutatorName: "M",
    replacement: "true",
    status,
    location,
  });
  const report: Report = {
    files: {
      "a.ts": {
        source: "const one = a > b;\n  if (\n    c\n  ) go();\n",
        mutants: [
          mutant("Killed"),
          mutant("Timeout"),
          mutant("Survived"),
          mutant("NoCoverage", at(2, 7, 6, 3)),
          mutant("Ignored"),
          mutant("RuntimeError"),
        ],
      },
    },
  };

  it("scores what was noticed out of what was valid, the unreached included", () => {
    const tally = tallyOf(report.files["a.ts"]?.mutants ?? []);
    expect(tally).toEqual({
      mutants: 6,
      killed: 1,
      timeout: 1,
      survived: 1,
      unreached: 1,
      unloaded: 1,
      errors: 1,
    });
    expect(scoreOf(tally)).toBe(50);
    expect(scoreOf(sumOf([tally, tally]))).toBe(50);
    expect(scoreOf(sumOf([]))).toBeUndefined();
  });

  it("names survivors by their line and what changed in it, not by its number", () => {
    expect(survivorsOf(report)).toEqual([
      { file: "a.ts", line: "const one = a > b;", mutant: "a > b → true" },
      { file: "a.ts", line: "if (", mutant: "c → true" },
    ]);
  });
});

describe("a test file's cases", () => {
  it("can be run again and again, each with the hooks around it and with no other test", async () => {
    const ran: string[] = [];
    const cases = await casesOf("a.test.ts", async () => {
      first(() => ran.push("file"));
      within("block", () => {
        first(() => ran.push("block"));
        declared.each([1, 2])("is %d", (given: number) => ran.push(`test ${given}`));
      });
      declared("alone", () => ran.push("alone"));
      declared("fails", () => {
        throw new Error("as it should");
      });
    });
    expect(cases.map(({ name }) => name)).toEqual(["block is 1", "block is 2", "alone", "fails"]);
    await cases[1]?.run();
    await cases[2]?.run();
    await cases[2]?.run();
    expect(ran).toEqual(["file", "block", "test 2", "file", "alone", "file", "alone"]);
    await expect(cases[3]?.run()).rejects.toThrow("as it should");
  });
});
