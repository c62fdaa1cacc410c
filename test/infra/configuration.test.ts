import { STREAM_NAME_RULE } from "../../lambdas/domain/stream-name.ts";
import { describe, expect, test } from "vitest";
import { cbaExample, wbcExample } from "../../infra/config/bank-profiles.ts";
import { checkStreams } from "../../infra/config/check-streams.ts";
import { configuration } from "../../infra/config/configuration.ts";
import { defineStream } from "../../infra/config/define-stream.ts";
import { cronDays, latestStartMinutes } from "../../infra/config/start-times.ts";
import type { BankProfile, Stream } from "../../lambdas/domain/stream.ts";

const plain = defineStream({
  name: "au-one",
  code: "A1",
  bankProfile: cbaExample,
  timeZone: "Australia/Sydney",
  schedule: { time: "07:00", weekdays: [1, 2, 3, 4, 5] },
  cutOff: "16:00",
});

/** The lines of the refusal; none if the streams are accepted. */
function refusal(streams: readonly unknown[], retired: readonly string[] = []): string[] {
  try {
    checkStreams(streams as Stream[], retired);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n");
  }
}

const withProfile = (change: Partial<BankProfile>) => ({ bankProfile: { ...cbaExample, ...change } });
const withSchedule = (change: object) => ({ schedule: { ...plain.schedule, ...change } });
const window = (past: number, ahead: number) => ({ dueWindowDays: { past, ahead } });

/** A change of one field, the field that the refusal names, and the rule that it gives. */
const WRONG: [object, field: string, rule: string][] = [
  [{ name: "au" }, "name", STREAM_NAME_RULE],
  [{ name: "Au-one" }, "name", STREAM_NAME_RULE],
  [{ name: "a".repeat(21) }, "name", STREAM_NAME_RULE],
  [{ name: "12345678" }, "name", STREAM_NAME_RULE],
  ...["", "ABCDE", "AI", "AL", "AO", "AU", "ab"].map((code): [object, string, string] => [
    { code },
    "code",
    "must be 1 to 4 Crockford characters (0-9, A-Z without I, L, O, U)",
  ]),
  ...["Australia/Nowhere", "+10:00", "", "australia/sydney"].map((timeZone): [object, string, string] => [
    { timeZone },
    "timeZone",
    "must be an IANA time zone such as Australia/Sydney",
  ]),
  [withSchedule({ time: "7:00" }), "schedule.time", "must be a local time hh:mm"],
  [withSchedule({ time: "24:00" }), "schedule.time", "must be a local time hh:mm"],
  ...["02:00", "02:59"].map((time): [object, string, string] => [
    withSchedule({ time }),
    "schedule.time",
    "must not lie in 02:00 to 02:59, which the change of clocks skips",
  ]),
  [withSchedule({ weekdays: [] }), "schedule.weekdays", "must name at least one day"],
  [withSchedule({ weekdays: [1, 1] }), "schedule.weekdays", "must name each day once"],
  [withSchedule({ weekdays: [0] }), "schedule.weekdays.0", "must be 1 or more"],
  [withSchedule({ weekdays: [8] }), "schedule.weekdays.0", "must be 7 or less"],
  [{ cutOff: "4pm" }, "cutOff", "must be a local time hh:mm"],
  [{ cutOff: "07:00" }, "cutOff", "must be later than the schedule's time"],
  [{ cutOff: "06:59" }, "cutOff", "must be later than the schedule's time"],
  [{ expectedBy: "3pm" }, "expectedBy", "must be a local time hh:mm"],
  ...["07:00", "16:01"].map((expectedBy): [object, string, string] => [
    { expectedBy },
    "expectedBy",
    "must be later than the schedule's time and not later than the cut-off",
  ]),
  [{ maxStartDelayMinutes: 0 }, "maxStartDelayMinutes", "must be 1 or more"],
  [{ maxStartDelayMinutes: 1441 }, "maxStartDelayMinutes", "must be 1440 or less"],
  [window(-1, 0), "dueWindowDays.past", "must be 0 or more"],
  [window(31, -1), "dueWindowDays.ahead", "must be 0 or more"],
  [{ maxDebitCents: 0 }, "maxDebitCents", "must be 1 or more"],
  [{ maxDebitCents: 1.5 }, "maxDebitCents", "must be a whole number"],
  [
    { maxDebitCents: 101, maxFileCents: 100 },
    "maxDebitCents",
    "must not be above maxFileCents, or a debit would fit no file",
  ],
  [{ maxFileDebits: 0 }, "maxFileDebits", "must be 1 or more"],
  [{ maxFileDebits: 999_999 }, "maxFileDebits", "must be 999998 or less"],
  [{ maxFileCents: 10_000_000_000 }, "maxFileCents", "must be 9999999999 or less"],
  [{ maxBatchCents: 0 }, "maxBatchCents", "must be 1 or more"],
  [{ maxBatchCents: 2 ** 53 }, "maxBatchCents", "must be a whole number"],
  [{ toleratedExcludedShare: -0.01 }, "toleratedExcludedShare", "must be 0 to 1"],
  [{ toleratedExcludedShare: 1.01 }, "toleratedExcludedShare", "must be 0 to 1"],
  [{ minDaysBetweenInstalments: -1 }, "minDaysBetweenInstalments", "must be 0 or more"],
  [{ growthFactor: 0.9 }, "growthFactor", "must be 1 or more"],
  [{ segmentRows: 0 }, "segmentRows", "must be 1 or more"],
  [{ concurrency: 0 }, "concurrency", "must be 1 or more"],
  [{ concurrency: 1001 }, "concurrency", "must be 1000 or less"],
  [{ remitterNames: { "m-1": "" } }, "remitterNames.m-1", "must be 1 to 16 characters, not all blank"],
  [{ remitterNames: { "m-1": "   " } }, "remitterNames.m-1", "must be 1 to 16 characters, not all blank"],
  [
    { remitterNames: { "m-1": "A".repeat(17) } },
    "remitterNames.m-1",
    "must be 1 to 16 characters, not all blank",
  ],
  [{ remitterNames: { "m-1": "Café" } }, "remitterNames.m-1", "must hold BECS characters only"],
  [
    { remitterNames: { "m 1": "GYM" } },
    "remitterNames.m 1",
    "must be a merchant id of 1 to 64 of A-Z, a-z, 0-9 and . _ -",
  ],
  [{ toleratedShare: 0.5 }, "toleratedShare", "is not a field that a stream has"],
  [
    withProfile({ mnemonic: "CB" }),
    "bankProfile.mnemonic",
    "must be the three characters that stand for the bank, such as CBA",
  ],
  [withProfile({ userId: "12345" }), "bankProfile.userId", "must be six digits"],
  [withProfile({ userId: "12345a" }), "bankProfile.userId", "must be six digits"],
  [
    withProfile({ userName: "A".repeat(27) }),
    "bankProfile.userName",
    "must be 1 to 26 characters, not all blank",
  ],
  [withProfile({ userName: "Zoë" }), "bankProfile.userName", "must hold BECS characters only"],
  [withProfile({ traceBsb: "062000" }), "bankProfile.traceBsb", "must be a BSB of the form nnn-nnn"],
  ...["", "1234567890", "0000", "12 34"].map((traceAccount): [object, string, string] => [
    withProfile({ traceAccount }),
    "bankProfile.traceAccount",
    "must be 1 to 9 digits or hyphens, not all zero",
  ]),
  [withProfile({ maxAheadDays: -1 }), "bankProfile.maxAheadDays", "must be 0 or more"],
];

describe("a stream", () => {
  test("that keeps every rule is accepted as it is", () => {
    expect(checkStreams([plain], [])).toEqual([plain]);
  });

  test.each(WRONG)("with %j is refused for its %s", (change, field, rule) => {
    expect(refusal([{ ...plain, ...change }])).toContain(
      `stream ${Object(change).name ?? "au-one"}: ${field}: ${rule}`,
    );
  });

  test("may stand at the edge of each rule", () => {
    const edge = {
      ...plain,
      name: "a-9",
      code: "0HJZ",
      schedule: { time: "01:59", weekdays: [7] },
      cutOff: "02:00",
      expectedBy: "02:00",
      maxDebitCents: 9_999_999_999,
      maxBatchCents: Number.MAX_SAFE_INTEGER,
      ...window(0, 0),
      toleratedExcludedShare: 1,
      minDaysBetweenInstalments: 0,
      growthFactor: 1,
      segmentRows: 1,
      concurrency: 1,
      remitterNames: { m: "^_[]',?;:=#/.*()" },
      ...withProfile({ mnemonic: "T&C", traceAccount: "1-2345678", maxAheadDays: 0 }),
    };
    expect(refusal([edge])).toEqual([]);
  });

  test("is missing no field in silence", () => {
    for (const field of Object.keys(plain).filter((name) => name !== "name")) {
      const { [field as keyof Stream]: _gone, ...rest } = plain;
      expect(refusal([rest]).join("\n"), field).toContain(`stream au-one: ${field}: `);
    }
  });

  test("that is wrong in several fields is told all of them at once", () => {
    expect(refusal([{ ...plain, code: "I", segmentRows: 0 }])).toHaveLength(2);
  });

  test("has the defaults of the design, and its own values before them", () => {
    expect(plain).toMatchObject({
      maxStartDelayMinutes: 120,
      dueWindowDays: { past: 31, ahead: 0 },
      maxDebitCents: 2_000_000,
      maxFileDebits: 999_998,
      maxFileCents: 9_999_999_999,
      maxBatchCents: 10_000_000_000,
      toleratedExcludedShare: 0.05,
      minDaysBetweenInstalments: 5,
      growthFactor: 3,
      segmentRows: 1000,
      remitterNames: {},
    });
    expect(defineStream({ ...plain, growthFactor: 2 }).growthFactor).toBe(2);
  });

  test("has its batch closed an hour before the cut-off, or by the cut-off where the schedule is nearer", () => {
    const { expectedBy: _gone, ...own } = plain;
    const expectedBy = (time: string, cutOff: string) =>
      defineStream({ ...own, schedule: { ...own.schedule, time }, cutOff }).expectedBy;
    expect(plain.expectedBy).toBe("15:00");
    expect(expectedBy("07:00", "09:05")).toBe("08:05");
    expect(expectedBy("07:00", "08:01")).toBe("07:01");
    expect(expectedBy("07:00", "08:00")).toBe("08:00");
    expect(expectedBy("00:05", "00:30")).toBe("00:30");
    expect(expectedBy("00:00", "01:00")).toBe("01:00");
    expect(defineStream({ ...plain, expectedBy: "12:00" }).expectedBy).toBe("12:00");
    expect(refusal([defineStream({ ...own, cutOff: "soon" })])).toContain(
      "stream au-one: cutOff: must be a local time hh:mm",
    );
  });
});

describe("a stream's start", () => {
  test("is due on the days of its schedule, Monday first", () => {
    expect(cronDays({ ...plain, ...withSchedule({ weekdays: [1, 4, 7] }) })).toBe("MON,THU,SUN");
  });

  test("makes sense up to the stream's own limit, or to its cut-off if that comes first", () => {
    expect(latestStartMinutes(plain)).toBe(120);
    expect(latestStartMinutes({ ...plain, cutOff: "08:15" })).toBe(75);
    expect(latestStartMinutes({ ...plain, maxStartDelayMinutes: 600 })).toBe(540);
  });
});

describe("several streams", () => {
  const other = { ...plain, name: "au-two", code: "B2", bankProfile: wbcExample };

  test("live side by side, also under one bank profile", () => {
    expect(refusal([plain, other, { ...other, name: "au-three", code: "B3" }], ["C4"])).toEqual([]);
  });

  test("never share a name", () => {
    expect(refusal([plain, { ...other, name: "au-one" }])).toEqual([
      "stream au-one: name: must not be the name of another stream",
    ]);
  });

  test.each(["A1", "A10", "A100"])("never open a reference or description alike: A1 and %s", (code) => {
    expect(refusal([plain, { ...other, code }])).toEqual([
      "stream au-two: code: must not open references as the code of stream au-one does",
    ]);
  });

  test.each(["B2", "B20"])("never get a retired code again: %s", (retired) => {
    expect(refusal([plain, other], [retired])).toEqual([
      "stream au-two: code: must not be a retired code: returns of the stream that had it may still come",
    ]);
  });
});

describe("the configuration", () => {
  test("has the two example streams in both stages", () => {
    for (const stage of ["dev", "prod"] as const) {
      const { streams, epoch } = configuration(stage);
      expect(epoch).toBe(1);
      expect(Object.keys(streams)).toEqual(["au-cba", "au-wbc"]);
      for (const stream of Object.values(streams)) {
        expect(stream).toMatchObject({
          timeZone: "Australia/Sydney",
          schedule: { time: "07:00", weekdays: [1, 2, 3, 4, 5] },
          cutOff: "16:00",
        });
      }
      expect(streams["au-cba"]).toMatchObject({
        code: "CB",
        bankProfile: { selfBalancing: true, headerAccount: false, lastLineEnd: true },
      });
      expect(streams["au-wbc"]).toMatchObject({ code: "WB", bankProfile: { selfBalancing: false } });
    }
  });

  test("knows the days on which Sydney's banks are closed, the same in every time zone", () => {
    const { holidays, knownUntil } = configuration("dev").calendar;
    expect(knownUntil).toBe("2028-12-31");
    expect(holidays.filter((day) => day.startsWith("2026"))).toEqual([
      "2026-01-01",
      "2026-01-26",
      "2026-04-03",
      "2026-04-04",
      "2026-04-05",
      "2026-04-06",
      "2026-04-25",
      "2026-04-27",
      "2026-06-08",
      "2026-08-03",
      "2026-10-05",
      "2026-12-25",
      "2026-12-26",
      "2026-12-28",
    ]);
    expect(holidays).toEqual([...new Set(holidays)].toSorted());
    expect(new Set(holidays.map((day) => day.slice(0, 4)))).toEqual(new Set(["2026", "2027", "2028"]));
  });
});
