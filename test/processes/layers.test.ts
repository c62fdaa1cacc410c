import { describe, expect, test } from "vitest";
import { Layers } from "./layers.ts";
import type { Request } from "./shared-stores.ts";

const ID = "race-1-2026-03-02-01";

function request(change: Partial<Request>, status = 200): Request {
  const who = { at: 0, worker: 1, run: 1, by: "SubmitBankFile", operation: "PutItem", target: "" };
  return { ...who, answer: { at: 1, status }, ...change };
}

function put(pk: string, sk: string, item: object, change: Partial<Request> = {}, status = 200): Request {
  return request({ target: `${pk} ${sk}`, item: { pk, sk, ...item }, ...change }, status);
}

const stream = (version: number, fence: number, change: Partial<Request> = {}, status = 200) =>
  put("STREAM#race-1", "STATE", { version, fence }, { by: "AcquireLock", ...change }, status);
const intent = (kind: string, run: number) => put(`SUBMISSION#${ID}#01`, "INTENT", { kind }, { run });
const delivery = (run: number) =>
  request({ operation: "PUT", target: `/outbound/100001/${ID}-01.aba?x-id=PutObject`, run });
const claim = (batchId: string, status = 200) =>
  put("MANDATE#M-1", "DEBIT#2026-03-02#01", { batchId }, { by: "StageSegment" }, status);

function faultsOf(answered: readonly Request[], asked: readonly Request[] = []): string[] {
  const layers = new Layers((run) => `execution of run ${run}`);
  for (const one of answered) layers.answered(one);
  for (const one of asked) layers.asked(one);
  return [...layers.faults];
}

describe("the layers", () => {
  test("are sound where every write is on the one before, and who delivers has won its intent", () => {
    const writes = [stream(1, 1), stream(2, 1), stream(2, 2, {}, 400), stream(3, 2), intent("INTENT", 4)];
    expect(faultsOf([...writes, claim("b-1"), claim("b-1", 400), claim("b-2")], [delivery(4)])).toEqual([]);
  });

  test.each<[string, readonly Request[], readonly Request[], string]>([
    ["a version that two have written", [stream(1, 1), stream(1, 1)], [], "AcquireLock writes version 1 of"],
    ["a fence that falls", [stream(1, 2), stream(2, 1)], [], "AcquireLock lowers the fence from 2 to 1"],
    [
      "a write of a run that was fenced out",
      [stream(1, 1), stream(2, 2, { run: 2 }), stream(3, 2, { by: "Reconcile" })],
      [],
      "Reconcile writes under fence 2",
    ],
    ["a claim that its batch has written twice", [claim("b-1"), claim("b-1")], [], "a claim of b-1"],
    ["an intent over a void", [intent("VOID", 1), intent("INTENT", 2)], [], "SUBMISSION#race-1"],
    ["a delivery without an intent", [], [delivery(1)], "is put by a run that has not won its intent"],
    ["a delivery on another's intent", [intent("INTENT", 1)], [delivery(2)], "has not won its intent"],
    ["a delivery after a void", [intent("VOID", 1)], [delivery(1)], "has not won its intent"],
  ])("show %s", (_what, answered, asked, fault) => {
    expect(faultsOf(answered, asked)).toEqual([expect.stringContaining(fault)]);
  });

  test("tell who took the lock over, and whose write of it was refused", () => {
    const layers = new Layers((run) => `execution of run ${run}`);
    const writes = [stream(1, 1), stream(2, 2, { worker: 2 }), stream(3, 2), stream(3, 3, {}, 400)];
    for (const one of writes) layers.answered(one);
    expect(layers.acquirers).toEqual([1, 2]);
    expect(layers.refusedLocks).toBe(1);
  });
});
