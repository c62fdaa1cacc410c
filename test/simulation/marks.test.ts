import { describe, expect, it } from "vitest";
import { ConditionRefused } from "../../lambdas/ports.ts";
import { AT, claim, fileItem, heldBy, segmentItem } from "../builders.ts";
import { Bank } from "./bank.ts";
import type { Caller, Effect, SimulationEvent } from "./events.ts";
import { type Mark, MARKS, Marks } from "./marks.ts";
import { Picture } from "./picture.ts";

const ID = "au-cba-2026-10-06-01";
const OTHER = "au-cba-2026-10-06-02";
const KEY = `999901/${ID}-01.aba`;
const DAY = 24 * 3_600_000;

const called = (name: string, over: Partial<Caller> = {}): Caller => ({ id: "p1", name, event: {}, ...over });
const effect = (method: string, args: readonly unknown[], over: Partial<Effect> = {}): SimulationEvent => ({
  type: "effect",
  at: 0,
  caller: called("SubmitBankFile"),
  port: method === "create" ? "objects" : "ledger",
  method,
  args,
  unheard: false,
  ...over,
});
const ended = (name: string, over: object): SimulationEvent => ({
  type: "ended",
  at: 0,
  caller: called(name),
  ...over,
});
const execution = (over: object = {}): SimulationEvent => ({
  type: "execution",
  at: 0,
  name: ID,
  status: "RUNNING",
  release: "r1",
  redrives: 0,
  ...over,
});
const action = (what: string, target = ID, who = "ann"): SimulationEvent => ({
  type: "action",
  at: 0,
  who,
  what,
  target,
});
const submission = (kind: "INTENT" | "VOID") => ({
  batchId: ID,
  number: 1,
  kind,
  nonce: "n",
  sha256: "s",
  at: AT,
});
const refused = new ConditionRefused("no");
const held = (over: object = {}) => heldBy(ID, over);
const three = [1, 2, 3].map((number) => fileItem({ number }));
const submitting = held({ files: [fileItem({ state: "SUBMITTING" })] });
const submitted = held({ files: [fileItem({ state: "SUBMITTED" })] });
const resolved = held({
  files: [fileItem({ state: "REJECTED", resolved: { outcome: "rejected" } as never })],
});
const accepted = held({
  files: [fileItem({ state: "SUBMITTING" })],
  verdict: { sha256s: [], at: AT, report: "r", accepted: [] },
});
const bytes = Buffer.from("x");

/** For each mark, what happens when it is come through; the last event counts it. */
const SCENES: Readonly<Record<Mark, readonly SimulationEvent[]>> = {
  "lock.contended": [ended("AcquireLock", { error: "LockHeld" })],
  "lock.raced": [
    effect("writeStream", [heldBy(OTHER)]),
    effect("writeStream", [{ ...held({ nonce: "mine" }), nonce: "mine" }], { error: refused }),
  ],
  "lock.ambiguous": [
    { type: "fault", at: 0, caller: called("AcquireLock"), kind: "lose", label: "ledger.writeStream" },
    ended("AcquireLock", { value: { outcome: "ACQUIRED" } }),
  ],
  "late-own-write-refused": [
    effect("writeStream", [held()]),
    effect("writeStream", [held()], { error: refused }),
  ],
  "stale-fence": [ended("SubmitBankFile", { error: "StaleFence" })],
  "submit.in-doubt": [ended("SubmitBankFile", { error: "SubmissionUnknown" })],
  "void.won": [effect("writeStream", [submitting]), effect("createSubmission", [submission("VOID")])],
  "void.lost": [
    effect("createSubmission", [submission("INTENT")]),
    effect("createSubmission", [submission("VOID")], { error: refused }),
  ],
  "evidence.found": [
    effect("create", ["outbound", KEY, bytes]),
    effect("writeStream", [submitted], { before: submitting, caller: called("AbandonBatch", { id: "p2" }) }),
  ],
  "claim.takeover": [effect("writeClaim", [claim({ batchId: OTHER })], { before: claim() })],
  "claim.already": [effect("createSegment", [segmentItem(ID, [1])])],
  "abandon.partial": [ended("AbandonBatch", { value: { outcome: "OPEN" } })],
  "abandon.whole": [ended("AbandonBatch", { value: { outcome: "ABANDONED" } })],
  "abandon.repeated": [1, 2].map(() =>
    ended("AbandonBatch", {
      caller: called("AbandonBatch", { event: { batchId: ID } }),
      value: { outcome: "ABANDONED" },
    }),
  ),
  continue: [execution(), execution({ name: `${ID}-c1` })],
  "continue.after-redrive-limit": [execution(), execution({ name: `${ID}-c1`, at: 14 * DAY + 1 })],
  "redrive.after-failure": [execution({ status: "FAILED" }), execution({ redrives: 1 })],
  "redrive.after-success": [ended("RedriveBatch", { error: "BatchClosed" })],
  "resolve.rejected": [effect("writeStream", [resolved], { before: submitting })],
  "resolve.refused": [ended("Propose", { error: "ProposalRefused" })],
  "approval.refused": [ended("Approve", { error: "ApprovalRefused" })],
  "accept.suspicion": [effect("writeStream", [accepted], { before: submitting })],
  "gate.failed": [ended("Reconcile", { error: "GateFailed" })],
  paused: [ended("AcquireLock", { error: "StreamPaused" })],
  "epoch.refused": [ended("AcquireLock", { error: "EpochMismatch" })],
  "deployed.mid-batch": [execution(), action("deploy", "r2")],
  "old-release.redriven": [
    execution({ status: "FAILED" }),
    action("deploy", "r2"),
    execution({ redrives: 1 }),
  ],
  "zombie.woke": [action("wake", "SubmitBankFile/1", "p1")],
  "zombie.refused": [
    action("wake", "SubmitBankFile/1", "p1"),
    effect("writeBatch", [{}], { error: refused }),
  ],
  "bank.deduplicated": [],
  "bank.rejected": [],
  "bank.deleted": [action("delete", KEY)],
  "three-files": [effect("writeStream", [held({ files: three })], { before: held() })],
  "successor.debits-released": [
    effect("writeClaim", [claim({ batchId: ID })], { before: claim({ batchId: OTHER }) }),
    effect("create", ["outbound", KEY, bytes]),
  ],
  "object.damaged": [
    { type: "fault", at: 0, caller: called("Reconcile"), kind: "corrupt", label: "objects.read.bankFiles" },
  ],
  "retry.used": [1, 2].map(() => ({
    type: "began",
    at: 0,
    caller: called("PlanSegments", { execution: ID }),
  })),
  "cut-off.passed": [ended("SubmitBankFile", { error: "CutOffPassed" })],
  "code.mistaken": [action("composes a row twice", ID, "mistaken code")],
};

/** The marks after these events. */
function marked(events: readonly SimulationEvent[], bank = new Bank("deduplicates")): Marks {
  const picture = new Picture();
  const marks = new Marks(picture, bank);
  for (const event of events) {
    marks.see(event);
    picture.see(event);
  }
  return marks;
}

describe("the marks of a run", () => {
  const FROM_BANK: readonly Mark[] = ["bank.deduplicated", "bank.rejected"];

  for (const mark of MARKS.filter((one) => !FROM_BANK.includes(one))) {
    it(`count ${mark} when it is come through, and not before`, () => {
      const events = SCENES[mark];
      expect(marked(events).counts.get(mark)).toBe(1);
      expect(marked(events.slice(0, -1)).counts.get(mark)).toBe(0);
    });
  }

  it("count what the bank refuses and rejects", () => {
    const bank = new Bank("deduplicates");
    bank.received(KEY, undefined, bytes, 1);
    bank.received(KEY, undefined, bytes, 2);
    const marks = marked([action("pause")], bank);
    expect(FROM_BANK.map((mark) => marks.counts.get(mark))).toEqual([1, 1]);
  });

  it("are missing until something has come through them", () => {
    expect(marked([]).missing()).toEqual(MARKS);
    expect(marked([ended("Reconcile", { error: "GateFailed" })]).missing()).toHaveLength(MARKS.length - 1);
  });

  it("count no race in what one batch writes twice, and in what acquires nothing", () => {
    const first = effect("writeStream", [heldBy(OTHER)]);
    const same = effect("writeStream", [{ ...heldBy(OTHER, { nonce: "x" }), nonce: "x" }], {
      error: refused,
    });
    const other = effect("writeStream", [{ ...held(), nonce: "y" }], { error: refused });
    expect(marked([first, same, other]).counts.get("lock.raced")).toBe(0);
  });

  it("count no retry in what a redrive begins again, and no acquire that was clear", () => {
    const began = (): SimulationEvent => ({
      type: "began",
      at: 0,
      caller: called("PlanSegments", { execution: ID }),
    });
    const redriven = [
      execution(),
      began(),
      execution({ status: "FAILED" }),
      execution({ redrives: 1 }),
      began(),
    ];
    expect(marked(redriven).counts.get("retry.used")).toBe(0);
    const paused = {
      type: "fault",
      at: 0,
      caller: called("AcquireLock"),
      kind: "pause",
      label: "ledger.writeStream",
    };
    const acquired = ended("AcquireLock", { value: { outcome: "ACQUIRED" } });
    expect(marked([paused as SimulationEvent, acquired]).counts.get("lock.ambiguous")).toBe(0);
  });
});
