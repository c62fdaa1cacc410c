import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { afterAll, describe, expect, test } from "vitest";
import { streams } from "../../infra/config/streams.ts";
import {
  type DueListSample,
  dueListSample,
  type SampleOptions,
} from "../../infra/local/samples/due-list-sample.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { readRows } from "../../lambdas/domain/due-list.ts";
import { judgeContent, judgeShape } from "../../lambdas/domain/due-row.ts";
import { CONTENT_REASONS, type ExclusionReason } from "../../lambdas/domain/exclusion.ts";
import { planSegments } from "../../lambdas/domain/plan.ts";
import type { StagedRow } from "../../lambdas/domain/records.ts";
import type { Stream } from "../../lambdas/domain/stream.ts";

const SAMPLES = fileURLToPath(new URL("../../infra/local/samples/", import.meta.url));
const COMMITTED = join(SAMPLES, "au-cba-2026-03-02");
const stream = streams.find(({ name }) => name === "au-cba") as Stream;
const defaults: SampleOptions = {
  rows: 1000,
  seed: 1,
  stream: "au-cba",
  date: calendarDate("2026-03-02"),
  badShare: 0.004,
  merchants: 5,
};

const folder = mkdtempSync(join(tmpdir(), "debit-once-sample-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(SAMPLES, "sample.ts"), ...args], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const bytesOf = (sample: DueListSample) => Buffer.from(sample.records.join(""));

/** What a batch without a ledger makes of a list. */
function billed(bytes: Uint8Array, date = defaults.date) {
  const refused = new Map(
    planSegments(bytes, stream, date)
      .segments.flatMap((segment) => segment.refusals)
      .map(({ line, reason }) => [line, reason]),
  );
  const excluded: ExclusionReason[] = [];
  const staged: Omit<StagedRow, "line">[] = [];
  for (const { line, fields } of readRows(bytes, { header: true })) {
    const judged = judgeShape(fields) ? undefined : judgeContent(fields, stream, date);
    const reason = refused.get(line) ?? (judged === undefined ? "malformed-row" : undefined);
    if (reason) excluded.push(reason);
    else if (judged && "reason" in judged) excluded.push(judged.reason);
    else if (judged && judged.row.attempt > 1) excluded.push("no-proven-dishonour");
    else if (judged) staged.push(judged.row);
  }
  return { excluded, staged };
}

function expectedReasons(sample: DueListSample): ExclusionReason[] {
  return sample.bad
    .flatMap(({ kind, excluded }) => Array.from({ length: excluded }, () => kind.reason))
    .sort();
}

describe("a sample", () => {
  test.each([
    ["the committed one's options", { badShare: 0.021 }],
    ["4,000 rows", { rows: 4000 }],
    ["another seed and many merchants", { seed: 7, merchants: 60, badShare: 0.3 }],
    ["a Friday", { date: calendarDate("2026-07-31"), badShare: 0.05 }],
  ])("of %s is excluded exactly where it says, and staged everywhere else", (_, changes) => {
    const options = { ...defaults, ...changes };
    const sample = dueListSample(options);
    const { excluded, staged } = billed(bytesOf(sample), options.date);
    expect(excluded.sort()).toEqual(expectedReasons(sample));
    expect(excluded).toHaveLength(Math.round(options.rows * options.badShare));
    expect(staged).toHaveLength(options.rows - excluded.length);
  });

  test("has the figures that another parser and bigints find in it", () => {
    const sample = dueListSample({ ...defaults, rows: 3000, badShare: 0.02 });
    const settings = { from_line: 2, relax_column_count: true };
    const rows: string[][] = parse(bytesOf(sample), settings);
    const counted = rows.filter((row) => row.length === 10 && /^[0-9]{1,15}$/.test(row[9] as string));
    expect([rows.length, counted.length < rows.length]).toEqual([3000, true]);
    expect(sample.count).toBe(3000);
    expect(BigInt(sample.totalCents)).toBe(counted.reduce((sum, row) => sum + BigInt(row[9] as string), 0n));
  });

  test("holds what makes real lists hard", () => {
    const csv = bytesOf(dueListSample(defaults)).toString();
    const { staged } = billed(Buffer.from(csv));
    expect(csv).toMatch(/,"[^"]*""[^"]*"",?"?,/);
    expect(csv).toMatch(/,"[A-ZÀ-ỹ]+, [^"]*",/);
    expect(csv).toMatch(/O['’]Brien|O'BRIEN/);
    expect(csv).toContain("Zoë");
    expect(csv).toMatch(/,\d{3}-\d{3},/);
    expect(csv).toMatch(/,\d{6},0\d+,/);
    expect(staged.some(({ accountNumber }) => accountNumber.includes("-"))).toBe(true);
    expect(csv).toMatch(/,[^",]{33,},\d+\n/);
    expect(new Set(staged.map(({ merchantId }) => merchantId)).size).toBe(5);
    expect(new Set(staged.map(({ dueDate }) => dueDate)).size).toBeGreaterThan(5);
  });

  test("raises no suspicion: no bank account pays one merchant one amount under two mandates", () => {
    const { staged } = billed(bytesOf(dueListSample({ ...defaults, rows: 6000 })));
    const payers = staged.map((row) => `${row.bsb} ${row.accountNumber} ${row.merchantId}`);
    const debits = staged.map(({ cents }, index) => `${payers[index]} ${cents}`);
    expect(new Set(debits).size).toBe(staged.length);
    expect(new Set(payers).size).toBeLessThan(staged.length);
  });

  test("stays below the tolerated share of content exclusions with the default share", () => {
    const { bad } = dueListSample({ ...defaults, rows: 6000 });
    const content = bad.filter(({ kind }) => CONTENT_REASONS.some((reason) => reason === kind.reason));
    const rows = content.reduce((sum, { excluded }) => sum + excluded, 0);
    expect(rows).toBeGreaterThan(10);
    expect(rows / 6000).toBeLessThan(stream.toleratedExcludedShare);
  });

  test("is the same for the same options, and another for each other seed, stream and date", () => {
    const variants: Partial<SampleOptions>[] = [
      {},
      { seed: 2 },
      { stream: "au-wbc" },
      { date: calendarDate("2026-03-03") },
      { merchants: 6 },
    ];
    const texts = variants.map((changes) => {
      const options = { ...defaults, rows: 60, ...changes };
      expect(dueListSample(options)).toEqual(dueListSample(options));
      return dueListSample(options).records.join("");
    });
    expect(new Set(texts).size).toBe(variants.length);
  });

  test("shares no mandate with the next day, and mandates with their payers with the next month", () => {
    const staged = (date: string) => {
      const options = { ...defaults, badShare: 0, date: calendarDate(date) };
      return billed(bytesOf(dueListSample(options)), options.date).staged;
    };
    const ids = (rows: ReturnType<typeof staged>) => rows.map(({ mandateId }) => mandateId);
    const [march, next, april] = [staged("2026-03-02"), staged("2026-03-03"), staged("2026-04-02")];
    expect(ids(march).filter((id) => ids(next).includes(id))).toEqual([]);
    const signed = (row: Omit<StagedRow, "line">) => ({ ...row, dueDate: "", cents: 0 });
    expect(april.map(signed)).toEqual(march.map(signed));
    expect(april.map(({ cents }) => cents)).not.toEqual(march.map(({ cents }) => cents));
  });

  test.each([
    [0, 0.5, 0],
    [1, 1, 1],
    [4, 1, 4],
    [5, 1, 4],
    [500, 0, 0],
    [500, 1, 400],
  ])("of %i rows with a bad share of %f keeps to its rows", (rows, badShare, least) => {
    const sample = dueListSample({ ...defaults, rows, badShare });
    const { excluded } = billed(bytesOf(sample));
    expect(sample.count).toBe(rows);
    expect(sample.records).toHaveLength(rows + 1);
    expect(excluded.sort()).toEqual(expectedReasons(sample));
    expect(excluded.length).toBeGreaterThanOrEqual(least);
  });
});

describe("npm run sample", () => {
  test("writes the committed sample again, byte by byte, and prints what it wrote", async () => {
    const out = join(folder, "new", "folder");
    const { code, stdout, stderr } = await run("--rows", "1000", "--bad-share", "0.021", "--out", out);
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of ["due.csv", "manifest.json"]) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(COMMITTED, name)))).toBe(true);
    }
    const csv = readFileSync(join(COMMITTED, "due.csv"));
    const manifest = JSON.parse(readFileSync(join(COMMITTED, "manifest.json"), "utf8"));
    const { count, totalCents } = planSegments(csv, stream, defaults.date);
    const sha256 = createHash("sha256").update(csv).digest("hex");
    expect(manifest).toEqual({ count, totalCents, sha256, producedAt: "2026-03-01T18:00:00.000Z" });
    expect(stdout).toContain(`1000 rows, $243,663.81, SHA-256 ${sha256}`);
    expect(stdout).toMatch(/Rows that end excluded: 21\n +1 {2}bad-bsb +bsb-without-its-zero\n/);
  });

  test("explains itself and writes nothing with --help", async () => {
    const { code, stdout } = await run("--help");
    expect(code).toBe(0);
    for (const option of ["out", "rows", "seed", "stream", "date", "bad-share", "merchants", "help"]) {
      expect(stdout).toContain(`--${option}`);
    }
  });

  test("exits 2 with a sentence for an unknown option or a bad value", async () => {
    const out = ["--out", join(folder, "never")];
    const wrong = [
      ["--row", "10", ...out],
      ["extra", ...out],
      ["--rows", "10"],
      ["--rows=-1", ...out],
      ["--rows", "10000000", ...out],
      ["--seed", "1e3", ...out],
      ["--stream", "AU", ...out],
      ["--date", "2026-02-30", ...out],
      ["--bad-share", "1.1", ...out],
      ["--merchants", "0", ...out],
    ];
    const results = await Promise.all(wrong.map((args) => run(...args)));
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^[^\n]+\. Try --help\.\n$/);
    }
    expect(() => readFileSync(join(folder, "never", "due.csv"))).toThrow("ENOENT");
  });

  test("exits 1 with a sentence where it cannot write", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const { code, stderr } = await run("--rows", "1", "--out", file);
    expect([code, stderr.startsWith("The sample was not written: ")]).toEqual([1, true]);
  });
});
