import { beforeEach, describe, expect, it } from "vitest";
import { addDays } from "../../lambdas/domain/calendar-date.ts";
import type { Exclusion } from "../../lambdas/domain/exclusion.ts";
import type { Claim, SegmentItem } from "../../lambdas/domain/records.ts";
import { batchItem, BILLING_DATE, claim, configuration, segmentItem, stream } from "../builders.ts";
import { ClaimLayers } from "./claim-layers.ts";
import type { Caller, SimulationEvent } from "./events.ts";
import { Picture } from "./picture.ts";
import type { BatchList, DueRow } from "./workload.ts";

const ID = "au-cba-2026-10-06-01";
const OTHER = "au-cba-2026-10-06-02";
const STAGER: Caller = { id: "p1", name: "StageSegment", event: {} };
const NEXT_DAY = addDays(BILLING_DATE, 1);

let picture: Picture;
let layers: ClaimLayers;
/** Claims that can no longer become a debit, by their batch. */
let released: Set<string>;

function row(line: number, over: Partial<DueRow> = {}, dueDate = BILLING_DATE): DueRow {
  const instalment = { stream: "au-cba", mandateId: "m-1", dueDate, bsb: "083-170", account: "1" };
  return { line, instalment, attempt: 1, cents: 100, title: "A", remitters: ["B"], ...over };
}

/** Line 2 owes the second attempt, line 3 is spoilt, line 4 is due a day later, and line 5 a week later. */
const ROWS = [
  row(1),
  row(2, { attempt: 2 }),
  row(3, { reason: "bad-bsb" }),
  row(4, {}, NEXT_DAY),
  row(5, {}, addDays(BILLING_DATE, 7)),
];
const LISTS = [ID, OTHER].map(
  (batchId) => ({ batchId, stream: "au-cba", rows: ROWS }) as unknown as BatchList,
);

beforeEach(() => {
  released = new Set();
  picture = new Picture();
  const listOf = (id: string) => LISTS.find(({ batchId }) => batchId === id);
  const held = (one: Claim) => (released.has(one.batchId) ? undefined : "it is held");
  layers = new ClaimLayers(picture, { listOf, configuration: configuration(stream()) }, held);
  effect("writeBatch", [batchItem()]);
  effect("writeBatch", [batchItem({ id: OTHER, number: 2 })]);
});

/** Tells one event, and returns what it breaks. */
function see(event: SimulationEvent): string[] {
  const broken = layers.see(event);
  picture.see(event);
  return [...new Set(broken.map(({ invariant }) => invariant))];
}

function effect(method: string, args: readonly unknown[], over: object = {}): string[] {
  const port = method === "create" ? "objects" : "ledger";
  return see({ type: "effect", at: 0, caller: STAGER, port, method, args, unheard: false, ...over });
}

const claimed = (over: Partial<Claim> = {}, more: object = {}) =>
  effect("writeClaim", [claim({ batchId: ID, ...over }), undefined], more);

/** Stores the first segment, with the exclusions that it names. */
function staged(
  lines: readonly number[],
  over: Partial<SegmentItem> = {},
  exclusions: object[] = [],
): string[] {
  const item = segmentItem(ID, lines, { rows: 5, ...over });
  const bytes = Buffer.from(exclusions.map((one) => `${JSON.stringify(one)}\n`).join(""), "utf8");
  effect("create", ["work", item.exclusionsKey, bytes]);
  return effect("createSegment", [item]);
}

function misread(caller = STAGER): void {
  see({ type: "fault", at: 0, caller, kind: "corrupt", label: "objects.read.due" });
}

describe("claims-due", () => {
  it("lets a row be claimed under its own names", () => {
    expect(claimed()).toEqual([]);
    expect(claimed({ line: 5, dueDate: addDays(BILLING_DATE, 7) })).toEqual([]);
  });

  it.each([
    ["another mandate", { mandateId: "m-2" }],
    ["another due date", { dueDate: NEXT_DAY }],
    ["another attempt", { line: 2 }],
    ["another amount", { cents: 101 }],
    ["a row that its list speaks against", { line: 3 }],
    ["a line that the list has not", { line: 6 }],
  ])("lets nobody claim %s", (_, over) => {
    expect(claimed(over)).toEqual(["claims-due"]);
  });

  it("wants a debit before an attempt above the first", () => {
    expect(claimed({ line: 2, attempt: 2 })).toEqual(["claims-due"]);
    claimed({ batchId: OTHER });
    expect(claimed({ line: 2, attempt: 2 })).toEqual([]);
    released.add(OTHER);
    expect(claimed({ line: 2, attempt: 2 })).toEqual(["claims-due"]);
  });

  it("leaves to the gate what a call claims that has read other bytes, and sees nothing in a refused write", () => {
    expect(claimed({ cents: 101 }, { error: new Error("no") })).toEqual([]);
    misread();
    expect(claimed({ cents: 101 })).toEqual([]);
    expect(claimed({ cents: 101 }, { caller: { ...STAGER, id: "p2" } })).toEqual(["claims-due"]);
  });
});

describe("claims-spaced", () => {
  const near = { line: 4, dueDate: NEXT_DAY };

  it("lets no two instalments of a mandate be claimed too near each other", () => {
    claimed({ batchId: OTHER });
    expect(claimed(near)).toEqual(["claims-spaced"]);
    expect(claimed({ line: 5, dueDate: addDays(BILLING_DATE, 7) })).toEqual([]);
  });

  it("minds neither a released neighbour, nor what a batch claims that is over, nor another attempt", () => {
    claimed({ batchId: OTHER });
    expect(claimed({ line: 2, attempt: 2 })).toEqual([]);
    released.add(OTHER);
    released.add(ID);
    expect(claimed(near)).toEqual([]);
    released.clear();
    effect("writeBatch", [batchItem({ version: 2, state: "ABANDONED" })]);
    expect(claimed(near)).toEqual([]);
  });

  it("minds no neighbour that was claimed by a call which has read other bytes", () => {
    misread({ ...STAGER, id: "p2" });
    claimed({ batchId: OTHER }, { caller: { ...STAGER, id: "p2" } });
    expect(claimed(near)).toEqual([]);
  });
});

describe("claims-staged", () => {
  it("wants every staged row claimed for its own line, and every claimed one staged", () => {
    claimed();
    expect(staged([1])).toEqual([]);
    expect(staged([1, 5])).toEqual(["claims-staged"]);
    expect(staged([])).toEqual(["claims-staged"]);
  });

  it("wants a claim of the batch itself, and for that line", () => {
    claimed({ batchId: OTHER });
    expect(staged([1])).toEqual(["claims-staged"]);
    claimed();
    expect(staged([2])).toEqual(["claims-staged"]);
  });

  it("says nothing of a batch that is over: others may have its claims", () => {
    effect("writeBatch", [batchItem({ version: 2, state: "ABANDONED" })]);
    expect(staged([1])).toEqual([]);
  });

  it("leaves to the gate what was claimed or left out by a call that has read other bytes", () => {
    const other = { ...STAGER, id: "p2" };
    misread(other);
    claimed({}, { caller: other });
    expect(staged([])).toEqual([]);
    claimed();
    expect(staged([])).toEqual(["claims-staged"]);
    misread();
    expect(staged([])).toEqual([]);
    expect(staged([1, 2])).toEqual(["claims-staged"]);
  });
});

describe("refusals-true", () => {
  const named = { mandateId: "m-1", dueDate: BILLING_DATE, attempt: 1, batchId: OTHER, line: 1 };
  const refusal = (over: Partial<Exclusion>) => [
    { line: 1, reason: "already-claimed", cents: 100, claim: named, ...over },
  ];

  it("lets a row be kept out by another batch's claim of the same debit, or of one too near", () => {
    expect(staged([], {}, refusal({}))).toEqual([]);
    expect(staged([], {}, refusal({ line: 4, reason: "too-near" }))).toEqual([]);
    expect(staged([], {}, [{ line: 1, reason: "bad-bsb", cents: 100 }])).toEqual([]);
  });

  it.each<[string, Partial<Exclusion>]>([
    ["its own batch's claim", { claim: { ...named, batchId: ID } }],
    ["another mandate's", { claim: { ...named, mandateId: "m-2" } }],
    ["another attempt's", { claim: { ...named, attempt: 2 } }],
    ["another instalment's, as already claimed", { claim: { ...named, dueDate: NEXT_DAY } }],
    ["the same instalment's, as too near", { line: 2, reason: "too-near" }],
    ["one that is far enough away, as too near", { line: 5, reason: "too-near" }],
  ])("lets no row be kept out by %s", (_, over) => {
    expect(staged([], {}, refusal(over))).toEqual(["refusals-true"]);
  });

  it("leaves to the gate what a call makes of other bytes", () => {
    misread();
    expect(staged([], {}, refusal({ claim: { ...named, batchId: ID } }))).toEqual([]);
  });
});
