import { beforeEach, describe, expect, it } from "vitest";
import type { BatchStateName, Deploying, StreamItem } from "../../lambdas/domain/records.ts";
import { AT, batchItem, heldBy, streamItem } from "../builders.ts";
import { DeployLayers } from "./deploy-layers.ts";
import type { Caller, SimulationEvent } from "./events.ts";
import { Picture } from "./picture.ts";

const STREAMS = ["au-cba", "au-wbc"];
const BATCH = "au-cba-2026-10-06-01";
const MINE = "deploy-20261005-000000-00000001";
const THEIRS = "deploy-20261005-000000-00000002";
const NOW = Date.parse(AT);

let picture: Picture;
let layers: DeployLayers;
const stored = new Map<string, StreamItem>();

beforeEach(() => {
  picture = new Picture();
  layers = new DeployLayers(picture, STREAMS);
  stored.clear();
});

function tell(event: SimulationEvent): string[] {
  const broken = layers.see(event);
  picture.see(event);
  return broken.map(({ invariant }) => invariant);
}

const gate = (action: string, deployment = MINE, name = "DeployGate"): Caller => ({
  id: "p1",
  name,
  event: { action, deployment, by: "ci" },
});
const hold = (id: string): Deploying => ({ id, at: AT, by: "ci", streams: STREAMS });

function write(next: StreamItem, caller: Caller): string[] {
  const before = stored.get(next.stream);
  const broken = tell({
    type: "effect",
    at: NOW,
    caller,
    port: "ledger",
    method: "writeStream",
    args: [next, before?.version],
    unheard: false,
    ...(before && { before }),
  });
  stored.set(next.stream, next);
  return broken;
}

function record(state: BatchStateName): void {
  tell({
    type: "effect",
    at: NOW,
    caller: gate("begin", MINE, "CloseBatch"),
    port: "ledger",
    method: "writeBatch",
    args: [batchItem({ state }), undefined],
    unheard: false,
  });
}

const take = (stream: string, id = MINE, caller = gate("begin", id)) =>
  write(streamItem({ ...stored.get(stream), stream, deploying: hold(id) }), caller);
const free = (stream: string, caller = gate("end")) => {
  const { deploying: _, ...rest } = stored.get(stream) ?? streamItem({ stream });
  return write(rest, caller);
};
const told = (allowed: boolean, deployment = MINE) =>
  tell({
    type: "ended",
    at: NOW,
    caller: gate("begin", deployment),
    value: { allowed, deployment },
  });

describe("a deployment", () => {
  it("that takes every free stream, is told so and ends breaks nothing", () => {
    expect([...take("au-cba"), ...take("au-wbc"), ...told(true)]).toEqual([]);
    expect([...free("au-wbc"), ...free("au-cba")]).toEqual([]);
    expect(layers.counts.get("deploy.held")).toBe(1);
  });

  it("takes no stream whose batch is open, without a record or with one, and every one whose batch is over", () => {
    write(heldBy(BATCH), gate("", "", "AcquireLock"));
    expect(take("au-cba")).toEqual(["deploy-over-batch"]);
    free("au-cba");
    record("OPEN");
    expect(take("au-cba")).toEqual(["deploy-over-batch"]);
    for (const over of ["CLOSED", "ABANDONED"] as const) {
      free("au-cba");
      record(over);
      expect(take("au-cba")).toEqual([]);
    }
  });

  it("takes no stream from another one", () => {
    take("au-cba", THEIRS);
    expect(take("au-cba", MINE)).toEqual(["deploy-alone"]);
  });

  it("is held by no other name than the one that was begun, and by nobody but the gate", () => {
    expect(take("au-cba", MINE, gate("begin", THEIRS))).toEqual(["deploy-ends-own"]);
    expect(take("au-wbc", MINE, gate("end"))).toEqual(["deploy-ends-own"]);
    expect(free("au-cba", gate("begin", MINE, "CloseBatch"))).toEqual(["deploy-ends-own"]);
  });

  it("ends no other one", () => {
    take("au-cba", THEIRS);
    expect(free("au-cba", gate("end", MINE))).toEqual(["deploy-ends-own"]);
  });

  it("is told that it holds all only when it does, and no batch is open", () => {
    take("au-cba");
    expect(told(true)).toEqual(["deploy-holds-all"]);
    take("au-wbc");
    expect(told(true)).toEqual([]);
    write(heldBy(BATCH, {}, { deploying: hold(MINE) }), gate("", "", "AcquireLock"));
    expect(told(true)).toEqual(["deploy-holds-all"]);
  });

  it("that is told that it is refused holds nothing", () => {
    take("au-cba");
    expect(told(false)).toEqual(["deploy-gives-back"]);
    free("au-cba", gate("begin"));
    expect(told(false)).toEqual([]);
    expect(layers.counts.get("deploy.given-back")).toBe(1);
    expect(layers.counts.get("deploy.refused")).toBe(2);
  });

  it("keeps what it was told that it holds until its end", () => {
    take("au-cba");
    take("au-wbc");
    told(true);
    expect(free("au-cba", gate("begin"))).toEqual(["deploy-kept"]);
    expect(free("au-wbc")).toEqual([]);
  });

  it("whose end has come before its answer is told of what was", () => {
    take("au-cba");
    take("au-wbc");
    free("au-wbc");
    expect(told(true)).toEqual([]);
  });
});

describe("an override", () => {
  const override = "override.0123";
  const decide = (method: string, item: object) =>
    tell({
      type: "effect",
      at: NOW,
      caller: gate("", "", "Propose"),
      port: "ledger",
      method,
      args: [item],
      unheard: false,
    });
  const propose = () =>
    decide("createProposal", { id: override, action: "override-blackout", by: "ann", minutes: 30 });
  const approve = (by: string, at = AT) => decide("createApproval", { proposal: override, by, at });
  const takeUnder = () =>
    write(streamItem({ ...stored.get("au-cba"), deploying: { ...hold(MINE), override } }), gate("begin"));

  beforeEach(() => {
    write(heldBy(BATCH), gate("", "", "AcquireLock"));
  });

  it("lets a deployment take a stream whose batch is open, once two people have decided it", () => {
    propose();
    approve("bob");
    expect(takeUnder()).toEqual([]);
    take("au-wbc");
    expect(told(true)).toEqual([]);
    expect(layers.counts.get("deploy.overridden")).toBe(1);
  });

  it("that nobody has approved, or its proposer, is none", () => {
    expect(takeUnder()).toEqual(["deploy-override"]);
    free("au-cba");
    propose();
    expect(takeUnder()).toEqual(["deploy-override"]);
    free("au-cba");
    approve("ann");
    expect(takeUnder()).toEqual(["deploy-override"]);
  });

  it("that has run out is none", () => {
    propose();
    approve("bob", new Date(NOW - 60 * 60_000).toISOString());
    expect(takeUnder()).toEqual(["deploy-override"]);
  });

  it("is no approval of something else", () => {
    approve("bob");
    propose();
    decide("createProposal", { id: "another", action: "accept-suspicion", by: "ann" });
    expect(takeUnder()).toEqual(["deploy-override"]);
  });
});

it("leaves alone what is written by hand where nobody deploys through the gate", () => {
  expect(take("au-cba", "d1", gate("", "", "Deployment"))).toEqual([]);
});

it("judges nothing that was refused, and counts the races", async () => {
  const { ConditionRefused } = await import("../../lambdas/ports.ts");
  write(heldBy(BATCH), gate("", "", "AcquireLock"));
  const next = streamItem({ deploying: hold(MINE) });
  const before = stored.get("au-cba");
  const refused = (error: unknown, caller: Caller) =>
    tell({
      type: "effect",
      at: NOW,
      caller,
      port: "ledger",
      method: "writeStream",
      args: [next, 0],
      unheard: false,
      before,
      error,
    });
  expect(refused(new ConditionRefused("no"), gate("begin"))).toEqual([]);
  expect(refused(new Error("no"), gate("begin"))).toEqual([]);
  expect(refused(new ConditionRefused("no"), gate("", "", "AcquireLock"))).toEqual([]);
  expect(layers.counts.get("deploy.raced")).toBe(1);
});
