import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shortfalls, type Tally } from "./tally.ts";

const ENTRY = fileURLToPath(new URL("race.ts", import.meta.url));
const ROUNDS = 20;
const SEED = "20";
/** Against a hang only. */
const CEILING_MS = 900_000;

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function race(folder: string, ...given: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder };
    execFile(process.execPath, [ENTRY, ...given], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

describe("two instances of the batch service, each a process of its own, killed at any moment", () => {
  let folder: string;
  let given: readonly string[];
  let ended: Ended;
  let tally: Tally;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "debit-once-race-test-"));
    given = ["--rounds", String(ROUNDS), "--seed", SEED, "--json", "--out", join(folder, "race.json")];
    ended = await race(folder, ...given);
    if (ended.stdout === "") throw new Error(ended.stderr);
    ({ tally } = JSON.parse(ended.stdout) as { tally: Tally });
  }, CEILING_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("the bank gets every due instalment once and nothing else, and no layer leans on another", () => {
    expect(ended.stderr).not.toContain("broken");
    expect(tally).toMatchObject({ rounds: ROUNDS, failed: 0, layersBroken: 0 });
    expect(tally.closed + tally.parked).toBe(ROUNDS);
    expect(tally.closed).toBeGreaterThan(tally.parked);
  });

  test("the race was one: both in one state, killed in each of them, fenced, in mid-delivery, and found again", () => {
    expect(shortfalls(tally)).toEqual([]);
    expect(ended.exitCode).toBe(0);
  });

  test("the result is kept, and a race that is resumed when it is over plays no round again", async () => {
    expect(JSON.parse(readFileSync(join(folder, "race.json"), "utf8"))).toMatchObject({ seed: SEED, tally });
    const resumed = await race(folder, ...given, "--resume");
    expect({ ...resumed, stderr: "" }).toEqual({ ...ended, stderr: "" });
    expect(resumed.stderr).toBe(`${ROUNDS} of ${ROUNDS} rounds are kept\n`);
  });

  test("no folder is left but that of the result", () => {
    expect(ended.stderr).toContain(`${ROUNDS} of ${ROUNDS}`);
    expect(readdirSync(folder).sort()).toEqual([".local", "race.json"]);
    expect(readdirSync(join(folder, ".local", "race"))).toEqual(["last-seed"]);
  });
});

describe("the command", () => {
  test.each([["--rounds", "0"], ["--rounds", "many"], ["--unknown"]])(
    "refuses %s %s, and starts nothing",
    async (...given) => {
      const { exitCode, stdout } = await race(tmpdir(), ...given.filter((word) => word !== undefined));
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    },
  );
});
