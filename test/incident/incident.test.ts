import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import { nextSteps } from "../../infra/ops/next-steps.ts";
import type { BatchList } from "../simulation/workload.ts";
import { LAYERS } from "../mutants/layers-off.ts";
import { A, B, PAYERS, STREAM } from "./day.ts";
import { OUT } from "./guards.ts";
import type { BareDay, Day, Replays } from "./replays.ts";
import { introduction, isAsTold, pagesAbout, story, timesText } from "./story.ts";
import { clock } from "./timeline.ts";

/** Everything that `npm run demo:incident` tells, and that it would tell another story with one guard back. */

let days: Replays;
let again: Omit<Replays, "back">;
let bare: readonly BareDay[];
let text: string;
beforeAll(async () => {
  // A thread of its own: the test runner would load the changed modules instead of Node.
  const worker = new Worker(new URL("./replays-worker.ts", import.meta.url), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  [{ days, again, bare }] = (await once(worker, "message")) as [
    { days: Replays; again: Omit<Replays, "back">; bare: readonly BareDay[] },
  ];
  await worker.terminate();
  text = introduction() + story(days);
});

const timesOf = ({ debited }: Pick<Day, "debited">, of: "A" | "B") =>
  debited.flatMap(({ batch, times }) => (batch === of ? [times] : []));
const filesOf = ({ files }: Pick<Day, "files">) => files.map(({ batch, count }) => `${batch} ${count}`);
const rings = ({ rung }: Day) =>
  rung.map(({ at, topic, alarm, of }) => [clock(at), topic, alarm, ...of].join(" "));

describe("with its guards out, the day of the incident", () => {
  test("debits batch A's payers two to four times by one bank file, and nothing rings about A", () => {
    const day = days.out["one-file"];
    expect(timesOf(day, "A")).toEqual([2, 2, 3, 3, 4, 4]);
    expect(timesOf(day, "B")).toEqual([1, 1]);
    expect(filesOf(day)).toEqual(["A 18", "B 2"]);
    expect(day.claimed).toEqual({ A: { count: 6, cents: 22_500 }, B: { count: 2, cents: 11_500 } });
    expect(rings(day)).toEqual([
      "07:21:00 page ExecutionFailed B1 B2",
      "07:21:00 page SubmissionUnknown B1 B2",
      "07:21:00 ticket StepFailed B1 B2",
      "07:27:00 page ExecutionFailed B1",
    ]);
  });

  test("debits them twice by two bank files, of which each is right, and nothing rings about A either", () => {
    const day = days.out["two-files"];
    expect(timesOf(day, "A")).toEqual([2, 2, 2, 2, 2, 2]);
    expect(timesOf(day, "B")).toEqual([1, 1]);
    expect(filesOf(day)).toEqual(["A 6", "A 6", "B 2"]);
    expect(
      day.moments.filter(({ what }) => what === "judged").every((one) => "failed" in one && one.failed === 0),
    ).toBe(true);
    expect(rings(day)).toEqual(rings(days.out["one-file"]));
  });

  test("misses every guard that is out", () => {
    expect(days.out["one-file"].missed).toEqual(OUT["one-file"]);
    expect(days.out["two-files"].missed).toEqual(OUT["two-files"]);
  });

  test("has the same batch B in both variants: instance 2 collides on its file", () => {
    const batchB = ({ moments }: Day) =>
      moments.flatMap(({ at, batch, ...moment }) => (batch === "B" ? [[clock(at), moment]] : []));
    expect(batchB(days.out["two-files"])).toEqual(batchB(days.out["one-file"]));
    const stopped = { instance: 2, what: "stopped", state: "SubmitBankFile", error: "SubmissionUnknown" };
    expect(batchB(days.out["one-file"])).toContainEqual(["07:20:03", stopped]);
  });
});

describe("as built, the day of the incident", () => {
  test("debits everybody once, although the same goes wrong", () => {
    expect([timesOf(days.built, "A"), timesOf(days.built, "B")]).toEqual([
      [1, 1, 1, 1, 1, 1],
      [1, 1],
    ]);
    expect(filesOf(days.built)).toEqual(["A 6", "B 2"]);
    expect(days.built.missed).toEqual([]);
    const threw = days.built.moments.filter(({ what }) => what === "lock threw");
    expect(threw).toMatchObject([
      { batch: "A", instance: 2, tries: 6, wentOn: false },
      { batch: "B", instance: 2, tries: 6, wentOn: false },
    ]);
  });

  test("pages at once about the instance that got no lock", () => {
    expect(rings(days.built)).toEqual([
      "07:01:00 page ExecutionFailed A2",
      "07:01:00 ticket StepFailed A2",
      "07:21:00 page ExecutionFailed B1 B2",
      "07:21:00 page SubmissionUnknown B1",
      "07:27:00 page ExecutionFailed B1",
    ]);
  });
});

test("with one guard back, each by itself, the numbers are others", () => {
  const changed = days.back.map(({ variant, guard, day }) => [
    variant,
    guard,
    timesOf(day, "A").join(" "),
    timesOf(day, "B").join(" "),
    pagesAbout(day, "A")
      .map(({ at, alarm }) => `${clock(at).slice(0, 5)} ${alarm}`)
      .join(", "),
  ]);
  expect(changed).toEqual([
    // The first instance's own lost answers still repeat what it stages.
    ["one-file", "fail-closed", "1 1 1 1 2 2", "1 1", "07:01 ExecutionFailed"],
    ["one-file", "fence", "1 1 1 1 2 2", "1 1", "07:01 ExecutionFailed"],
    ["one-file", "segment", "1 1 1 1 1 1", "1 1", ""],
    ["one-file", "plan", "0 0 0 0 0 0", "0 0", "07:01 ExecutionFailed"],
    ["one-file", "gate", "0 0 0 0 0 0", "0 0", "07:01 ExecutionFailed, 07:01 GateFailed"],
    // Too late for the file, but nine hours before the bank's cut-off.
    ["one-file", "sum", "2 2 3 3 4 4", "0 0", "07:01 ExecutionFailed"],
    ["two-files", "fail-closed", "1 1 1 1 1 1", "1 1", "07:01 ExecutionFailed"],
    ["two-files", "fence", "1 1 1 1 1 1", "1 1", "07:01 ExecutionFailed"],
    ["two-files", "first-write", "1 1 1 1 1 1", "1 1", ""],
    ["two-files", "second-write", "1 1 1 1 1 1", "1 1", "07:01 ExecutionFailed, 07:01 SubmissionUnknown"],
    ["two-files", "key", "1 1 1 1 1 1", "1 1", ""],
    ["two-files", "settled", "1 1 1 1 1 1", "1 1", ""],
  ]);
  // A guard that is back is not missed.
  expect(days.back.filter(({ guard, day }) => day.missed.includes(guard))).toEqual([]);
});

/** Layers and guards that no call asks for on a bare day: nothing is left in doubt on it, resolved, abandoned or taken over. */
const UNMET = [
  "version",
  "takeover",
  "release",
  "bytes",
  "deadline",
  "void",
  "second-look",
  "statement",
  "flag",
  "settled",
  "sum",
];

describe("with every other layer out", () => {
  test("each of the incident's own slips debits everybody of batch A four to eight times", () => {
    expect(bare.map(({ slip, ran, slipped }) => [slip, ran, timesOf(slipped, "A").join(" ")])).toEqual([
      ["lock-any-error-is-success", true, "4 4 7 7 8 8"],
      ["lock-all-but-refused-is-success", true, "4 4 7 7 8 8"],
      ["lock-time-out-is-success", true, "4 4 7 7 8 8"],
      ["lock-unknown-thing-is-success", true, "4 4 7 7 8 8"],
      ["lock-invented-fence", true, "4 4 7 7 8 8"],
    ]);
  });

  test("half of what is out is missed that day, and this is what the day never comes to", () => {
    const layers = LAYERS.map(({ id }) => id).filter((id) => id !== "fail-closed");
    for (const { slip, out, met } of bare) {
      expect([slip, out]).toEqual([slip, [...layers, "segment", "plan", "key", "sum"]]);
      expect([slip, out.filter((id) => !met.includes(id))]).toEqual([slip, UNMET]);
    }
  });

  test("that an error is no lock keeps the second instance from batch A's bank file, alone", () => {
    // The first instance's own lost answers still repeat what it stages.
    expect(bare.map(({ held }) => timesOf(held, "A").join(" "))).toEqual(
      Array.from({ length: 5 }, () => "1 1 1 1 2 2"),
    );
    expect(bare.map(({ held }) => filesOf(held)[0])).toEqual(Array.from({ length: 5 }, () => "A 8"));
  });
});

test("a batch that A's lock keeps waiting is missing by the time at which the stream expects one", () => {
  const stopped = days.back.filter(({ day }) => timesOf(day, "B").every((times) => times === 0));
  expect(stopped.map(({ guard }) => guard)).toEqual(["plan", "gate", "sum"]);
  for (const { day } of stopped) expect(rings(day)).toContain("15:01:00 page BatchMissing");
});

describe("the printed text", () => {
  test("has each payer's debits, and what they come to, as the bank's inbox has them", () => {
    const rows = [...text.matchAll(/^ {2}payer (\d+) .*$/gm)].map(([row]) => row.trim().split(/\s{2,}/));
    const cents = (amount: number) => `$${(amount / 100).toFixed(2)}`;
    const columns = [days.out["one-file"], days.out["two-files"], days.built];
    const expected = PAYERS.filter(({ batch }) => batch === "A").map(({ number, cents: owes }) => [
      `payer ${number}`,
      cents(owes),
      ...columns.flatMap(({ debited }) => [`${debited[number - 1]?.times} x`, cents(owes)]),
    ]);
    expect(rows).toEqual(expected);
    expect(text).toMatch(
      /batch A, 6 instalments .*\$225\.00 +18 = \$715\.00 +12 = \$450\.00 +6 = \$225\.00\n/,
    );
    expect(text).toMatch(/bank files of A +1 +2 +1\n/);
  });

  test("tells other numbers where others were counted", () => {
    const { debited } = days.built;
    const wrong = { ...days.built, debited: debited.map((payer) => ({ ...payer, times: 7, cents: 7 })) };
    const told = story({ ...days, built: wrong });
    expect(told).toMatch(/payer 1 .* 7 x {2}\$25\.00\n/);
    expect(told).toMatch(/has forgotten A: ledger 6 debits, \$225\.00; bank 42 debits, \$0\.42/);
    expect(told).toContain("as built, 7 times");
    expect([isAsTold(days), isAsTold({ ...days, built: wrong })]).toEqual([true, false]);
    const { back, out } = days;
    const rung = [{ alarm: "GateFailed", topic: "page", at: 0, of: ["A1"] }] as const;
    const heard = { ...days, out: { ...out, "two-files": { ...out["two-files"], rung } } };
    expect(isAsTold(heard)).toBe(false);
    expect(story(heard)).toContain("somebody is called about A too");
    const useless = { ...days, back: [{ ...back[0], day: days.out["one-file"] }] } as Replays;
    expect(isAsTold(useless)).toBe(false);
  });

  test("names for every guard what is debited with it back, and what pages", () => {
    for (const { day } of days.back) expect(text).toContain(timesText(day));
    expect(text).toMatch(/^ {2}1 the gate: .+ not at all {4}07:01 GateFailed$/m);
    expect(text).toMatch(/^ {2}2 only the call that records .+ once {10}07:01 SubmissionUnknown$/m);
    expect([...text.matchAll(/^ {2}[12] \S.* (nobody|07:01 \w+)$/gm)]).toHaveLength(days.back.length);
  });

  test("is the same when the days are run again", () => {
    expect(again).toEqual({ built: days.built, out: days.out });
    expect(introduction() + story({ ...days, ...again })).toBe(text);
  });

  test("fits on a terminal, and holds no bank account and no name", () => {
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(text.split("\n").length).toBeLessThanOrEqual(104);
    for (const { instalment } of PAYERS) {
      expect(text).not.toContain(instalment.account);
      expect(text).not.toContain(instalment.bsb);
    }
    expect(text).not.toMatch(/NGUYEN|Bondi/);
  });

  test("asks for what the app itself advises for each error", () => {
    const commands = [...text.matchAll(/npm run ops -- .+?(?= {3}|, and |$)/gm)].map(([command]) =>
      command.replace(/"[^"]+"/, '"…"'),
    );
    const advised = (error: string, { batchId }: BatchList) => nextSteps(error, batchId, STREAM).commands;
    const [show, redrive] = advised("SubmissionUnknown", B);
    const [abandon] = advised("GateFailed", A).filter((command) => command.includes(" abandon "));
    expect(commands).toEqual([`npm run ops -- show ${A.batchId}`, show, redrive, abandon]);
  });
});
