import { beforeEach, describe, expect, it } from "vitest";
import type { Claim, FileItem, FileStateName, StreamItem } from "../../lambdas/domain/records.ts";
import { AT, batchItem, claim, fileItem, heldBy, segmentItem, sha256, streamItem } from "../builders.ts";
import type { Caller, Effect, SimulationEvent, Violation } from "./events.ts";
import { Layers } from "./layers.ts";
import { Picture } from "./picture.ts";

const ID = "au-cba-2026-10-06-01";
const OTHER = "au-cba-2026-10-06-02";
const KEY = `999901/${ID}-01.aba`;
const BYTES = Buffer.from("the bytes of file 1");
const HASH = sha256(BYTES);
const SENDER: Caller = { id: "p1", name: "SubmitBankFile", event: {} };
const NOW = Date.parse(AT);

let picture: Picture;
let layers: Layers;
let stored: Map<string, unknown>;

/** Begins again with an empty ledger. */
function forget(): void {
  picture = new Picture();
  layers = new Layers(picture);
  stored = new Map();
}

beforeEach(forget);

/** Tells one effect, and returns the names of the invariants that it breaks. */
function effect(method: string, args: readonly unknown[], over: Partial<Effect> = {}): string[] {
  const place = `${method} ${placeOf(method, args)}`;
  const event: SimulationEvent = {
    type: "effect",
    at: NOW,
    caller: SENDER,
    port: method === "create" ? "objects" : "ledger",
    method,
    args,
    unheard: false,
    ...(stored.has(place) && { before: stored.get(place) }),
    ...over,
  };
  const broken = layers.see(event);
  picture.see(event);
  if (!("error" in event)) stored.set(place, method === "createFile" ? args[1] : args[0]);
  return told(broken);
}

/** The names of what is broken, each once. */
function told(broken: readonly Violation[]): string[] {
  return [...new Set(broken.map(({ invariant }) => invariant))];
}

/** Under which name an item is stored. */
function placeOf(method: string, [item, second]: readonly unknown[]): string {
  if (typeof item === "string") return `${item} ${(second as Partial<FileItem>).number}`;
  const { stream, id, batchId, segment, number, mandateId, dueDate, attempt } = item as Record<
    string,
    string
  >;
  if (method === "writeStream") return `${stream}`;
  if (method === "writeBatch") return `${id}`;
  if (method === "writeClaim") return `${mandateId} ${dueDate} ${attempt}`;
  return `${batchId} ${segment ?? number}`;
}

const stream = (item: StreamItem) => effect("writeStream", [item, undefined]);
const verdict = { sha256s: [HASH], at: AT, report: "r" };
const file = (state: FileStateName = "COMPOSED", over: Partial<FileItem> = {}) =>
  fileItem({ sha256: HASH, state, ...over });
const version = () => (stored.get("writeStream au-cba") as StreamItem | undefined)?.version ?? 0;

/** The stream's item with the lock in the batch's name and one file, as the next version. */
function next(
  state: FileStateName | undefined,
  over: Partial<NonNullable<StreamItem["batch"]>> = {},
): StreamItem {
  const files = state === undefined ? {} : { files: [file(state)] };
  const judged = state !== undefined && state !== "COMPOSED" ? { verdict } : {};
  return heldBy(ID, { ...files, ...judged, ...over }, { version: version() + 1 });
}

/** An open batch with one file that has come, by legal steps, as far as that. */
function opened(...states: readonly FileStateName[]): void {
  effect("writeBatch", [batchItem(), undefined]);
  stream(next(undefined));
  for (const state of states) {
    if (state === "SUBMITTED") effect("create", ["outbound", KEY, BYTES]);
    if (state === "WITHDRAWN") effect("createSubmission", [submission("VOID")]);
    expect(stream(next(state))).toEqual([]);
    if (state === "SUBMITTING") expect(effect("createSubmission", [submission("INTENT")])).toEqual([]);
  }
}

const submission = (kind: "INTENT" | "VOID", over = {}) => ({
  batchId: ID,
  number: 1,
  kind,
  nonce: "before",
  sha256: HASH,
  at: AT,
  ...over,
});

/** The batch over, with the file's record. */
function over(state: "CLOSED" | "ABANDONED", as: FileStateName): string[] {
  effect("createFile", [ID, file(as)]);
  return effect("writeBatch", [batchItem({ version: 2, state }), 1]);
}

const WAY_OUT = ["COMPOSED", "RECONCILED", "SUBMITTING", "SUBMITTED"] as const;
const WITHDRAWN = ["COMPOSED", "RECONCILED", "WITHDRAWN"] as const;
const freed = (over: Partial<StreamItem> = {}) => streamItem({ version: version() + 1, ...over });

describe("the layers of an ordinary batch", () => {
  it("hold from the lock to the release", () => {
    opened(...WAY_OUT);
    expect(over("CLOSED", "SUBMITTED")).toEqual([]);
    expect(stream(freed())).toEqual([]);
    const report = Buffer.from('{ "status": "CLOSED" }');
    expect(effect("create", ["reports", `${ID}/report-002.json`, report])).toEqual([]);
    expect(stream(heldBy(OTHER, {}, { version: version() + 1, fence: 2 }))).toEqual([]);
  });

  it("hold when it is abandoned", () => {
    opened(...WITHDRAWN);
    expect(over("ABANDONED", "WITHDRAWN")).toEqual([]);
    expect(stream(freed())).toEqual([]);
  });

  it("see nothing in a write that was refused", () => {
    opened();
    expect(effect("writeStream", [freed({ version: 9, fence: 7 })], { error: new Error("no") })).toEqual([]);
    expect(effect("writeBatch", [batchItem({ version: 9 })], { error: new Error("no") })).toEqual([]);
  });
});

describe("lock-taken", () => {
  it("says that an open batch has lost its lock to another, by that batch's write", () => {
    opened();
    expect(stream(heldBy(OTHER, {}, { version: 2, fence: 2 }))).toEqual(["lock-taken"]);
  });

  it("says so of a batch that has no record yet", () => {
    stream(next(undefined));
    expect(stream(heldBy(OTHER, {}, { version: 2, fence: 2 }))).toEqual(["lock-taken"]);
  });
});

describe("lock-proven", () => {
  const acquirer: Caller = { id: "p7", name: "AcquireLock", event: { batchId: ID } };
  const says = (fence: number, caller = acquirer) =>
    told(layers.see({ type: "ended", at: NOW, caller, value: { outcome: "ACQUIRED", fence } }));
  const acquires = (over: Partial<Effect> = {}) =>
    effect("writeStream", [heldBy(ID), undefined], { caller: acquirer, ...over });

  it("lets a call say that it has the lock which has acquired it, with that fence, for that batch", () => {
    acquires();
    expect(says(1)).toEqual([]);
    expect(says(2)).toEqual(["lock-proven"]);
    expect(says(1, { ...acquirer, event: { batchId: OTHER } })).toEqual(["lock-proven"]);
  });

  it("lets the next one say so that has acquired it over the first", () => {
    acquires();
    const second = { ...acquirer, id: "p8" };
    effect("writeStream", [heldBy(ID, { nonce: "again" }, { version: 2, fence: 2 })], { caller: second });
    expect(says(2, second)).toEqual([]);
    expect(says(2)).toEqual(["lock-proven"]);
  });

  it("lets nobody say so whose write was refused, or who has only seen another's", () => {
    acquires({ error: new Error("refused") });
    expect(says(1)).toEqual(["lock-proven"]);
    acquires();
    expect(says(1, { ...acquirer, id: "p8" })).toEqual(["lock-proven"]);
  });

  it("asks for no proof where nobody says that the lock was acquired", () => {
    const ended = { type: "ended", at: NOW, caller: acquirer } as const;
    expect(layers.see({ ...ended, error: "LockHeld" })).toEqual([]);
    expect(layers.see({ ...ended, value: { outcome: "ALREADY_CLOSED", fence: 4 } })).toEqual([]);
  });
});

describe("said-is-so", () => {
  const ends = (name: string, value: unknown = {}, batchId = ID) =>
    told(layers.see({ type: "ended", at: NOW, caller: { id: "p9", name, event: { batchId } }, value }));

  it("wants a frozen set of a compose that ends well", () => {
    opened();
    expect(ends("ComposeBankFile")).toEqual(["said-is-so"]);
    stream(next("COMPOSED"));
    expect(ends("ComposeBankFile")).toEqual([]);
  });

  it("wants no file to be COMPOSED when the gate passes", () => {
    opened("COMPOSED");
    expect(ends("Reconcile")).toEqual(["said-is-so"]);
    stream(next("RECONCILED"));
    expect(ends("Reconcile")).toEqual([]);
  });

  it("wants every file to be settled when a submission ends well", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    expect(ends("SubmitBankFile")).toEqual(["said-is-so"]);
    effect("create", ["outbound", KEY, BYTES]);
    stream(next("SUBMITTED"));
    expect(ends("SubmitBankFile")).toEqual([]);
  });

  it.each([
    ["CloseBatch", "CLOSED"],
    ["AbandonBatch", "ABANDONED"],
  ] as const)("wants the batch over and its lock given back when %s ends well", (name, state) => {
    const said = { outcome: state };
    opened(...WITHDRAWN);
    expect(ends(name, said)).toEqual(["said-is-so"]);
    over(state, "WITHDRAWN");
    expect(ends(name, said)).toEqual(["said-is-so"]);
    stream(freed());
    expect(ends(name, said)).toEqual([]);
  });

  it("wants nothing of what has failed, of an abandon after which the batch goes on, and of other functions", () => {
    opened("COMPOSED");
    const caller = { id: "p9", name: "Reconcile", event: { batchId: ID } };
    expect(layers.see({ type: "ended", at: NOW, caller, error: "GateFailed" })).toEqual([]);
    expect(ends("AbandonBatch", { outcome: "OPEN" })).toEqual([]);
    expect(ends("PlanSegments")).toEqual([]);
    expect(layers.see({ type: "ended", at: NOW, caller: { ...caller, event: {} }, value: {} })).toEqual([]);
  });
});

describe("ledger-sound", () => {
  const broken = (name: string) => {
    const caller = { id: "p9", name, event: { batchId: ID } };
    return told(layers.see({ type: "ended", at: NOW, caller, error: "LedgerBroken" }));
  };

  it("lets no acquire find the ledger broken while its batch is open", () => {
    expect(broken("AcquireLock")).toEqual(["ledger-sound"]);
    opened(...WITHDRAWN);
    expect(broken("AcquireLock")).toEqual(["ledger-sound"]);
    expect(broken("StageSegment")).toEqual([]);
  });

  it("lets one whose batch was closed meanwhile", () => {
    opened(...WITHDRAWN);
    over("CLOSED", "WITHDRAWN");
    expect(broken("AcquireLock")).toEqual([]);
  });
});

describe("over-stays-over", () => {
  it.each(["CLOSED", "ABANDONED"] as const)("lets no batch that is %s take a free lock", (state) => {
    opened(...WITHDRAWN);
    over(state, "WITHDRAWN");
    stream(freed());
    expect(stream(heldBy(ID, {}, { version: version() + 1, fence: 2 }))).toContain("over-stays-over");
  });

  it("lets one that has never given its lock back have it once more", () => {
    opened(...WITHDRAWN);
    over("CLOSED", "WITHDRAWN");
    expect(stream({ ...next("WITHDRAWN", { nonce: "again" }), fence: 2 })).toEqual([]);
  });
});

describe("stop-respected", () => {
  const stop = { by: "ann", reason: "because", at: AT };

  it.each([
    ["a paused stream", { paused: stop }],
    ["a stream that is being deployed", { deploying: { id: "d1", at: AT, by: "ci", streams: [] } }],
  ])("lets no batch acquire the lock of %s", (_, stopped) => {
    stream(streamItem({ version: 1, fence: 0, ...stopped }));
    expect(stream(heldBy(ID, {}, { version: 2, fence: 1, ...stopped }))).toEqual(["stop-respected"]);
    expect(stream(heldBy(ID, { nonce: "again" }, { version: 3, fence: 2, ...stopped }))).toEqual([
      "stop-respected",
    ]);
  });

  it("lets no batch that is being abandoned acquire its lock again", () => {
    opened();
    expect(stream(next(undefined, { abandoning: stop }))).toEqual([]);
    const again = next(undefined, { abandoning: stop, nonce: "again" });
    expect(stream({ ...again, fence: 2 })).toEqual(["stop-respected"]);
  });

  it("lets whoever abandons a batch take a free lock in its name, and others write what they like", () => {
    stream(streamItem({ version: 1, fence: 0, paused: stop }));
    const taken = heldBy(ID, { abandoning: stop }, { version: 2, fence: 1, paused: stop });
    expect(stream(taken)).toEqual([]);
    expect(stream({ ...taken, version: 3 })).toEqual([]);
  });
});

describe("epoch-agreed", () => {
  const acquiredBy = (epoch: number | undefined) =>
    effect("writeStream", [heldBy(ID, { nonce: `of ${epoch}` }, { version: 1, fence: 1 }), undefined], {
      caller: { ...SENDER, ...(epoch !== undefined && { epoch }) },
    });

  it("lets nobody acquire a lock whose configuration is of another epoch than the ledger", () => {
    expect(acquiredBy(2)).toEqual(["epoch-agreed"]);
    forget();
    expect(acquiredBy(1)).toEqual([]);
    forget();
    expect(acquiredBy(undefined)).toEqual([]);
  });

  it("lets anybody else write under any", () => {
    opened();
    const caller = { ...SENDER, epoch: 2 };
    expect(effect("writeStream", [next(undefined), undefined], { caller })).toEqual([]);
  });
});

describe("turn-kept", () => {
  const entered = (seconds: number) => `2026-10-06T07:00:0${seconds}.000+11:00`;
  const acquired = (nonce: string, turn: { entered: string; retry: number } | undefined) =>
    stream({ ...next(undefined, { nonce, ...(turn && { turn }) }), fence: version() + 1 });

  it("lets no earlier try acquire the lock over a later one", () => {
    effect("writeBatch", [batchItem(), undefined]);
    expect(acquired("a", { entered: entered(2), retry: 1 })).toEqual([]);
    expect(acquired("b", { entered: entered(2), retry: 0 })).toEqual(["turn-kept"]);
    expect(acquired("c", { entered: entered(1), retry: 5 })).toEqual(["turn-kept"]);
  });

  it("lets a later one, an equal one, and one after a person's", () => {
    effect("writeBatch", [batchItem(), undefined]);
    expect(acquired("a", { entered: entered(2), retry: 1 })).toEqual([]);
    expect(acquired("b", { entered: entered(2), retry: 1 })).toEqual([]);
    expect(acquired("c", { entered: entered(3), retry: 0 })).toEqual([]);
    expect(acquired("d", undefined)).toEqual([]);
    expect(acquired("e", { entered: entered(1), retry: 0 })).toEqual([]);
  });
});

describe("fence-rises", () => {
  it("wants one more for every acquire", () => {
    opened();
    expect(stream(heldBy(ID, { nonce: "again" }, { version: 2, fence: 1 }))).toEqual(["fence-rises"]);
    expect(stream(heldBy(ID, { nonce: "more" }, { version: 3, fence: 3 }))).toEqual(["fence-rises"]);
    expect(stream(heldBy(ID, { nonce: "right" }, { version: 4, fence: 4 }))).toEqual([]);
  });

  it("wants the same fence of every other write", () => {
    opened();
    expect(stream(heldBy(ID, {}, { version: 2, fence: 2 }))).toEqual(["fence-rises"]);
    expect(stream(heldBy(ID, {}, { version: 3, fence: 1 }))).toEqual(["fence-rises"]);
  });
});

describe("fence-carried", () => {
  const write = (fence: number) => {
    const caller = { ...SENDER, event: { batchId: ID, fence } };
    return effect("writeStream", [heldBy(ID, {}, { version: version() + 1 }), undefined], { caller });
  };

  it("lets nobody write under another fence than the one that was acquired", () => {
    opened();
    expect([write(1), write(0), write(2)]).toEqual([[], ["fence-carried"], ["fence-carried"]]);
  });

  it("lets anybody free the lock of a batch that is closed", () => {
    opened();
    effect("writeBatch", [batchItem({ version: 2, state: "CLOSED" })]);
    expect(write(0)).toEqual([]);
  });
});

describe("version-rises", () => {
  it("wants one more with every write of a stream and of a batch", () => {
    opened();
    expect(stream(heldBy(ID, {}, { version: 1 }))).toEqual(["version-rises"]);
    expect(stream(heldBy(ID, {}, { version: 3 }))).toEqual(["version-rises"]);
    expect(effect("writeBatch", [batchItem({ version: 3 })])).toEqual(["version-rises"]);
  });
});

describe("frozen-set", () => {
  it("keeps number, place, bytes and lines of every file", () => {
    for (const change of [
      { key: "other" },
      { sha256: sha256(Buffer.from("x")) },
      { lastLine: 9 },
      { cents: 1 },
    ]) {
      forget();
      opened("COMPOSED");
      expect(stream(next("COMPOSED", { files: [file("COMPOSED", change)] }))).toEqual(["frozen-set"]);
    }
  });

  it("lets no file be added, and none go", () => {
    opened("COMPOSED");
    expect(stream(next("COMPOSED", { files: [file(), fileItem({ number: 2 })] }))).toEqual(["frozen-set"]);
    expect(stream(next(undefined))).toEqual(["frozen-set"]);
  });

  it("lets no verdict name other bytes", () => {
    opened("COMPOSED");
    const other = { verdict: { ...verdict, sha256s: [HASH, "f".repeat(64)] } };
    expect(stream(next("RECONCILED", other))).toEqual(["frozen-set"]);
  });

  it("lets no file's record be another file's, or be written twice", () => {
    opened("COMPOSED");
    expect(effect("createFile", [ID, file("COMPOSED", { firstLine: 7 })])).toEqual(["frozen-set"]);
    expect(effect("createFile", [ID, file("COMPOSED")])).toEqual(["frozen-set"]);
    expect(effect("createFile", [ID, file("COMPOSED", { number: 4 })])).toEqual(["frozen-set"]);
  });

  it("keeps the due list and the plan of a batch", () => {
    effect("writeBatch", [batchItem()]);
    const { dueList, plan } = batchItem();
    if (!dueList || !plan) throw new Error("the builder has both");
    const other = {
      dueList: { ...dueList, sha256: "9".repeat(64) },
      plan: { ...plan, sha256: "8".repeat(64) },
    };
    expect(effect("writeBatch", [batchItem({ version: 2, dueList: other.dueList })])).toEqual(["frozen-set"]);
    expect(
      effect("writeBatch", [batchItem({ version: 3, dueList: other.dueList, plan: other.plan })]),
    ).toEqual(["frozen-set"]);
  });
});

describe("legal-moves", () => {
  it("lets no file leave out a state, or go back", () => {
    opened("COMPOSED");
    expect(stream(next("SUBMITTING"))).toEqual(["legal-moves"]);
    expect(stream(next("COMPOSED"))).toContain("legal-moves");
  });

  it("lets no file begin past COMPOSED", () => {
    opened();
    expect(stream(next("RECONCILED"))).toContain("legal-moves");
  });

  it("lets no batch come back, or begin closed", () => {
    opened(...WITHDRAWN);
    over("ABANDONED", "WITHDRAWN");
    expect(effect("writeBatch", [batchItem({ version: 3 })])).toEqual(["legal-moves"]);
    expect(effect("writeBatch", [batchItem({ id: OTHER, state: "CLOSED" })])).toEqual(["legal-moves"]);
  });
});

describe("claims-kept", () => {
  const mine: Claim = claim();
  const taken: Claim = claim({ batchId: OTHER, line: 4 });
  const staged = () => effect("createSegment", [segmentItem(ID, [1])]);
  const written = (item: Claim) => effect("writeClaim", [item, undefined]);

  it("lets nobody take the claim of an open batch, or of one without a record", () => {
    expect(written(mine)).toEqual([]);
    expect(written(taken)).toEqual(["claims-kept"]);
    opened("COMPOSED");
    expect(written(claim({ mandateId: "m-2" }))).toEqual([]);
    expect(written(claim({ mandateId: "m-2", line: 2 }))).toEqual(["claims-kept"]);
  });

  it("lets nobody take the claim of a closed batch whose file was sent", () => {
    written(mine);
    staged();
    opened(...WAY_OUT);
    over("CLOSED", "SUBMITTED");
    expect(written(taken)).toEqual(["claims-kept"]);
  });

  it("lets it go where the file was withdrawn, where no file has the line, and where the batch was abandoned", () => {
    written(mine);
    written(claim({ mandateId: "m-2", line: 2 }));
    staged();
    opened(...WITHDRAWN);
    over("CLOSED", "WITHDRAWN");
    expect(written(taken)).toEqual([]);
    expect(written(claim({ mandateId: "m-2", batchId: OTHER, line: 5 }))).toEqual([]);
    written(claim({ mandateId: "m-3", batchId: OTHER, line: 6 }));
    effect("writeBatch", [batchItem({ id: OTHER, number: 2, state: "ABANDONED" })]);
    expect(written(claim({ mandateId: "m-3", line: 2 }))).toEqual([]);
  });

  it("lets nobody take the claim of a closed batch whose segment is missing, or is another one's", () => {
    written(mine);
    opened(...WITHDRAWN);
    over("CLOSED", "WITHDRAWN");
    expect(written(taken)).toEqual(["claims-kept"]);
    written(claim({ mandateId: "m-9", line: 9 }));
    staged();
    expect(written(claim({ mandateId: "m-9", batchId: OTHER }))).toEqual(["claims-kept"]);
  });

  it("lets no segment be stored twice", () => {
    expect(staged()).toEqual([]);
    expect(staged()).toEqual(["claims-kept"]);
  });
});

describe("verdict-first", () => {
  it("lets no file be reconciled by a verdict that does not name it", () => {
    opened("COMPOSED");
    expect(stream(next("RECONCILED", { verdict: { ...verdict, sha256s: [] } }))).toEqual(["verdict-first"]);
  });

  it("lets no intent be put for other bytes", () => {
    opened("COMPOSED", "RECONCILED");
    stream(next("SUBMITTING"));
    expect(effect("createSubmission", [submission("INTENT", { sha256: "e".repeat(64) })])).toEqual([
      "verdict-first",
    ]);
  });

  it("lets no other bytes be put before the bank", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    expect(effect("create", ["outbound", KEY, Buffer.from("other")])).toEqual(["verdict-first"]);
    expect(effect("create", ["outbound", "notes.txt", BYTES])).toEqual(["verdict-first"]);
  });
});

describe("one-winner", () => {
  it("lets nobody put an intent who has not begun the file", () => {
    opened("COMPOSED", "RECONCILED");
    stream(next("SUBMITTING"));
    expect(effect("createSubmission", [submission("INTENT", { nonce: "other" })])).toEqual(["one-winner"]);
  });

  it("lets nobody begin a file that another call has begun", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    const again = [file("SUBMITTING", { submitting: { nonce: "other", at: AT, key: KEY } })];
    expect(stream(next("SUBMITTING", { files: again }))).toEqual(["one-winner"]);
  });

  it("lets nobody deliver but the call whose intent stands", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    const caller = { ...SENDER, id: "p2" };
    expect(effect("create", ["outbound", KEY, BYTES], { caller })).toEqual(["one-winner"]);
  });

  it("lets nobody deliver without an intent", () => {
    opened("COMPOSED", "RECONCILED");
    stream(next("SUBMITTING"));
    expect(effect("create", ["outbound", KEY, BYTES])).toEqual(["one-winner", "verdict-first"]);
  });

  it("lets nobody deliver twice, but the network may double a request", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    expect(effect("create", ["outbound", KEY, BYTES])).toEqual([]);
    expect(effect("create", ["outbound", KEY, BYTES], { unheard: true, error: new Error("there") })).toEqual(
      [],
    );
    expect(effect("create", ["outbound", KEY, BYTES], { error: new Error("there") })).toEqual(["one-winner"]);
  });

  it("lets no file be SUBMITTED that nobody has delivered", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    expect(stream(next("SUBMITTED"))).toEqual(["one-winner"]);
  });
});

describe("not-both", () => {
  it("lets no batch be ABANDONED of which a file was sent", () => {
    opened(...WAY_OUT);
    expect(over("ABANDONED", "SUBMITTED")).toEqual(["not-both"]);
  });

  it("lets no batch be ABANDONED while a file of it is not WITHDRAWN, or when one was sent all the same", () => {
    opened("COMPOSED", "RECONCILED");
    expect(over("ABANDONED", "RECONCILED")).toContain("not-both");
    forget();
    opened("COMPOSED", "RECONCILED");
    effect("create", ["outbound", KEY, BYTES]);
    effect("createSubmission", [submission("VOID")]);
    stream(next("WITHDRAWN"));
    expect(over("ABANDONED", "WITHDRAWN")).toEqual(["not-both"]);
  });

  it("lets no file be sent of a batch that is ABANDONED", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    over("ABANDONED", "SUBMITTING");
    expect(effect("create", ["outbound", KEY, BYTES])).toEqual(["not-both"]);
  });
});

describe("submission-permanent", () => {
  it("lets nothing be written over a submission", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    expect(effect("createSubmission", [submission("VOID")])).toEqual(["submission-permanent"]);
    expect(effect("createSubmission", [submission("VOID")], { error: new Error("refused") })).toEqual([]);
  });
});

describe("closed-before-release", () => {
  it("lets no lock go of an open batch", () => {
    opened();
    expect(stream(freed())).toEqual(["closed-before-release"]);
  });

  it("lets no batch close before its files are settled and have their records", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    expect(over("CLOSED", "SUBMITTING")).toEqual(["closed-before-release"]);
  });

  it("lets no batch close without the records of its files", () => {
    opened(...WITHDRAWN);
    expect(effect("writeBatch", [batchItem({ version: 2, state: "CLOSED" }), 1])).toEqual([
      "closed-before-release",
    ]);
  });

  it("lets no report speak of a batch that is open, or still holds its lock", () => {
    const report = Buffer.from('{ "status": "CLOSED" }');
    opened(...WITHDRAWN);
    expect(effect("create", ["reports", `${ID}/report-002.json`, report])).toEqual(["closed-before-release"]);
    over("CLOSED", "WITHDRAWN");
    expect(effect("create", ["reports", `${ID}/report-003.json`, report])).toEqual(["closed-before-release"]);
    expect(effect("create", ["reports", `${ID}/report-004.html`, report])).toEqual([]);
    expect(effect("create", ["reports", `${OTHER}/report-002.json`, report])).toEqual([
      "closed-before-release",
    ]);
  });
});

describe("void-means-never", () => {
  it("lets nothing be put before the bank that is void, even where the store refuses it", () => {
    opened(...WITHDRAWN);
    const broken = effect("create", ["outbound", KEY, BYTES], { error: new Error("refused") });
    expect(broken).toContain("void-means-never");
  });

  it("lets nothing be put that is void and not withdrawn yet, or that is REJECTED", () => {
    opened("COMPOSED", "RECONCILED");
    effect("createSubmission", [submission("VOID")]);
    expect(effect("create", ["outbound", KEY, BYTES])).toContain("void-means-never");
    forget();
    opened("COMPOSED", "RECONCILED", "SUBMITTING", "UNKNOWN");
    stream(next("REJECTED"));
    expect(effect("create", ["outbound", KEY, BYTES])).toEqual(["void-means-never"]);
  });

  it("lets no file be WITHDRAWN without a VOID, or with its bytes before the bank", () => {
    opened("COMPOSED", "RECONCILED");
    expect(stream(next("WITHDRAWN"))).toEqual(["void-means-never"]);
    forget();
    opened("COMPOSED", "RECONCILED", "SUBMITTING");
    effect("create", ["outbound", KEY, BYTES]);
    effect("createSubmission", [submission("VOID")]);
    const withdrawn = [file("WITHDRAWN", { submitting: { nonce: "before", at: AT, key: KEY } })];
    expect(stream(next("WITHDRAWN", { files: withdrawn }))).toEqual(["void-means-never"]);
  });
});

describe("resolved-late", () => {
  const LATE = NOW + 20 * 60_000 + 1;
  const statedAt = (at: number) => ({ evidence: { statedAt: new Date(at).toISOString() } });
  const resolved = {
    batchId: ID,
    id: "p",
    action: "resolve-submission",
    outcome: "rejected",
    number: 1,
    sha256: HASH,
    nonce: "before",
    by: "ann",
    ...statedAt(LATE),
  };
  const approval = { batchId: ID, proposal: "p", by: "bob" };
  const rejected = () => stream(next("REJECTED"));

  it("lets it be REJECTED when two people have said so of what the bank stated late enough", () => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING", "UNKNOWN");
    effect("createProposal", [resolved]);
    effect("createApproval", [approval]);
    expect(rejected()).toEqual([]);
  });

  it.each([
    ["nobody approved", {}, undefined],
    ["nobody else approved", {}, { ...approval, by: "ann" }],
    ["it was stated while a delivery could be on the way", statedAt(LATE - 1), approval],
    ["it was said that the bank has it", { outcome: "submitted" }, approval],
    ["it was said of another file", { number: 2 }, approval],
    ["it was said of other bytes", { sha256: "0" }, approval],
    ["it was said of another intent", { nonce: "other" }, approval],
  ])("lets nothing be REJECTED where %s", (_, over, approved) => {
    opened("COMPOSED", "RECONCILED", "SUBMITTING", "UNKNOWN");
    effect("createProposal", [{ ...resolved, ...over }]);
    if (approved) effect("createApproval", [approved]);
    expect(rejected()).toEqual(["resolved-late"]);
  });
});
