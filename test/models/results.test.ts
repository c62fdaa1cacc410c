import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHECKS } from "./checks.ts";
import { quotedIn } from "../quoted.ts";
import { storedText } from "../stored-json.ts";
import { costTable, MARKS, pageWith, type Results } from "./results.ts";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const results = JSON.parse(read("results.json")) as Results;
const page = read("README.md");

const tableIn = (text: string) => quotedIn(text, MARKS);

describe("the stored searches", () => {
  it("are those of the table of checks, each with what it must find, and no other", () => {
    expect(results.checks.map(({ name, expected }) => ({ name, expected }))).toEqual(
      CHECKS.map(({ name, expected }) => ({ name, expected })),
    );
    expect(results.checks.filter(({ expected, found }) => expected !== found)).toEqual([]);
  });

  it("have come to every state that they must come to", () => {
    const reached = new Map(results.checks.map((check) => [check.name, check.reached]));
    expect(
      CHECKS.filter(({ name, reaches }) => reaches.some((one) => !reached.get(name)?.includes(one))),
    ).toEqual([]);
  });

  it("are complete wherever something holds, and were made at a commit", () => {
    const held = results.checks.filter(({ found }) => found === "holds");
    expect(held.length).toBeGreaterThan(20);
    expect(held.filter(({ complete, states }) => !complete || states < 1000)).toEqual([]);
    expect(results.checks.filter(({ commit }) => !/^[0-9a-f]{12}$/.test(commit))).toEqual([]);
  });
});

describe("the store", () => {
  it("is written as it stands, which is as the formatter wants it", () => {
    expect(storedText(results)).toBe(read("results.json"));
  });
});

describe("the page", () => {
  it("has the table of the stored searches, and no more than forty lines", () => {
    expect(tableIn(page)).toBe(costTable(results));
    expect(page.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  });

  it("would not have it if one search had found something else", () => {
    const found = (name: string, what: string): Results => ({
      ...results,
      checks: results.checks.map((check) => (check.name === name ? { ...check, found: what } : check)),
    });
    const worse = costTable(found("NOLOOK zombies end to end", "debited_twice"));
    expect(worse).toMatch(/^\| `NOLOOK`: .* \| debited_twice \(zombies\) \|/m);
    expect(tableIn(pageWith(page, found("NOVOID zombies debited_twice", "holds")))).not.toBe(tableIn(page));
  });

  it("is refused without its two comments", () => {
    expect(() => tableIn("")).toThrow("once");
    expect(() => tableIn(page + page)).toThrow("once");
  });
});
