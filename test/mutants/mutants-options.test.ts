import { expect, test } from "vitest";
import { BAD_MUTANTS } from "./bad-mutants.ts";
import { MUTANTS_HELP, mutantsOptions } from "./mutants-options.ts";

test("without options every mutant is run on 400 seeds", () => {
  expect(mutantsOptions([], BAD_MUTANTS)).toEqual({
    mutants: BAD_MUTANTS,
    seeds: 400,
    threads: 2,
    list: false,
    store: false,
    fresh: false,
  });
});

test("some mutants, seeds and threads can be asked for", () => {
  const args = [
    "--only",
    "bad-prediction,good-fence",
    "--seeds",
    "50",
    "--threads",
    "1",
    "--store",
    "--fresh",
  ];
  expect(mutantsOptions(args, BAD_MUTANTS)).toMatchObject({
    mutants: [{ id: "good-fence" }, { id: "bad-prediction" }],
    seeds: 50,
    threads: 1,
    store: true,
    fresh: true,
  });
});

test.each([
  [["--only", "nobody"], "there is no mutant nobody"],
  [["--only", ""], "there is no mutant "],
  [["--seeds", "0"], "--seeds is a whole number above zero"],
  [["--threads", "two"], "--threads is a whole number above zero"],
  [["--what"], "--what"],
])("%j is refused", (args, what) => {
  expect(() => mutantsOptions(args, BAD_MUTANTS)).toThrow(what);
});

test("help names every option", () => {
  expect(mutantsOptions(["--help"], BAD_MUTANTS)).toBe("help");
  for (const option of ["only", "list", "seeds", "threads", "store", "fresh", "help"]) {
    expect(MUTANTS_HELP).toContain(`--${option}`);
  }
});
