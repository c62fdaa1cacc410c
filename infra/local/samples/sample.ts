import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { addDays, parseCalendarDate } from "../../../lambdas/domain/calendar-date.ts";
import { dollars } from "../../../lambdas/domain/cents.ts";
import { type DueListSample, dueListSample, type SampleOptions } from "./due-list-sample.ts";

const HELP = `Writes a due list (due.csv, manifest.json) that looks like a billing system's, its mistakes included.
The same options give the same bytes.

npm run sample -- --out <folder> [options]

  --out <folder>     where to write; made if it is not there, files of the same names are replaced
  --rows <n>         data rows, 0 to 9999999 (1000)
  --seed <n>         another list of the same kind (1)
  --stream <name>    the stream that the mandates belong to (au-cba)
  --date <date>      the billing date, yyyy-mm-dd (2026-03-02)
  --bad-share <x>    share of the rows that end excluded, 0 to 1 (0.004)
  --merchants <n>    number of merchants, 1 to 500 (5)
  --help             this text
`;

class WrongUsage extends Error {}

function readOptions(): (SampleOptions & { out: string }) | "help" {
  const text = { type: "string" } as const;
  let values: Partial<
    Record<"out" | "rows" | "seed" | "stream" | "date" | "bad-share" | "merchants", string>
  >;
  try {
    const options = { out: text, rows: text, seed: text, stream: text, date: text, merchants: text };
    const parsed = parseArgs({ options: { ...options, "bad-share": text, help: { type: "boolean" } } });
    if (parsed.values.help) return "help";
    values = parsed.values;
  } catch (error) {
    const [sentence = ""] = (error as Error).message.split("\n");
    throw new WrongUsage(sentence.replace(/\.?$/, "."));
  }
  const date = parseCalendarDate(values.date ?? "2026-03-02");
  const stream = values.stream ?? "au-cba";
  if (!values.out) throw new WrongUsage("--out needs a folder.");
  if (!date) throw new WrongUsage("--date needs a date that exists, as yyyy-mm-dd.");
  if (!/^[a-z0-9-]{3,20}$/.test(stream))
    throw new WrongUsage("--stream needs 3 to 20 of a-z, 0-9 and hyphen.");
  const badShare = values["bad-share"] ?? "0.004";
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(badShare))
    throw new WrongUsage("--bad-share needs a number from 0 to 1.");
  return {
    out: values.out,
    rows: wholeNumber("--rows", values.rows ?? "1000", 0, 9_999_999),
    seed: wholeNumber("--seed", values.seed ?? "1", 0, Number.MAX_SAFE_INTEGER),
    stream,
    date,
    badShare: Number(badShare),
    merchants: wholeNumber("--merchants", values.merchants ?? "5", 1, 500),
  };
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new WrongUsage(`${option} needs a whole number from ${least} to ${most}.`);
}

/** Writes both files and returns the SHA-256 of the CSV. */
function write(folder: string, sample: DueListSample, { date }: SampleOptions): string {
  mkdirSync(folder, { recursive: true });
  const hash = createHash("sha256");
  const file = openSync(join(folder, "due.csv"), "w");
  for (let first = 0; first < sample.records.length; first += 10_000) {
    const bytes = Buffer.from(sample.records.slice(first, first + 10_000).join(""));
    hash.update(bytes);
    writeSync(file, bytes);
  }
  closeSync(file);
  const sha256 = hash.digest("hex");
  // Before dawn in Sydney by the date, not by the clock: the same options, the same bytes.
  const producedAt = `${addDays(date, -1)}T18:00:00.000Z`;
  const manifest = { count: sample.count, totalCents: sample.totalCents, sha256, producedAt };
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return sha256;
}

function main(): void {
  const options = readOptions();
  if (options === "help") return console.log(HELP.trimEnd());
  const sample = dueListSample(options);
  const sha256 = write(options.out, sample, options);
  const excluded = sample.bad.reduce((sum, kind) => sum + kind.excluded, 0);
  console.log(`Wrote ${join(options.out, "due.csv")} and ${join(options.out, "manifest.json")}.`);
  console.log(`${sample.count} rows, ${dollars(sample.totalCents)}, SHA-256 ${sha256}`);
  console.log(`Stream ${options.stream}, billing date ${options.date}, seed ${options.seed}.`);
  console.log(excluded === 0 ? "No bad rows." : `Rows that end excluded: ${excluded}`);
  for (const { kind, excluded } of sample.bad) {
    console.log(`  ${String(excluded).padStart(5)}  ${kind.reason.padEnd(20)} ${kind.name}`);
  }
}

try {
  main();
} catch (error) {
  const wrong = error instanceof WrongUsage;
  const problem = (error as Error).message;
  console.error(wrong ? `${problem} Try --help.` : `The sample was not written: ${problem}`);
  process.exitCode = wrong ? 2 : 1;
}
