import { beforeEach, describe, expect, it } from "vitest";
import type { FileItem, FileStateName, StreamItem } from "../../lambdas/domain/records.ts";
import {
  AT,
  batchItem,
  configuration,
  fileItem,
  heldBy,
  MORNING,
  sha256,
  stream as streamOf,
} from "../builders.ts";
import type { Caller, Effect, SimulationEvent } from "./events.ts";
import { Picture } from "./picture.ts";
import { Sending } from "./sending.ts";
import type { Workload } from "./workload.ts";

const STREAM = "au-cba";
const ID = "au-cba-2026-10-06-01";
const KEY = `999901/${ID}-01.aba`;
const BYTES = Buffer.from("the bytes of file 1");
const HASH = sha256(BYTES);
const NOW = Date.parse(AT);
const MINUTE = 60_000;
const CUT_OFF = MORNING + 9 * 60 * MINUTE;
const SENDER: Caller = {
  id: "p1",
  name: "SubmitBankFile",
  execution: ID,
  event: { batchId: ID, fence: 1 },
};
const WORKLOAD: Pick<Workload, "configuration" | "listOf"> = {
  configuration: configuration(streamOf({ name: STREAM })),
  listOf: (id) =>
    id === ID ? ({ stream: STREAM, billingDate: "2026-10-06" } as ReturnType<Workload["listOf"]>) : undefined,
};

let picture: Picture;
let sending: Sending;
let stored: StreamItem | undefined;

function forget(): void {
  picture = new Picture();
  sending = new Sending(WORKLOAD, picture);
  stored = undefined;
}

beforeEach(forget);

function tell(event: SimulationEvent): string[] {
  const broken = sending.see(event);
  picture.see(event);
  return broken.map(({ invariant }) => invariant);
}

function effect(method: string, args: readonly unknown[], over: Partial<Effect> = {}): string[] {
  const port = method === "create" || method === "versions" ? "objects" : "ledger";
  return tell({ type: "effect", at: NOW, caller: SENDER, port, method, args, unheard: false, ...over });
}

const began = (caller: Caller = SENDER, at = NOW) => tell({ type: "began", at, caller });
const file = (state: FileStateName, over: Partial<FileItem> = {}) =>
  fileItem({ sha256: HASH, state, ...over });
const submitting = { nonce: "n", at: AT, key: KEY };

/** Writes the stream's item with these files, over what was written before. */
function files(states: readonly FileItem[], batch: object = {}, over: Partial<StreamItem> = {}): string[] {
  return write({ ...heldBy(ID, { files: states, ...batch }), ...over });
}

function write(next: StreamItem, over: Partial<Effect> = {}): string[] {
  const before = stored;
  stored = next;
  return effect("writeStream", [next, undefined], { ...(before && { before }), ...over });
}

const put = (over: Partial<Effect> = {}, key = KEY, bytes = BYTES) =>
  effect("create", ["outbound", key, bytes], over);
const look = (found: readonly object[] = [], key = KEY) =>
  effect("versions", ["outbound", key], { value: found });
const submission = (kind: "INTENT" | "VOID", at = AT) =>
  effect("createSubmission", [{ batchId: ID, number: 1, kind, nonce: "n", sha256: HASH, at }]);

/** A file that was begun, with its intent. */
function begun(): void {
  began();
  files([file("RECONCILED")]);
  expect(files([file("SUBMITTING", { submitting })])).toEqual([]);
  expect(submission("INTENT")).toEqual([]);
}

it("sees nothing wrong in a file that is begun, looked for, delivered and confirmed", () => {
  begun();
  look();
  expect(put()).toEqual([]);
  expect(files([file("SUBMITTED", { submitting })])).toEqual([]);
});

describe("begun-when-allowed", () => {
  it.each([
    ["its stream is paused", {}, { paused: { by: "ann", at: AT, reason: "r" } }],
    ["a deployment is on", {}, { deploying: { id: "d1", at: AT, by: "ci", streams: [] } }],
    ["its batch is being abandoned", { abandoning: { by: "ann", at: AT, reason: "r" } }, {}],
  ])("lets no file be begun while %s", (_, batch, over) => {
    began();
    files([file("RECONCILED")], batch, over);
    expect(files([file("SUBMITTING", { submitting })], batch, over)).toEqual(["begun-when-allowed"]);
  });
});

describe("in-order", () => {
  it("lets no file be begun before the ones ahead of it are with the bank", () => {
    began();
    const second = (state: FileStateName) => file(state, { number: 2, submitting });
    for (const state of ["RECONCILED", "WITHDRAWN", "REJECTED", "UNKNOWN", "SUBMITTING"] as const) {
      stored = undefined;
      files([file(state), second("RECONCILED")]);
      expect(files([file(state), second("SUBMITTING")])).toEqual(["in-order"]);
    }
    files([file("SUBMITTED"), second("RECONCILED")]);
    expect(files([file("SUBMITTED"), second("SUBMITTING")])).toEqual([]);
  });
});

describe("flag-first", () => {
  const abandoning = { by: "ann", at: AT, reason: "r" };

  it("lets no file be withdrawn that was never begun, unless its batch is being abandoned", () => {
    files([file("RECONCILED")]);
    expect(files([file("WITHDRAWN")])).toEqual(["flag-first"]);
    files([file("COMPOSED")], { abandoning });
    expect(files([file("WITHDRAWN")], { abandoning })).toEqual([]);
  });

  it("lets one be withdrawn that was begun", () => {
    begun();
    expect(files([file("WITHDRAWN", { submitting })])).toEqual([]);
  });

  it("lets no batch be ABANDONED without the flag on its own lock", () => {
    const over = () => effect("writeBatch", [batchItem({ state: "ABANDONED", version: 2 })]);
    files([]);
    expect(over()).toEqual(["flag-first"]);
    files([], { abandoning });
    expect(over()).toEqual([]);
    write(heldBy("au-cba-2026-10-06-02", { abandoning }));
    expect(over()).toEqual(["flag-first"]);
  });

  it("says it of the write that ends the batch, and of no later one", () => {
    const next = batchItem({ state: "ABANDONED", version: 3 });
    expect(effect("writeBatch", [next], { before: batchItem({ state: "ABANDONED", version: 2 }) })).toEqual(
      [],
    );
    expect(effect("writeBatch", [next], { error: new Error("refused") })).toEqual([]);
  });
});

describe("look-first", () => {
  it("lets nobody put what they have not looked for themselves, or have found taken", () => {
    begun();
    expect(put()).toEqual(["look-first"]);
    look([{ version: "v1" }]);
    expect(put()).toEqual(["look-first"]);
    effect("versions", ["outbound", KEY], { value: [], caller: { ...SENDER, id: "p2" } });
    expect(put()).toEqual(["look-first"]);
    look();
    expect(put()).toEqual([]);
  });
});

describe("one-key", () => {
  it("lets no file be put under another key than before, also if nothing came of the first try", () => {
    begun();
    const other = KEY.replace("999901", "999902");
    look();
    look([], other);
    expect(put({ error: new Error("lost") })).toEqual([]);
    expect(put({}, other)).toEqual(["one-key"]);
  });
});

describe("delivered-in-time", () => {
  it("lets no file come when the bank's word that it has none is a proof", () => {
    begun();
    look();
    expect(put({ at: NOW + 20 * MINUTE })).toEqual([]);
    expect(put({ at: NOW + 20 * MINUTE + 1 })).toEqual(["delivered-in-time"]);
  });
});

describe("before-cut-off", () => {
  it("lets no file come after the cut-off, but what was on its way", () => {
    look();
    expect(put({ at: CUT_OFF + 11 * MINUTE })).toEqual([]);
    expect(put({ at: CUT_OFF + 11 * MINUTE + 1 })).toEqual(["before-cut-off"]);
  });
});

describe("doubt-founded", () => {
  const later = { ...SENDER, id: "p2" };
  const doubt = (caller: Caller) =>
    write(heldBy(ID, { files: [file("UNKNOWN", { submitting })] }), { caller });

  it("lets no file be in doubt of which no intent stands", () => {
    began();
    files([file("SUBMITTING", { submitting })]);
    expect(doubt(SENDER)).toEqual(["doubt-founded"]);
    stored = heldBy(ID, { files: [file("SUBMITTING", { submitting })] });
    submission("VOID");
    expect(doubt(SENDER)).toEqual(["doubt-founded"]);
  });

  it("lets no file be doubted by whoever came after its bytes", () => {
    begun();
    look();
    put();
    began(later, NOW + 1);
    expect(doubt(later)).toEqual(["doubt-founded"]);
  });

  it("lets no file be doubted by whoever was told that its bytes have arrived", () => {
    for (const unheard of [false, true]) {
      forget();
      begun();
      look();
      put({ unheard });
      expect(doubt(SENDER)).toEqual(unheard ? [] : ["doubt-founded"]);
    }
  });

  it("lets one be doubted by whoever came before its bytes, or after other ones, or was shown damaged ones", () => {
    begun();
    look();
    began(later, NOW + 1);
    put({}, KEY, Buffer.from("other bytes"));
    expect(doubt(later)).toEqual([]);
    stored = heldBy(ID, { files: [file("SUBMITTING", { submitting })] });
    put({ at: NOW + 2 });
    expect(doubt(later)).toEqual([]);
    const misled = { ...SENDER, id: "p3" };
    began(misled, NOW + 3);
    tell({ type: "fault", at: NOW + 3, caller: misled, kind: "corrupt", label: "objects.read.outbound" });
    stored = heldBy(ID, { files: [file("SUBMITTING", { submitting })] });
    expect(doubt(misled)).toEqual([]);
  });
});

describe("rejected-means-absent", () => {
  const reject = () => files([file("REJECTED", { submitting })]);

  it("lets no file be REJECTED whose bytes have arrived", () => {
    begun();
    look();
    put({ error: new Error("lost") });
    files([file("UNKNOWN", { submitting })]);
    expect(reject()).toEqual([]);
    files([file("UNKNOWN", { submitting })]);
    put();
    expect(reject()).toEqual(["rejected-means-absent"]);
  });

  it("lets none be REJECTED while anything lies under its key", () => {
    begun();
    files([file("UNKNOWN", { submitting })]);
    tell({ type: "action", at: NOW, who: "somebody", what: "lay", target: KEY });
    expect(reject()).toEqual(["rejected-means-absent"]);
  });
});

describe("own-time", () => {
  const at = (ms: number) => new Date(ms).toISOString();

  it("lets no instant be told that was not while its writer was at work, as far as clocks agree", () => {
    began(SENDER, NOW - 5 * MINUTE);
    for (const kind of ["INTENT", "VOID"] as const) {
      expect(submission(kind, at(NOW + MINUTE))).toEqual([]);
      expect(submission(kind, at(NOW + MINUTE + 1))).toEqual(["own-time"]);
      expect(submission(kind, at(NOW - 6 * MINUTE))).toEqual([]);
      expect(submission(kind, at(NOW - 6 * MINUTE - 1))).toEqual(["own-time"]);
    }
  });

  it("says so of a beginning, a proposal and an approval, and of what is no instant", () => {
    began();
    files([file("RECONCILED")]);
    const early = { ...submitting, at: at(NOW - MINUTE - 1) };
    expect(files([file("SUBMITTING", { submitting: early })])).toEqual(["own-time"]);
    expect(effect("createProposal", [{ batchId: ID, at: at(NOW + 2 * MINUTE) }])).toEqual(["own-time"]);
    expect(effect("createApproval", [{ batchId: ID, at: "soon" }])).toEqual(["own-time"]);
    expect(effect("createApproval", [{ batchId: ID, at: "soon" }], { error: new Error("no") })).toEqual([]);
  });
});

describe("repeated-by-people", () => {
  const run = (status: "RUNNING" | "FAILED", redrives: number) =>
    tell({ type: "execution", at: NOW, name: ID, status, release: "r1", redrives });

  it("lets nothing but a redrive begin a second submission", () => {
    run("RUNNING", 0);
    expect(began()).toEqual([]);
    expect(began({ ...SENDER, id: "p2" })).toEqual(["repeated-by-people"]);
  });

  it("counts one more for each redrive, and begins again with a name that is free again", () => {
    run("RUNNING", 0);
    began();
    run("FAILED", 0);
    run("RUNNING", 1);
    expect(began({ ...SENDER, id: "p2" })).toEqual([]);
    run("RUNNING", 0);
    expect(began({ ...SENDER, id: "p3" })).toEqual([]);
  });
});

describe("continued-after-end", () => {
  const person: Caller = { id: "p7", name: "ContinueBatch", event: { batchId: ID } };
  const described = (name: string, status: string, caller = person) =>
    effect("describe", [name], { port: "executions", value: { name, status }, caller });
  const start = (caller = person) =>
    effect("start", [`${ID}-c2`, {}], { port: "executions", value: "started", caller });

  it("lets nobody start a continuation beside an execution that they have seen running", () => {
    described(ID, "RUNNING");
    expect(start()).toEqual(["continued-after-end"]);
    described(ID, "FAILED");
    expect(start()).toEqual([]);
  });

  it("asks for the newest execution, and only for what was shown as it was", () => {
    described(`${ID}-c1`, "FAILED");
    described(ID, "RUNNING");
    expect(start()).toEqual([]);
    described(`${ID}-c1`, "RUNNING");
    expect(start()).toEqual(["continued-after-end"]);
    tell({ type: "fault", at: NOW, caller: person, kind: "stale", label: "executions.describe" });
    expect(start()).toEqual([]);
  });

  it("asks nothing of the starter", () => {
    const starter = { ...person, name: "StartBatch" };
    described(ID, "RUNNING", starter);
    expect(start(starter)).toEqual([]);
  });
});

describe("fence-of-one", () => {
  const staging = (id: string, execution: string, name = "StageSegment") =>
    began({ id, name, execution, event: { batchId: ID, fence: 4 } });

  it("lets no two executions carry one fence", () => {
    expect(staging("p1", ID)).toEqual([]);
    expect(staging("p2", ID)).toEqual([]);
    expect(staging("p3", `${ID}-c1`)).toEqual(["fence-of-one"]);
  });

  it("asks nothing of the close of a batch that was found closed", () => {
    staging("p1", ID);
    expect(staging("p2", `${ID}-c1`, "CloseBatch")).toEqual([]);
  });
});
