import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CHECKS, CONFIGURATIONS, flagsOf, OUT, PROPERTIES, SWITCHES, WITNESSES } from "./checks.ts";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const model = read("at-most-once.pml");

describe("the checks of the model", () => {
  it("name its properties by the bits that it knows them by", () => {
    const bits = [...model.matchAll(/^#define bit_(\w+) (\d+)$/gm)].map(([, name, bit]) => [
      name,
      Number(bit),
    ]);
    expect(bits).toEqual(Object.keys(PROPERTIES).map((name, index) => [name, 2 ** index]));
    for (const name of Object.keys(PROPERTIES)) expect(model).toContain(`MUST(${name},`);
  });

  it("take out what the model has a switch for, and every switch is tried", () => {
    const tried = CHECKS.flatMap(({ out }) => out);
    const known = Object.keys(SWITCHES);
    expect([...new Set(tried)].sort()).toEqual([...known].sort());
    expect(known.filter((name) => !new RegExp(`^#ifn?def ${name}$`, "m").test(model))).toEqual([]);
    expect(Object.keys(OUT).filter((names) => OUT[names]?.length === 0)).toEqual([]);
  });

  it("use in every configuration only flags that the model knows", () => {
    const flags = Object.values(CONFIGURATIONS).flatMap(({ flags }) => flags);
    const names = [...new Set(flags.map((flag) => flag.split("=")[0]))];
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !new RegExp(`^#if(n?def)? ${name}\\b`, "m").test(model))).toEqual([]);
  });

  it("look for every state that the model marks, in its place", () => {
    const marked = [...model.matchAll(/^#define W_\w+ (\d+)$/gm)].map(([, number]) => Number(number));
    const used = [...model.matchAll(/REACHED\((W_\w+),/g)].map(([, name]) => name);
    const wanted = Object.values(WITNESSES).map(([number]) => number);
    expect(wanted.length).toBeGreaterThan(20);
    expect([...wanted].sort((a, b) => a - b)).toEqual(marked);
    const searches = CHECKS.flatMap(({ name, expected }) => (expected === "holds" ? [name] : []));
    expect(Object.values(WITNESSES).filter(([, where]) => !searches.includes(where))).toEqual([]);
    expect(new Set(used).size).toBe(marked.length);
  });

  it("judge the model as it stands in every configuration, and each name once", () => {
    const base = CHECKS.filter(({ out, expected }) => out.length === 0 && expected === "holds");
    expect(base.map(({ configuration }) => configuration).sort()).toEqual(Object.keys(CONFIGURATIONS).sort());
    expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
  });

  it("judge exactly the property that must fail, and never none", () => {
    const bitOf = (name: string) => model.match(new RegExp(`^#define bit_${name} (\\d+)$`, "m"))?.[1];
    for (const check of CHECKS) {
      const judged = flagsOf(check).find((flag) => flag.startsWith("-DCHECK="));
      if (check.expected === "holds") expect(judged).not.toBe("-DCHECK=0");
      else expect(judged).toBe(`-DCHECK=${String(bitOf(check.expected))}`);
    }
  });
});
