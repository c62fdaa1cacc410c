import { describe, expect, it } from "vitest";
import {
  type CalendarSpan,
  type DeployFacts,
  type DueStart,
  isAbsent,
  isHeldWhole,
  mayDeploy,
  type StreamFacts,
} from "../../lambdas/domain/may-deploy.ts";
import { AT, MORNING } from "../builders.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (instant: number) => new Date(instant).toISOString();

const OPEN: CalendarSpan = { state: "OPEN", from: MORNING };
const deploying = (id: string, streams = ["a", "b", "c"]) => ({ id, at: AT, by: "ci", streams });
const free = (stream: string): StreamFacts => ({ stream, fence: 0 });
const withBatch = (execution: "running" | "ended" | "unknown", stream = "a"): StreamFacts => ({
  stream,
  fence: 1,
  batch: { id: `${stream}-batch`, execution },
});
const startIn = (ms: number, over: Partial<DueStart> = {}): DueStart => ({
  stream: "a",
  batchId: "a-batch",
  at: MORNING + ms,
  until: MORNING + ms + HOUR,
  ...over,
});

/** The decision where nothing stands against a deployment but what is named. */
function decided(over: Partial<DeployFacts> = {}) {
  const facts: DeployFacts = {
    now: MORNING,
    calendar: [OPEN],
    streams: [free("a"), free("b"), free("c")],
    starts: [],
    billing: "present",
    ...over,
  };
  return mayDeploy(facts);
}
const codes = (over: Partial<DeployFacts>) => decided(over).reasons.map(({ code }) => code);
const UNREADABLE = { unreadable: "AccessDeniedException" };
const OVERRIDE = { id: `override.${"0".repeat(32)}` };
const EXPIRED = { ...OVERRIDE, invalid: "it has expired" };

describe("a deployment may begin", () => {
  it("where the calendar is open, no batch is open or due, and no other deployment is on", () => {
    expect(decided()).toEqual({ allowed: true, firstDeployment: false, reasons: [], nextOpening: null });
  });

  it("whatever the calendar says of later, under an override and for the first time", () => {
    const calendar: CalendarSpan[] = [
      { state: "CLOSED", from: MORNING, until: MORNING + HOUR },
      { state: "OPEN", from: MORNING + HOUR },
    ];
    expect(decided({ calendar, override: OVERRIDE })).toMatchObject({ allowed: true, nextOpening: null });
    expect(decided({ calendar, billing: "absent" })).toMatchObject({ allowed: true, nextOpening: null });
  });

  it("next at the earliest opening, be it the end of a start or of a closure", () => {
    const calendar: CalendarSpan[] = [
      { state: "OPEN", from: MORNING, until: MORNING + 3 * HOUR },
      { state: "CLOSED", from: MORNING + 3 * HOUR, until: MORNING + 5 * HOUR },
      { state: "OPEN", from: MORNING + 5 * HOUR },
    ];
    const { nextOpening } = decided({ calendar, starts: [startIn(10 * MINUTE)] });
    expect(nextOpening).toBe(iso(MORNING + 70 * MINUTE));
  });

  it("where the calendar closes not before the longest deployment is over", () => {
    expect(codes({ calendar: [{ ...OPEN, until: MORNING + HOUR }] })).toEqual([]);
  });

  it("where open spans follow each other without a gap", () => {
    const half = MORNING + HOUR / 2;
    expect(
      codes({
        calendar: [
          { ...OPEN, until: half },
          { state: "OPEN", from: half },
        ],
      }),
    ).toEqual([]);
  });

  it("where its own hold is all that stands there", () => {
    const streams = [{ ...free("a"), deploying: deploying("d-1") }, free("b"), free("c")];
    expect(codes({ streams, deployment: "d-1" })).toEqual([]);
    expect(codes({ streams, deployment: "d-2" })).toEqual(["DeployInProgress"]);
    expect(codes({ streams })).toEqual(["DeployInProgress"]);
  });
});

describe("a deployment is refused", () => {
  it("while the calendar is closed, with the instant at which it opens", () => {
    const calendar: CalendarSpan[] = [
      { state: "CLOSED", from: MORNING, until: MORNING + 3 * HOUR },
      { state: "OPEN", from: MORNING + 3 * HOUR },
    ];
    expect(decided({ calendar })).toEqual({
      allowed: false,
      firstDeployment: false,
      reasons: [
        { code: "CalendarClosed", text: "the change calendar is closed", until: iso(MORNING + 3 * HOUR) },
      ],
      nextOpening: iso(MORNING + 3 * HOUR),
    });
    const forEver = decided({ calendar: [{ state: "CLOSED", from: MORNING }] });
    expect(forEver).toMatchObject({ reasons: [{ code: "CalendarClosed" }], nextOpening: null });
    expect(forEver.reasons[0]).not.toHaveProperty("until");
  });

  it("where the calendar closes before the longest deployment is over", () => {
    const calendar: CalendarSpan[] = [
      { state: "OPEN", from: MORNING, until: MORNING + HOUR - 1 },
      { state: "CLOSED", from: MORNING + HOUR - 1, until: MORNING + 2 * HOUR },
      // Too short for a deployment.
      { state: "OPEN", from: MORNING + 2 * HOUR, until: MORNING + 2.5 * HOUR },
      { state: "CLOSED", from: MORNING + 2.5 * HOUR, until: MORNING + 4 * HOUR },
      { state: "OPEN", from: MORNING + 4 * HOUR, until: MORNING + 5 * HOUR },
    ];
    const { reasons, nextOpening } = decided({ calendar });
    expect(reasons).toEqual([
      {
        code: "CalendarClosed",
        text: `the change calendar closes at ${iso(MORNING + HOUR - 1)}, and a deployment may take 60 minutes`,
        until: iso(MORNING + 2 * HOUR),
      },
    ]);
    expect(nextOpening).toBe(iso(MORNING + 4 * HOUR));
  });

  it("where it is not known what the calendar says for the whole time", () => {
    expect(codes({ calendar: [] })).toEqual(["CalendarClosed"]);
    expect(codes({ calendar: [{ ...OPEN, until: MORNING + 1 }] })).toEqual(["CalendarClosed"]);
    expect(codes({ calendar: [{ state: "OPEN", from: MORNING + 1 }] })).toEqual(["CalendarClosed"]);
  });

  it("where calendar or ledger cannot be read, and it says why", () => {
    const calendar = decided({ calendar: UNREADABLE, starts: [startIn(0)] });
    expect(calendar.reasons.map(({ code }) => code)).toEqual(["CalendarUnreadable", "BatchDue"]);
    expect(calendar.reasons[0]?.text).toBe("the change calendar cannot be read (AccessDeniedException)");
    expect(calendar.nextOpening).toBeNull();
    expect(decided({ streams: UNREADABLE, starts: [startIn(0)] })).toEqual({
      allowed: false,
      firstDeployment: false,
      reasons: [
        {
          code: "LedgerUnreadable",
          text: "the ledger cannot be read (AccessDeniedException), so that nobody knows whether a batch is open",
        },
      ],
      nextOpening: null,
    });
  });

  it.each([
    ["running", "and its execution is running"],
    ["ended", "and its execution has ended: redrive, continue or abandon it, or deploy under an override"],
    ["unknown", "and it cannot be told whether its execution is running"],
  ] as const)("while a batch is open whose execution is %s", (execution, words) => {
    const streams = [free("a"), withBatch(execution, "b")];
    const [reason, ...more] = decided({ streams }).reasons;
    expect(reason).toEqual({ code: "BatchOpen", text: `batch b-batch holds stream b, ${words}` });
    expect(more).toEqual([]);
  });

  it("where a start lies within the longest deployment, or may still come late", () => {
    for (const [ms, isDue] of [
      [-HOUR, false],
      [-HOUR + 1, true],
      [0, true],
      [HOUR, true],
      [HOUR + 1, false],
    ] as const) {
      expect(codes({ starts: [startIn(ms)] }), `${ms} ms from now`).toEqual(isDue ? ["BatchDue"] : []);
    }
    const { reasons, nextOpening } = decided({ starts: [startIn(10 * MINUTE), startIn(25 * HOUR)] });
    expect(reasons).toEqual([
      {
        code: "BatchDue",
        text: `batch a-batch of stream a is due at ${iso(MORNING + 10 * MINUTE)}`,
        until: iso(MORNING + 70 * MINUTE),
      },
    ]);
    expect(nextOpening).toBe(iso(MORNING + 70 * MINUTE));
  });

  it("names a batch that is due and open once, as open", () => {
    expect(codes({ streams: [withBatch("running")], starts: [startIn(0)] })).toEqual(["BatchOpen"]);
  });

  it("tells the next opening as one in which neither calendar nor a later start stands against it", () => {
    const calendar: CalendarSpan[] = [
      { state: "CLOSED", from: MORNING, until: MORNING + HOUR },
      { state: "OPEN", from: MORNING + HOUR },
    ];
    const starts = [startIn(HOUR), startIn(3 * HOUR, { stream: "b", batchId: "b-batch" })];
    expect(decided({ calendar, starts }).nextOpening).toBe(iso(MORNING + 4 * HOUR));
  });

  it("names another deployment once, with whose it is and since when", () => {
    const streams = ["a", "b"].map((name) => ({ ...free(name), deploying: deploying("d-1") }));
    const other = { ...free("c"), deploying: deploying("d-2") };
    expect(decided({ streams: [...streams, other] }).reasons).toEqual([
      { code: "DeployInProgress", text: `deployment d-1 has held stream a since ${AT}` },
      { code: "DeployInProgress", text: `deployment d-2 has held stream c since ${AT}` },
    ]);
  });
});

describe("a valid override", () => {
  const override = OVERRIDE;

  it("lifts a closed or unreadable calendar, a start that is due, and a batch whose execution has ended", () => {
    const calendar: CalendarSpan[] = [{ state: "CLOSED", from: MORNING }];
    const lifted = { streams: [withBatch("ended")], starts: [startIn(0, { batchId: "x" })], override };
    for (const facts of [
      { ...lifted, calendar },
      { ...lifted, calendar: UNREADABLE },
    ]) {
      expect(decided(facts)).toEqual({
        allowed: true,
        firstDeployment: false,
        reasons: [],
        nextOpening: null,
        overrideId: OVERRIDE.id,
      });
    }
  });

  it("lifts neither a batch that may be running, nor another deployment, nor a ledger that cannot be read", () => {
    expect(codes({ streams: [withBatch("running")], override })).toEqual(["BatchOpen"]);
    expect(codes({ streams: [withBatch("unknown")], override })).toEqual(["BatchOpen"]);
    expect(codes({ streams: UNREADABLE, override })).toEqual(["LedgerUnreadable"]);
    const held = { ...free("a"), deploying: deploying("d-1") };
    expect(codes({ streams: [held], override })).toEqual(["DeployInProgress"]);
  });

  it("that does not count lifts nothing, and stands against the deployment by itself", () => {
    const { allowed, reasons, overrideId } = decided({ override: EXPIRED });
    expect({ allowed, reasons, overrideId }).toEqual({
      allowed: false,
      reasons: [{ code: "OverrideInvalid", text: "the override does not count: it has expired" }],
      overrideId: undefined,
    });
    const calendar: CalendarSpan[] = [{ state: "CLOSED", from: MORNING }];
    expect(codes({ override: EXPIRED, calendar, streams: [withBatch("ended")] })).toEqual([
      "OverrideInvalid",
      "BatchOpen",
      "CalendarClosed",
    ]);
  });
});

describe("a first deployment", () => {
  const first = { billing: "absent" } as const;

  it("asks neither calendar nor schedules", () => {
    const timed = { ...first, starts: [startIn(0)] };
    for (const calendar of [UNREADABLE, [{ state: "CLOSED", from: MORNING }] as const]) {
      expect(decided({ ...timed, calendar })).toEqual({
        allowed: true,
        firstDeployment: true,
        reasons: [],
        nextOpening: null,
      });
    }
  });

  it("is none where a batch is open or the ledger cannot be read, and then the calendar counts", () => {
    const calendar = UNREADABLE;
    const open = decided({ ...first, calendar, streams: [withBatch("ended")] });
    expect(open).toMatchObject({ allowed: false, firstDeployment: false });
    expect(open.reasons.map(({ code }) => code)).toEqual(["BatchOpen", "CalendarUnreadable"]);
    const blind = decided({ ...first, calendar, streams: UNREADABLE });
    expect(blind).toMatchObject({ allowed: false, firstDeployment: false });
    expect(codes({ billing: "unknown", calendar })).toEqual(["CalendarUnreadable"]);
  });

  it("waits for another deployment, and is not helped by an override that does not count", () => {
    expect(codes({ ...first, streams: [{ ...free("a"), deploying: deploying("d-1") }] })).toEqual([
      "DeployInProgress",
    ]);
    expect(codes({ ...first, override: EXPIRED })).toEqual(["OverrideInvalid"]);
  });

  it("is one only where the stack positively has nothing that could start a batch", () => {
    for (const status of [undefined, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"]) {
      expect(isAbsent(status), String(status)).toBe(true);
    }
    for (const status of [
      "CREATE_IN_PROGRESS",
      "CREATE_FAILED",
      "CREATE_COMPLETE",
      "ROLLBACK_IN_PROGRESS",
      "ROLLBACK_FAILED",
      "UPDATE_ROLLBACK_COMPLETE",
      "UPDATE_COMPLETE",
      "DELETE_IN_PROGRESS",
      "DELETE_FAILED",
      "",
    ]) {
      expect(isAbsent(status), status).toBe(false);
    }
  });
});

describe("a deployment holds every stream", () => {
  const held = (stream: string, id = "d-1", streams = ["a", "b"]) => ({
    ...free(stream),
    deploying: deploying(id, streams),
  });

  it("where each one that it takes names it", () => {
    expect(isHeldWhole([held("a"), held("b")], "d-1")).toBe(true);
    expect(isHeldWhole([held("a"), free("b")], "d-1")).toBe(false);
    expect(isHeldWhole([held("a"), held("b", "d-2")], "d-1")).toBe(false);
    expect(isHeldWhole([held("a")], "d-1")).toBe(false);
    expect(isHeldWhole([free("a"), free("b")], "d-1")).toBe(false);
    expect(isHeldWhole([], "d-1")).toBe(false);
  });

  it("also where it brings a stream, as long as nothing is on that one", () => {
    const both = [held("a"), held("b")];
    expect(isHeldWhole([...both, free("c")], "d-1")).toBe(true);
    expect(isHeldWhole([...both, withBatch("ended", "c")], "d-1")).toBe(false);
    expect(isHeldWhole([...both, held("c", "d-2", ["c"])], "d-1")).toBe(false);
  });
});
