import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ssmChangeCalendar } from "../../lambdas/adapters/change-calendar.ts";
import { stepFunctionsExecutions } from "../../lambdas/adapters/executions.ts";
import { ledgerOn } from "../../lambdas/adapters/ledger.ts";
import { s3Objects } from "../../lambdas/adapters/objects.ts";
import { cloudFormationStacks } from "../../lambdas/adapters/stacks.ts";
import type { Table } from "../../lambdas/adapters/table.ts";
import type { Acquired } from "../../lambdas/billing-batch/acquire-lock/acquire-lock.ts";
import { batchId } from "../../lambdas/domain/batch.ts";
import { LedgerBusy, LockHeld } from "../../lambdas/domain/faults.ts";
import type { StreamItem } from "../../lambdas/domain/records.ts";
import { ConditionRefused } from "../../lambdas/ports.ts";
import { BILLING_DATE, heldBy } from "../builders.ts";
import { EVERY_ERROR, sdkError } from "../port-faults.ts";
import {
  decisionOn,
  judge,
  type Known,
  lostLines,
  type Outcome,
  play,
  stageOf,
  type Through,
  usual,
} from "./exceptions/cells.ts";
import { BATCH, lived, STREAM } from "./exceptions/life.ts";
import { DEPLOYMENTS } from "./exceptions/deployments.ts";
import { OPERATIONS } from "./exceptions/operations.ts";
import { STEPS } from "./exceptions/steps.ts";

/**
 * The exceptions table: every port call of every function × every error → the decision that the code must take.
 * The decisions are written by hand in exceptions/steps.ts, exceptions/operations.ts and
 * exceptions/deployments.ts; what the functions call is
 * recorded, so that a call without a decision fails, and a decision without its call too. The clock and the nonce
 * cannot fail: nobody waits for them.
 */
const TABLE = { ...STEPS, ...OPERATIONS, ...DEPLOYMENTS };
const LAMBDAS = fileURLToPath(new URL("../../lambdas", import.meta.url));

const life = await lived();
const scenes = await Promise.all(
  Object.entries(TABLE).flatMap(([name, own]) =>
    own.map(async (scene) => ({ name, scene, usually: await usual(scene, life), known: new Map() as Known })),
  ),
);
const decided = scenes.flatMap(({ name, scene, usually, known }) =>
  Object.entries(scene.decisions).map(([call, decision]) => {
    const calls = usually.calls.filter(
      (one) =>
        decisionOn(scene, one.name, one.nth) === decision &&
        (call === one.name || call.startsWith(`${one.name}#`)),
    );
    return { name, when: scene.when, call, decision, calls, scene, usually, known };
  }),
);

/** What acquiring may never come to, whatever was thrown. */
function neverTaken(told: Outcome, item: StreamItem | undefined, before: StreamItem | undefined): string[] {
  const wrong: string[] = [];
  if ("value" in told) {
    const { outcome, fence } = told.value as Acquired;
    const isProven = outcome === "ACQUIRED" && item?.batch?.id === BATCH && item.fence === fence;
    if (!isProven) wrong.push(`it is taken as acquired with fence ${fence}, and the ledger says otherwise`);
    if (item?.batch?.nonce !== "first-1") wrong.push("another call's proof is taken for its own");
    if (fence !== (before?.fence ?? 0) + 1) wrong.push(`the fence ${fence} is invented`);
  } else if (told.thrown instanceof LockHeld)
    wrong.push("it is taken as held by another, and no other holds it");
  return wrong;
}

describe("acquiring the lock", () => {
  const acquiring = scenes.filter(({ name }) => name === "AcquireLock");
  const failing = (method: string, nth: number | "always", landed: boolean, error: unknown): Through => {
    return async (call) => {
      if (call.name !== method || (nth !== "always" && call.nth !== nth)) return call.reach();
      if (landed) await call.reach().catch(() => "refused: an earlier one has landed");
      throw error;
    };
  };
  /** One after the other: a call that is let through by the first meets the second. */
  const both = (first: Through, second: Through): Through => {
    return (call) => first({ ...call, reach: () => second(call) });
  };
  const write = (error: unknown, landed: boolean, nth: number | "always" = 1) =>
    failing("ledger.writeStream", nth, landed, error);
  const readBack = (error: unknown) => failing("ledger.readStream", 2, false, error);

  /** The incident's own: every way in which the write of the lock can throw, each with what must come of it. */
  const WAYS: readonly (readonly [
    way: string,
    through: (error: unknown, other: Error) => Through,
    decision:
      | "acquired only by proof in the ledger"
      | "fails with the very error"
      | "fails with the error of the read",
  ])[] = [
    ["the write did not land", (error) => write(error, false), "acquired only by proof in the ledger"],
    [
      "the write landed and the answer was lost",
      (error) => write(error, true),
      "acquired only by proof in the ledger",
    ],
    ["the write never lands", (error) => write(error, false, "always"), "fails with the very error"],
    ["every answer is lost", (error) => write(error, true, "always"), "acquired only by proof in the ledger"],
    [
      "the write did not land, and the ledger cannot be read afterwards",
      (error, other) => both(write(error, false), readBack(other)),
      "fails with the error of the read",
    ],
    [
      "the write landed, and the ledger cannot be read afterwards",
      (error, other) => both(write(error, true), readBack(other)),
      "fails with the error of the read",
    ],
    [
      "the lock cannot be read before",
      (error) => failing("ledger.readStream", 1, false, error),
      "fails with the very error",
    ],
    [
      "the records cannot be read",
      (error) => failing("ledger.readBatch", "always", false, error),
      "fails with the very error",
    ],
  ];

  it.each(WAYS)("%s, whatever was thrown: $2", async (_, through, decision) => {
    const wrong: string[] = [];
    const other = sdkError("ProvisionedThroughputExceededException");
    for (const { scene } of acquiring) {
      for (const [what, error, kind] of EVERY_ERROR) {
        const stage = await stageOf(scene, life);
        const before = await stage.stores.ledger.readStream(STREAM);
        const told = await play(scene, life, stage, through(error, other));
        const item = await stage.stores.ledger.readStream(STREAM);
        const found = neverTaken(told, item, before);
        if (decision === "acquired only by proof in the ledger") {
          if (!("value" in told)) found.push(`it fails with ${String(told.thrown)}`);
        } else if (!("thrown" in told)) found.push("it is acquired");
        // Only a refusal has a name of its own: the ledger has judged, again and again.
        else if (decision === "fails with the very error" && kind === "condition" && isBusy(told.thrown))
          continue;
        else {
          const expected = decision === "fails with the very error" ? error : other;
          if (!Object.is(told.thrown, expected)) found.push(`it fails with ${String(told.thrown)}`);
        }
        // What a redrive finds is its own, or free: never another's, and never lost.
        const again = await play(scene, life, stage, (call) => call.reach(), true);
        const after = await stage.stores.ledger.readStream(STREAM);
        const isMine = "value" in again && after?.batch?.id === BATCH && after.fence > (before?.fence ?? 0);
        if (!isMine) found.push("a redrive does not acquire it");
        wrong.push(...found.map((text) => `${scene.when}, ${what}: ${text}`));
      }
    }
    expect(wrong).toEqual([]);
  });

  it("is told as held by another only where the ledger names that other, whatever was thrown", async () => {
    const [{ scene }] = acquiring as [(typeof acquiring)[number]];
    const theirs = heldBy(batchId(STREAM, BILLING_DATE, 3), {}, { version: 99, fence: 9 });
    for (const [what, error] of EVERY_ERROR) {
      const stage = await stageOf(scene, life);
      const told = await play(scene, life, stage, (call) => {
        if (call.name !== "ledger.writeStream") return call.reach();
        stage.stores.ledger.putStream(theirs);
        throw error;
      });
      expect("thrown" in told && told.thrown, what).toBeInstanceOf(LockHeld);
      expect(await stage.stores.ledger.readStream(STREAM), what).toEqual(theirs);
    }
  });
});

function isBusy(thrown: unknown): boolean {
  return thrown instanceof LedgerBusy && thrown.cause instanceof ConditionRefused;
}

describe("the exceptions table", () => {
  it("has every function of the app, and no other", () => {
    const folders = readdirSync(LAMBDAS, { recursive: true, encoding: "utf8" })
      .filter((file) => path.basename(file) === "handler.ts")
      .map((file) => path.basename(path.dirname(file)));
    const names = folders.map((folder) =>
      folder.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    );
    expect(names.length).toBeGreaterThan(12);
    expect(Object.keys(TABLE).sort()).toEqual(names.sort());
  });

  it("has every method of the ports that can throw", () => {
    const bucket = () => "bucket";
    const ports = {
      ledger: ledgerOn({} as Table),
      objects: s3Objects(bucket, {}),
      executions: stepFunctionsExecutions("arn", () => "arn", {}),
      changeCalendar: ssmChangeCalendar("calendar", {}),
      stacks: cloudFormationStacks({}),
    };
    const methods = Object.entries(ports).flatMap(([port, own]) =>
      Object.keys(own).map((method) => `${port}.${method}`),
    );
    const called = new Set(decided.map(({ call }) => call.replace(/[ #].*$/, "")));
    expect(methods.filter((method) => !called.has(method))).toEqual([]);
    expect([...called].filter((method) => !methods.includes(method))).toEqual(["once"]);
  });

  it("decides about every call that a function makes, and about no other", () => {
    const undecided = scenes.flatMap(({ name, scene, usually }) =>
      usually.calls
        .filter((call) => decisionOn(scene, call.name, call.nth) === undefined)
        .map((call) => `${name}, ${scene.when}: ${call.name}#${call.nth}`),
    );
    expect(undecided).toEqual([]);
    const idle = decided.filter(({ calls }) => calls.length === 0);
    expect(idle.map(({ name, when, call }) => `${name}, ${when}: ${call}`)).toEqual([]);
  });
});

describe.each(scenes)("$name, when $scene.when", ({ name, scene, usually, known }) => {
  it.each(decided.filter((one) => one.scene === scene && one.name === name))(
    "decides as the table says whatever $call throws",
    async ({ calls, decision }) => {
      const wrong: string[] = [];
      let cells = 0;
      for (const call of calls) {
        const judged = await judge(scene, life, usually, call, decision, known);
        wrong.push(...judged.wrong);
        cells += judged.cells;
      }
      expect(wrong).toEqual([]);
      expect(cells).toBeGreaterThan(40);
    },
  );

  it("does not matter whether a line of the log or a count is lost", async () => {
    const { wrong } = await lostLines(scene, life, usually);
    expect(wrong).toEqual([]);
  });
});
