import { beforeEach, describe, expect, it } from "vitest";
import type { StreamItem } from "../../lambdas/domain/records.ts";
import { AT, batchItem, fileItem, heldBy, sha256 } from "../builders.ts";
import type { Caller, SimulationEvent } from "./events.ts";
import { GateLayers } from "./gate-layers.ts";
import { Picture } from "./picture.ts";

const ID = "au-cba-2026-10-06-01";
const GATE: Caller = { id: "p1", name: "Reconcile", event: { batchId: ID, fence: 1 } };
const LIST = Buffer.from("the due list");
const BYTES = [Buffer.from("the first file"), Buffer.from("the second file")] as const;
const FILES = BYTES.map((bytes, index) =>
  fileItem({ number: index + 1, key: `${ID}/0${index + 1}.aba`, sha256: sha256(bytes), version: "v2" }),
);
const LIST_KEY = "au-cba/2026-10-06/01/due.csv";

let picture: Picture;
let layers: GateLayers;

beforeEach(() => {
  picture = new Picture();
  layers = new GateLayers(picture);
  const { dueList } = batchItem();
  if (dueList === undefined) throw new Error("the builder has one");
  effect("writeBatch", [batchItem({ dueList: { ...dueList, sha256: sha256(LIST), csvVersion: "v1" } })]);
  effect("writeStream", [heldBy(ID, { files: FILES })]);
});

/** Tells one event, and returns what it breaks. */
function see(event: SimulationEvent): string[] {
  const broken = layers.see(event);
  picture.see(event);
  return broken.map(({ invariant, what }) => `${invariant}: ${what}`);
}

function effect(method: string, args: readonly unknown[], over: object = {}): string[] {
  return see({ type: "effect", at: 0, caller: GATE, port: "ledger", method, args, unheard: false, ...over });
}

const read = (area: string, key: string, bytes: Buffer, version: string, over: object = {}) =>
  effect("read", [area, key, {}], { port: "objects", value: { bytes, version }, ...over });

/** All that the gate reads, each under a name by which a test leaves it out, or reads it otherwise. */
const READS: Readonly<Record<string, (over?: object) => string[]>> = {
  list: (over) => read("due", LIST_KEY, LIST, "v1", over),
  segments: (over) => effect("readSegments", [ID], over),
  first: (over) => read("bankFiles", `${ID}/01.aba`, BYTES[0], "v2", over),
  second: (over) => read("bankFiles", `${ID}/02.aba`, BYTES[1], "v2", over),
  claims: (over) => effect("readClaimsNamed", [[{ mandateId: "m-1" }, { mandateId: "m-2" }]], over),
};

function readAll(but?: string, over?: object): void {
  for (const [name, one] of Object.entries(READS)) {
    if (name !== but) one();
    else if (over) one(over);
  }
}

const verdict = { sha256s: FILES.map(({ sha256: hash }) => hash), at: AT, report: "r" };
const passing = (over: Partial<NonNullable<StreamItem["batch"]>> = {}): StreamItem => {
  const files = FILES.map((file) => ({ ...file, state: "RECONCILED" as const }));
  return heldBy(ID, { files, verdict, ...over }, { version: 2 });
};
const passed = (caller = GATE) => effect("writeStream", [passing()], { caller });
const ended = (over: object = { value: { verdict: "PASSED" } }) =>
  see({ type: "ended", at: 0, caller: GATE, ...over });

describe("verdict-read", () => {
  it("lets a call let files pass that has read all of it", () => {
    readAll();
    expect(passed()).toEqual([]);
    expect(ended()).toEqual([]);
  });

  it.each([
    ["list", "without the due list"],
    ["segments", "without what staging has recorded"],
    ["second", "without the bytes of file 2"],
    ["claims", "with 0 claims for 2 debits"],
  ])("wants the %s, and wants it heard", (name, what) => {
    readAll(name);
    expect(passed()).toEqual([`verdict-read: p1 has let ${ID} pass ${what}`]);
    READS[name]?.({ unheard: true });
    READS[name]?.({ error: new Error("no") });
    expect(ended()).toEqual([`verdict-read: p1 has let ${ID} pass ${what}`]);
  });

  it("wants the bytes that were frozen, and a claim for every debit", () => {
    readAll("first", { value: { bytes: Buffer.from("others"), version: "v2" } });
    expect(passed()).toEqual([`verdict-read: p1 has let ${ID} pass without the bytes of file 1`]);
    readAll();
    const claims = [[{ mandateId: "m-1" }, { mandateId: "m-1" }]];
    const other = { ...GATE, id: "p2" };
    for (const name of ["list", "segments", "first", "second"]) READS[name]?.({ caller: other });
    effect("readClaimsNamed", claims, { caller: other });
    const again = passing({ verdict: { ...verdict, report: "other" } });
    expect(effect("writeStream", [again], { caller: other })).toEqual([
      `verdict-read: p2 has let ${ID} pass with 1 claims for 2 debits`,
    ]);
  });

  it("lets no call let files pass of which a read has failed", () => {
    const failed = (kind: string, label: string) => see({ type: "fault", at: 0, caller: GATE, kind, label });
    readAll();
    failed("pause", "ledger.readClaimsNamed");
    failed("error", "ledger.readStream");
    failed("error", "objects.create.reports");
    expect(ended()).toEqual([]);
    readAll();
    failed("throttle", "ledger.readClaimsNamed");
    expect(passed()).toEqual([
      `verdict-read: p1 has let ${ID} pass although ledger.readClaimsNamed has failed`,
    ]);
  });

  it("wants of one that only says PASSED that it has judged what can still be sent", () => {
    readAll();
    passed();
    expect(ended()).toEqual([]);
    expect(ended()).toHaveLength(5);
    expect(ended({ error: "GateFailed" })).toEqual([]);
    const sent = FILES.map((file) => ({ ...file, state: "SUBMITTED" as const }));
    effect("writeStream", [heldBy(ID, { files: sent, verdict })]);
    expect(ended()).toEqual([]);
  });

  it("says nothing of a write that keeps the verdict", () => {
    readAll();
    passed();
    const kept = passing({ verdict: { ...verdict } });
    expect(effect("writeStream", [kept], { caller: { ...GATE, id: "p9", name: "SubmitBankFile" } })).toEqual(
      [],
    );
    expect(passed({ ...GATE, id: "p9", name: "SubmitBankFile" })).toEqual([]);
  });
});

describe("pinned-version", () => {
  const names = (broken: readonly string[]) => broken.map((text) => text.slice(0, text.indexOf(":")));

  it("wants the version of the list that the batch has pinned, whoever reads it", () => {
    const caller = { ...GATE, name: "StageSegment" };
    expect(read("due", LIST_KEY, LIST, "v1", { caller })).toEqual([]);
    expect(names(read("due", LIST_KEY, LIST, "v7", { caller }))).toEqual(["pinned-version"]);
    expect(read("due", "au-cba/2026-10-06/01/manifest.json", LIST, "v7")).toEqual([]);
    expect(read("due", "au-cba/2026-10-06/02/due.csv", LIST, "v7")).toEqual([]);
  });

  it("wants the version of a bank file that was frozen", () => {
    expect(names(read("bankFiles", `${ID}/01.aba`, BYTES[0], "v7"))).toEqual(["pinned-version"]);
    expect(read("bankFiles", `${ID}/09.aba`, BYTES[0], "v7")).toEqual([]);
    expect(read("outbound", `${ID}/01.aba`, BYTES[0], "v7")).toEqual([]);
    expect(effect("read", ["bankFiles", `${ID}/01.aba`], { value: undefined })).toEqual([]);
  });

  it("lets a call that began to compose before the set was frozen read back what it finds", () => {
    const composing = { ...GATE, id: "p77", name: "ComposeBankFile" };
    const later = { ...composing, id: "p78" };
    see({ type: "began", at: 0, caller: composing });
    see({ type: "began", at: 1, caller: later });
    expect(read("bankFiles", `${ID}/01.aba`, BYTES[0], "v7", { caller: composing })).toEqual([]);
    expect(names(read("bankFiles", `${ID}/01.aba`, BYTES[0], "v7", { caller: later }))).toEqual([
      "pinned-version",
    ]);
  });
});
