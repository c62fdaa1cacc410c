import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { submitBankFile } from "../../lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
import {
  BankFileDamaged,
  BatchAbandoned,
  BatchAbandoning,
  BatchUnknown,
  CutOffPassed,
  DeployInProgress,
  EpochMismatch,
  LedgerBusy,
  NotReconciled,
  StaleFence,
  StreamPaused,
  SubmissionStopped,
  SubmissionUnknown,
  TimeShort,
} from "../../lambdas/domain/faults.ts";
import type { FileStateName, StreamItem, SubmissionItem } from "../../lambdas/domain/records.ts";
import { ConditionRefused, type Instant, type Objects } from "../../lambdas/ports.ts";
import { AT, begun, CUT_OFF, fileItem, sha256 } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import {
  answerLost,
  EVERY_ERROR,
  failing,
  intercepted,
  LateCalls,
  lost,
  type Mishap,
  sdkError,
} from "../port-faults.ts";
import {
  bytesOf,
  filesOf,
  itemOf,
  memory,
  pickUp,
  reconciled,
  type World,
  worldOn,
  type WorldPorts,
} from "../world.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const LIMIT = 300_000;
const DECISION = { by: "ann", reason: "why", at: AT };

const submit = (world: World, fence = 1, ports: WorldPorts = world.ports()) =>
  submitBankFile({ batchId: world.id(), fence, timeLimitMs: LIMIT }, ports);

const statesOf = async (world: World) => (await filesOf(world)).map(({ state }) => state);
const submission = (world: World, file = 1) => world.ledger.readSubmission(world.id(), file);
const deliveries = async (world: World, file = 1) =>
  (await world.objects.versions("outbound", pickUp(world, file))).length;

/** The ports with a mishap on one method's n-th call. */
function withMishap(
  world: World,
  port: "ledger" | "objects",
  method: string,
  mishap: Mishap,
  at: number | "always" = 1,
): WorldPorts {
  const ports = world.ports();
  return { ...ports, [port]: failing(ports[port], method as never, mishap, at) };
}

async function ready(
  states: readonly FileStateName[] = ["RECONCILED"],
  over: Parameters<typeof reconciled>[2] = {},
) {
  const world = worldOn(stores);
  await reconciled(world, states, over);
  return world;
}

async function inMemory(states: readonly FileStateName[] = ["RECONCILED"]) {
  const world = worldOn(memory());
  await reconciled(world, states);
  return world;
}

describe("SubmitBankFile", () => {
  it("gives the bank the files in order, each once, with intent before and evidence after", async () => {
    const world = await ready(["RECONCILED", "RECONCILED"]);
    expect(await submit(world)).toEqual({ submitted: 2, withdrawn: 0, rejected: 0 });
    for (const [index, file] of (await filesOf(world)).entries()) {
      const number = index + 1;
      expect(file).toMatchObject({
        number,
        state: "SUBMITTED",
        delivered: { key: pickUp(world, number), at: AT },
      });
      expect((await world.objects.read("outbound", pickUp(world, number)))?.bytes).toEqual(bytesOf(number));
      const nonce = file.submitting?.nonce;
      expect(await submission(world, number)).toEqual({
        batchId: world.id(),
        number,
        kind: "INTENT",
        nonce,
        sha256: file.sha256,
        at: AT,
      });
    }
    expect(world.lines.map(({ outcome, file }) => [outcome, file])).toEqual([
      ["submitted", 1],
      ["submitted", 2],
    ]);
  });

  it("finds its work done, and sends nothing again", async () => {
    const world = await ready();
    await submit(world);
    const before = await itemOf(world);
    expect(await submit(world)).toEqual({ submitted: 1, withdrawn: 0, rejected: 0 });
    expect(await itemOf(world)).toEqual(before);
    expect(await deliveries(world)).toBe(1);
  });

  it("passes a batch without files, and one whose files are all over", async () => {
    expect(await submit(await ready([]))).toEqual({ submitted: 0, withdrawn: 0, rejected: 0 });
    const over = await ready(["SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"]);
    expect(await submit(over)).toEqual({ submitted: 2, withdrawn: 1, rejected: 1 });
  });

  it("holds the files behind one that was not submitted, and lets those before it stand", async () => {
    for (const state of ["WITHDRAWN", "REJECTED"] as const) {
      const world = await ready(["RECONCILED", state, "RECONCILED"]);
      await expect(submit(world)).rejects.toThrow(SubmissionStopped);
      expect(await statesOf(world)).toEqual(["SUBMITTED", state, "RECONCILED"]);
      expect(await deliveries(world, 3)).toBe(0);
    }
  });

  it("sends no file without the gate's verdict for it", async () => {
    const composed = await ready(["COMPOSED"]);
    await expect(submit(composed)).rejects.toThrow(NotReconciled);
    for (const verdict of [undefined, { sha256s: ["other"], at: AT, report: "r" }]) {
      const world = await ready(["RECONCILED"], { verdict });
      await expect(submit(world)).rejects.toThrow(NotReconciled);
      expect(await statesOf(world)).toEqual(["RECONCILED"]);
      expect(await deliveries(world)).toBe(0);
    }
    const never = await ready(["RECONCILED"], { files: undefined });
    await expect(submit(never)).rejects.toThrow(NotReconciled);
  });

  it("begins nothing while paused, deploying, abandoning, or under another epoch", async () => {
    const cases: [Parameters<typeof reconciled>[2], Partial<StreamItem>, new (message: string) => Error][] = [
      [{ paused: DECISION }, {}, StreamPaused],
      [{ abandoning: DECISION }, {}, BatchAbandoning],
      [{}, { deploying: { id: "d-1", at: AT, by: "ci", streams: [] } }, DeployInProgress],
      [{}, { epoch: 2 }, EpochMismatch],
    ];
    for (const [over, change, fault] of cases) {
      const world = await ready(["RECONCILED"], over);
      const item = await itemOf(world);
      await world.ledger.writeStream({ ...item, ...change, version: 2 }, 1);
      await expect(submit(world)).rejects.toThrow(fault);
      expect(await statesOf(world)).toEqual(["RECONCILED"]);
      expect(await submission(world)).toBeUndefined();
      expect(await deliveries(world)).toBe(0);
    }
  });

  it("begins nothing of a batch that was abandoned, though the lock still names it and every file has its verdict", async () => {
    const world = await ready();
    const record = await world.ledger.readBatch(world.id());
    if (record) await world.ledger.writeBatch({ ...record, version: 2, state: "ABANDONED" }, record.version);
    await expect(submit(world)).rejects.toThrow(new BatchAbandoned(`batch ${world.id()} was abandoned`));
    expect(await statesOf(world)).toEqual(["RECONCILED"]);
    expect(await submission(world)).toBeUndefined();
  });

  it("judges pause and deployment again after a lost race, at the instant of its write", async () => {
    const changes: [Partial<StreamItem>, new (message: string) => Error][] = [
      [{ paused: DECISION }, StreamPaused],
      [{ deploying: { id: "d-1", at: AT, by: "ci", streams: [] } }, DeployInProgress],
      [{ epoch: 9 }, EpochMismatch],
    ];
    for (const [change, fault] of changes) {
      const world = await inMemory();
      const ports = withMishap(world, "ledger", "writeStream", async ({ reach }) => {
        const item = await itemOf(world);
        await world.ledger.writeStream({ ...item, ...change, version: item.version + 1 }, item.version);
        return reach();
      });
      await expect(submit(world, 1, ports)).rejects.toThrow(fault);
      expect(await statesOf(world)).toEqual(["RECONCILED"]);
      expect(await deliveries(world)).toBe(0);
    }
  });

  it("goes on with a file that was begun, though the stream was paused since", async () => {
    const world = await inMemory();
    const ports = withMishap(world, "ledger", "createSubmission", async ({ reach }) => {
      const item = await itemOf(world);
      await world.ledger.writeStream({ ...item, paused: DECISION, version: item.version + 1 }, item.version);
      return reach();
    });
    expect(await submit(world, 1, ports)).toMatchObject({ submitted: 1 });
  });

  it("begins until one time-out before the cut-off, and not a millisecond later", async () => {
    const world = await ready();
    for (const late of [CUT_OFF - LIMIT, CUT_OFF, CUT_OFF + 86_400_000]) {
      world.now = late as Instant;
      await expect(submit(world)).rejects.toThrow(CutOffPassed);
    }
    expect(await submission(world)).toBeUndefined();
    world.now = (CUT_OFF - LIMIT - 1) as Instant;
    expect(await submit(world)).toMatchObject({ submitted: 1 });
  });

  it("begins no further file with little of the call's time left, and a redrive goes on with it", async () => {
    const world = await inMemory(["RECONCILED", "RECONCILED"]);
    const ports = world.ports();
    const objects = {
      ...ports.objects,
      create: async (...put: Parameters<typeof ports.objects.create>) => {
        const answer = await ports.objects.create(...put);
        world.now = (world.now + LIMIT * 0.8) as typeof world.now;
        return answer;
      },
    };
    await expect(submit(world, 1, { ...ports, objects })).rejects.toThrow(TimeShort);
    expect(await statesOf(world)).toEqual(["SUBMITTED", "RECONCILED"]);
    expect(await submit(world)).toMatchObject({ submitted: 2 });
  });

  it("begins with a third of the call's time left, and not with a millisecond less", async () => {
    for (const [gone, submitted] of [
      [(LIMIT * 2) / 3, 1],
      [(LIMIT * 2) / 3 + 1, 0],
    ] as const) {
      const world = await inMemory();
      const ports = withMishap(world, "objects", "read", async ({ reach }) => {
        const stored = await reach();
        world.now = (world.now + gone) as Instant;
        return stored;
      });
      const tally = await submit(world, 1, ports).catch(() => ({ submitted: 0 }));
      expect(tally).toMatchObject({ submitted });
    }
  });

  it("settles what was begun after the cut-off all the same", async () => {
    const world = await ready(["SUBMITTING"]);
    world.now = (CUT_OFF + 1) as Instant;
    await world.objects.create("outbound", pickUp(world), bytesOf(1), "text/plain");
    expect(await submit(world)).toMatchObject({ submitted: 1 });
  });

  it("finds damaged bytes before anything has begun", async () => {
    const world = await ready();
    const [file] = await filesOf(world);
    await world.overwrite("bankFiles", file?.key ?? "", Buffer.from("another file"));
    await expect(submit(world)).rejects.toThrow(BankFileDamaged);
    expect(await statesOf(world)).toEqual(["RECONCILED"]);
    expect(await submission(world)).toBeUndefined();
  });

  it("needs the lock with its own fence, a record and a stream", async () => {
    const world = await ready();
    for (const fence of [0, 2]) await expect(submit(world, fence)).rejects.toThrow(StaleFence);
    const unknown = { batchId: world.id(2), fence: 1, timeLimitMs: LIMIT };
    await expect(submitBankFile(unknown, world.ports())).rejects.toThrow(BatchUnknown);
    expect(await deliveries(world)).toBe(0);
  });

  it("is stopped between two files by an acquire that raised the fence", async () => {
    const world = await inMemory(["RECONCILED", "RECONCILED"]);
    const ports = withMishap(
      world,
      "ledger",
      "writeStream",
      async ({ reach }) => {
        await reach();
        const item = await itemOf(world);
        await world.ledger.writeStream(
          { ...item, fence: item.fence + 1, version: item.version + 1 },
          item.version,
        );
      },
      2,
    );
    await expect(submit(world, 1, ports)).rejects.toThrow(StaleFence);
    expect(await statesOf(world)).toEqual(["SUBMITTED", "RECONCILED"]);
    expect(await submit(world, 2)).toMatchObject({ submitted: 2 });
    expect([await deliveries(world, 1), await deliveries(world, 2)]).toEqual([1, 1]);
  });
});

describe("SubmitBankFile, to whoever watches,", () => {
  /** What it says, with the stream's name left out: each world has its own. */
  const said = async (world: World, ports?: WorldPorts) =>
    submit(world, 1, ports).then(
      () => "nothing",
      (error: Error) => error.message.replaceAll(world.stream.name, "S"),
    );
  const FIRST = "file 01 of batch S-2026-10-06-01";

  it("writes one line per file, with its hash", async () => {
    const world = await inMemory();
    await submit(world);
    expect(world.lines).toEqual([
      {
        state: "SubmitBankFile",
        batchId: world.id(),
        stream: world.stream.name,
        fence: 1,
        nonce: (await filesOf(world))[0]?.submitting?.nonce,
        outcome: "submitted",
        file: 1,
        sha256: sha256(bytesOf(1)),
      },
    ]);
  });

  it("counts the files that it has brought about, and none that was settled before", async () => {
    const world = await inMemory(["SUBMITTED", "RECONCILED"]);
    await submit(world);
    expect(world.counts).toEqual([["FilesSubmitted", world.stream.name]]);
    const settled = await inMemory(["SUBMITTED", "ACKNOWLEDGED", "WITHDRAWN", "REJECTED"]);
    await submit(settled);
    expect(settled.counts).toEqual([]);
    const withdrawn = await inMemory(["SUBMITTING"]);
    await submit(withdrawn);
    expect(withdrawn.counts).toEqual([["FilesWithdrawn", withdrawn.stream.name]]);
  });

  it("says what stands against a submission", async () => {
    const held = async (change: Partial<StreamItem>) => {
      const world = await inMemory();
      const item = await itemOf(world);
      await world.ledger.writeStream({ ...item, ...change, version: 2 }, 1);
      return said(world);
    };
    expect(await held({ paused: DECISION })).toBe("stream S was paused by ann");
    expect(await held({ deploying: { id: "d-1", at: AT, by: "ci", streams: [] } })).toBe(
      "deployment d-1 holds stream S",
    );
    expect(await held({ epoch: 2 })).toBe("the ledger's epoch for S is 2, the configuration's is 1");
    const abandoning = worldOn(memory());
    await reconciled(abandoning, ["RECONCILED"], { abandoning: DECISION });
    expect(await said(abandoning)).toBe("batch S-2026-10-06-01 is being abandoned");
  });

  it("says what a file lacks that it may not send", async () => {
    expect(await said(await inMemory(["COMPOSED"]))).toBe(`${FIRST} has no verdict of the gate`);
    expect(await said(await inMemory(["WITHDRAWN", "RECONCILED"]))).toBe(
      "file 02 of batch S-2026-10-06-01 stays back: an earlier file of the batch was not submitted",
    );
    const other = worldOn(memory());
    await reconciled(other, ["RECONCILED"], { verdict: { sha256s: ["other"], at: AT, report: "r" } });
    expect(await said(other)).toBe(`${FIRST} has no verdict for its SHA-256`);
    const never = worldOn(memory());
    await reconciled(never, ["RECONCILED"], { files: undefined });
    expect(await said(never)).toBe("batch S-2026-10-06-01 has no frozen set of files");
  });

  it("says when it should have begun, and that too little time is left", async () => {
    const world = await inMemory();
    world.now = CUT_OFF;
    expect(await said(world)).toMatch(
      new RegExp(`^${FIRST}: the cut-off of .* and a submission must begin 300 seconds before it$`),
    );
    const late = await inMemory();
    const ports = late.ports();
    const objects = failing(ports.objects, "read", async ({ reach }) => {
      const stored = await reach();
      late.now = (late.now + LIMIT * 0.8) as Instant;
      return stored;
    });
    expect(await said(late, { ...ports, objects })).toBe(
      `${FIRST} is not begun: the call has too little time left`,
    );
  });

  it("says of a file in doubt what makes it so, and when to ask the bank", async () => {
    const world = await inMemory();
    const ports = withMishap(world, "objects", "create", lost(sdkError("TimeoutError")));
    const doubt = `${FIRST} may or may not be with the bank: `;
    expect(await said(world, ports)).toBe(
      `${doubt}its intent stands, and no version with its SHA-256 lies under its key; ask the bank after ` +
        new Date(Date.parse(AT) + 20 * 60_000).toISOString(),
    );
    const silent = await inMemory();
    const noStore = withMishap(silent, "objects", "versions", lost(sdkError("SlowDown")), "always");
    expect(await said(silent, noStore)).toBe(`${doubt}the store does not say what lies under its key`);
    const begunThere = await inMemory(["SUBMITTING"]);
    const noLedger = withMishap(begunThere, "ledger", "createSubmission", lost("a text"), "always");
    expect(await said(begunThere, noLedger)).toBe(
      `${doubt}the ledger does not say whether its intent stands`,
    );
  });

  it("says that another call's intent stands, with what the ledger had answered", async () => {
    const world = await inMemory();
    const hash = (await filesOf(world))[0]?.sha256 ?? "";
    const twin = { batchId: world.id(), number: 1, kind: "INTENT", nonce: "twin", sha256: hash, at: AT };
    await world.ledger.createSubmission(twin as SubmissionItem);
    const fault = submit(world);
    await expect(fault).rejects.toThrow("may or may not be with the bank: another call's intent stands");
    await expect(fault).rejects.toMatchObject({ cause: { name: "ConditionRefused" } });
  });

  it("hands the bank a text of ASCII", async () => {
    const world = await inMemory();
    const ports = world.ports();
    const kinds: unknown[] = [];
    const objects = intercepted<Objects>(ports.objects, (call) => {
      if (call.method === "create") kinds.push(call.args[3]);
      return call.reach();
    });
    await submit(world, 1, { ...ports, objects });
    expect(kinds).toEqual(["text/plain; charset=us-ascii"]);
  });
});

describe("SubmitBankFile, the two single-winner writes", () => {
  it("delivers at most once when two calls run at once, and leaves no file without an end", async () => {
    for (let times = 0; times < 3; times += 1) {
      const world = await ready();
      await Promise.allSettled([submit(world), submit(world)]);
      await submit(world);
      const [state] = await statesOf(world);
      const kind = (await submission(world))?.kind;
      const ends = { SUBMITTED: ["INTENT", 1], WITHDRAWN: ["VOID", 0] };
      expect([kind, await deliveries(world)]).toEqual(ends[state as keyof typeof ends]);
    }
  });

  it("puts a lost intent again, a bounded number of times, and then leaves the file begun and unsent", async () => {
    const once = await inMemory();
    const error = sdkError("TimeoutError");
    expect(await submit(once, 1, withMishap(once, "ledger", "createSubmission", lost(error)))).toMatchObject({
      submitted: 1,
    });

    const world = await inMemory();
    let tries = 0;
    const failed: Mishap = (call) => {
      tries += 1;
      return lost(error)(call);
    };
    const ports = withMishap(world, "ledger", "createSubmission", failed, "always");
    await expect(submit(world, 1, ports)).rejects.toBe(error);
    expect(tries).toBe(3);
    expect(await statesOf(world)).toEqual(["SUBMITTING"]);
    expect(await deliveries(world)).toBe(0);
    // Whoever comes next proves by a VOID that nothing was sent.
    expect(await submit(world)).toEqual({ submitted: 0, withdrawn: 1, rejected: 0 });
    expect((await submission(world))?.kind).toBe("VOID");
  });

  it("sends nothing after an intent that landed late, when a VOID was first", async () => {
    const world = await inMemory();
    const late = new LateCalls();
    const ports = withMishap(
      world,
      "ledger",
      "createSubmission",
      late.late(sdkError("TimeoutError")),
      "always",
    );
    await expect(submit(world, 1, ports)).rejects.toThrow("TimeoutError");
    await submit(world);
    await late.land();
    expect((await submission(world))?.kind).toBe("VOID");
    expect(await statesOf(world)).toEqual(["WITHDRAWN"]);
  });

  it("is in doubt about an intent that landed late and was not voided", async () => {
    const world = await inMemory();
    const late = new LateCalls();
    const ports = withMishap(
      world,
      "ledger",
      "createSubmission",
      late.late(sdkError("TimeoutError")),
      "always",
    );
    await expect(submit(world, 1, ports)).rejects.toThrow("TimeoutError");
    await late.land();
    await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
    expect(await statesOf(world)).toEqual(["UNKNOWN"]);
    expect(await deliveries(world)).toBe(0);
  });

  it("sends nothing when a VOID stands before its intent", async () => {
    const world = await ready();
    const [file] = await filesOf(world);
    const ports = withMishap(world, "ledger", "createSubmission", async ({ reach }) => {
      const voided: SubmissionItem = {
        batchId: world.id(),
        number: 1,
        kind: "VOID",
        nonce: "twin",
        sha256: file?.sha256 ?? "",
        at: AT,
      };
      await world.ledger.createSubmission(voided);
      return reach();
    });
    expect(await submit(world, 1, ports)).toEqual({ submitted: 0, withdrawn: 1, rejected: 0 });
    expect(await statesOf(world)).toEqual(["WITHDRAWN"]);
    expect(await deliveries(world)).toBe(0);
  });

  it("sends nothing when another call's intent stands, even one of another hash", async () => {
    for (const sha of ["same", "f".repeat(64)]) {
      const world = await inMemory();
      const [file] = await filesOf(world);
      const hash = sha === "same" ? (file?.sha256 ?? "") : sha;
      await world.ledger.createSubmission({
        batchId: world.id(),
        number: 1,
        kind: "INTENT",
        nonce: "twin",
        sha256: hash,
        at: AT,
      });
      await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
      expect(await deliveries(world)).toBe(0);
      // Nobody knows when bytes of another hash were begun, so there is no hour after which to ask.
      await expect(submit(world)).rejects.toThrow(
        sha === "same" ? /under its key; ask the bank after \S+$/ : /under its key$/,
      );
      expect(await statesOf(world)).toEqual(["UNKNOWN"]);
    }
  });

  it("sends nothing when another call won the first write", async () => {
    for (const state of ["SUBMITTING", "UNKNOWN", "SUBMITTED", "WITHDRAWN"] as const) {
      const world = await inMemory();
      const ports = withMishap(world, "ledger", "writeStream", async ({ reach }) => {
        const item = await itemOf(world);
        const files = [
          fileItem({
            sha256: sha256(bytesOf(1)),
            state,
            submitting: { ...begun(1, pickUp(world)), nonce: "twin" },
          }),
        ];
        const batch = { ...item.batch, files } as NonNullable<StreamItem["batch"]>;
        await world.ledger.writeStream(
          { ...item, batch, version: item.version + 1, nonce: "twin" },
          item.version,
        );
        return reach();
      });
      const tally = await submit(world, 1, ports);
      const sent = state === "SUBMITTED";
      expect(tally).toEqual({ submitted: sent ? 1 : 0, withdrawn: sent ? 0 : 1, rejected: 0 });
      expect(await deliveries(world)).toBe(0);
      expect(await statesOf(world)).toEqual([sent ? "SUBMITTED" : "WITHDRAWN"]);
      // What was over is left alone; what was begun is voided, so that nobody sends it any more.
      const begunByTwin = state === "SUBMITTING" || state === "UNKNOWN";
      expect((await submission(world))?.kind).toBe(begunByTwin ? "VOID" : undefined);
    }
  });

  it("goes on where its own intent landed though the answer was lost, and puts no second one", async () => {
    const world = await inMemory();
    const ports = withMishap(world, "ledger", "createSubmission", answerLost(sdkError("TimeoutError")));
    expect(await submit(world, 1, ports)).toMatchObject({ submitted: 1 });
  });

  it("sends no bytes but those that the frozen set names at the instant of its write", async () => {
    const world = await inMemory();
    const ports = withMishap(world, "objects", "read", async ({ reach }) => {
      const stored = await reach();
      const item = await itemOf(world);
      const [file] = await filesOf(world);
      const files = [{ ...file, sha256: "f".repeat(64) }];
      const batch = { ...item.batch, files } as NonNullable<StreamItem["batch"]>;
      await world.ledger.writeStream({ ...item, batch, version: item.version + 1 }, item.version);
      return stored;
    });
    await expect(submit(world, 1, ports)).rejects.toThrow(NotReconciled);
    expect(await deliveries(world)).toBe(0);
  });

  it("lets stand what a twin has withdrawn while it was about to do the same", async () => {
    const world = await inMemory(["SUBMITTING"]);
    const ports = withMishap(world, "ledger", "writeStream", async ({ reach }) => {
      await submit(world);
      return reach();
    });
    expect(await submit(world, 1, ports)).toEqual({ submitted: 0, withdrawn: 1, rejected: 0 });
  });

  it("looks under the bank's key, and nowhere else, before it delivers and after", async () => {
    const world = await inMemory();
    const ports = world.ports();
    const looked: unknown[] = [];
    const objects = intercepted<Objects>(ports.objects, (call) => {
      if (call.method === "versions") looked.push(call.args);
      return call.reach();
    });
    await submit(world, 1, { ...ports, objects });
    const place = ["outbound", pickUp(world)];
    expect(looked).toEqual([place, place]);
  });

  it("says that it is in doubt where its doubt cannot be written down", async () => {
    const world = await inMemory(["SUBMITTING"]);
    const hash = (await filesOf(world))[0]?.sha256 ?? "";
    const intent = { batchId: world.id(), number: 1, kind: "INTENT", nonce: "n", sha256: hash, at: AT };
    await world.ledger.createSubmission(intent as SubmissionItem);
    for (const error of [sdkError("ThrottlingException"), new ConditionRefused("lost")]) {
      const ports = withMishap(world, "ledger", "writeStream", lost(error), "always");
      await expect(submit(world, 1, ports)).rejects.toThrow(
        "its intent stands, and the ledger does not take down that it is unknown",
      );
    }
  });

  it("uses its nonce for nothing but its own call: the same execution again is another call", async () => {
    const world = await inMemory();
    const ports = withMishap(world, "ledger", "createSubmission", lost("the process dies"), "always");
    await expect(submit(world, 1, ports)).rejects.toBe("the process dies");
    const begunBy = (await filesOf(world))[0]?.submitting?.nonce;
    await submit(world);
    expect((await submission(world))?.nonce).not.toBe(begunBy);
    expect(await deliveries(world)).toBe(0);
  });
});

describe("SubmitBankFile, the delivery", () => {
  it("is in doubt where nothing lies under the key, and is never sent again", async () => {
    const world = await ready(["RECONCILED", "RECONCILED"]);
    const error = sdkError("TimeoutError");
    const told = submit(world, 1, withMishap(world, "objects", "create", lost(error)));
    await expect(told).rejects.toThrow(SubmissionUnknown);
    await expect(told).rejects.toMatchObject({ cause: error });
    for (let times = 0; times < 2; times += 1) await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
    expect(await statesOf(world)).toEqual(["UNKNOWN", "RECONCILED"]);
    expect([await deliveries(world, 1), await deliveries(world, 2)]).toEqual([0, 0]);
  });

  it("is in doubt, and not failed, when the store gives no answer after the intent", async () => {
    for (const [method, at] of [
      ["versions", 1],
      ["versions", 2],
      ["read", 2],
    ] as const) {
      const world = await inMemory();
      const error = sdkError("SlowDown");
      const told = submit(world, 1, withMishap(world, "objects", method, lost(error), at));
      await expect(told, `${method} ${at}`).rejects.toThrow(SubmissionUnknown);
      await expect(told).rejects.toMatchObject({ cause: error });
      expect((await submission(world))?.kind).toBe("INTENT");
    }
  });

  it("needs no person once a put that was late has arrived", async () => {
    const world = await ready(["RECONCILED", "RECONCILED"]);
    const late = new LateCalls();
    await expect(
      submit(world, 1, withMishap(world, "objects", "create", late.late(sdkError("TimeoutError")))),
    ).rejects.toThrow(SubmissionUnknown);
    await late.land();
    expect(await submit(world)).toEqual({ submitted: 2, withdrawn: 0, rejected: 0 });
    expect([await deliveries(world, 1), await deliveries(world, 2)]).toEqual([1, 1]);
  });

  it("puts nothing where something lies under the key already, and takes only its own bytes for evidence", async () => {
    const foreign = await ready();
    await foreign.objects.create("outbound", pickUp(foreign), Buffer.from("something else"), "text/plain");
    await expect(submit(foreign)).rejects.toThrow(SubmissionUnknown);
    expect((await foreign.objects.read("outbound", pickUp(foreign)))?.bytes.toString()).toBe(
      "something else",
    );

    const own = await inMemory();
    await own.overwrite("outbound", pickUp(own), bytesOf(1));
    expect(await submit(own)).toMatchObject({ submitted: 1 });
    expect(await deliveries(own)).toBe(1);
  });

  it("is not even tried where the bank has removed what lay there, though the store would take it", async () => {
    const world = await inMemory();
    const tried: string[] = [];
    const ports = world.ports();
    const objects = intercepted(ports.objects, (call) => {
      if (call.method === "create") tried.push(String(call.args[1]));
      // A version under a delete marker: it is listed, and nothing refuses the next put.
      return call.method === "versions" ? Promise.resolve([{ version: "removed" }]) : call.reach();
    });
    await expect(submit(world, 1, { ...ports, objects })).rejects.toThrow(SubmissionUnknown);
    expect(tried).toEqual([]);
  });

  it("is not tried where another call has withdrawn the file or ended the batch, whatever the intent says", async () => {
    for (const isOver of [false, true]) {
      const world = await inMemory();
      const ports = world.ports();
      // Nobody can who has found the intent: this is the guard behind that one.
      const objects = failing(ports.objects, "versions", async ({ reach }) => {
        const { batch, ...item } = await itemOf(world);
        const files = batch?.files?.map((file) => ({ ...file, state: "WITHDRAWN" as const })) ?? [];
        const left = isOver || batch === undefined ? item : { ...item, batch: { ...batch, files } };
        await world.ledger.writeStream({ ...left, version: item.version + 1 }, item.version);
        return reach();
      });
      const told = submit(world, 1, { ...ports, objects });
      if (isOver) await expect(told).rejects.toThrow(StaleFence);
      else expect(await told).toEqual({ submitted: 0, withdrawn: 1, rejected: 0 });
      expect(await deliveries(world)).toBe(0);
    }
  });

  it("is not tried by a process that was frozen until its call was over, and is in doubt", async () => {
    for (const [late, sent] of [
      [LIMIT, 0],
      [LIMIT - 1, 1],
    ] as const) {
      const world = await inMemory();
      const ports = world.ports();
      // It has looked that nothing lies there; when it goes on, the world may be another one.
      const objects = failing(ports.objects, "versions", async ({ reach }) => {
        const found = await reach();
        world.now = (world.now + late) as Instant;
        return found;
      });
      const told = submit(world, 1, { ...ports, objects });
      if (sent) await expect(told).resolves.toMatchObject({ submitted: 1 });
      else
        await expect(told).rejects.toMatchObject({
          name: "SubmissionUnknown",
          cause: {
            name: "TimeShort",
            message: `file 01 of batch ${world.id()} is not delivered: the call's time is over`,
          },
        });
      expect(await deliveries(world)).toBe(sent);
      expect(await statesOf(world)).toEqual([sent ? "SUBMITTED" : "UNKNOWN"]);
    }
  });

  it("is not tried by a process that was frozen over its last look at the ledger either", async () => {
    const world = await inMemory();
    const ports = world.ports();
    let isNext = false;
    const objects = failing(ports.objects, "versions", async ({ reach }) => {
      isNext = true;
      return reach();
    });
    const ledger: typeof ports.ledger = {
      ...ports.ledger,
      readStream: async (stream) => {
        const found = await ports.ledger.readStream(stream);
        if (isNext) world.now = (world.now + LIMIT) as Instant;
        isNext = false;
        return found;
      },
    };
    await expect(submit(world, 1, { ...ports, objects, ledger })).rejects.toMatchObject({
      name: "SubmissionUnknown",
      cause: { name: "TimeShort" },
    });
    expect(await deliveries(world)).toBe(0);
  });

  it("does not mark a file as submitted before its bytes were read back", async () => {
    const world = await inMemory();
    const states: FileStateName[][] = [];
    const ports = world.ports();
    const objects = failing(ports.objects, "create", async ({ reach }) => {
      states.push([...(await statesOf(world))]);
      return reach();
    });
    const flipped = failing(objects, "read", async () => ({ bytes: Buffer.from("flipped on the way") }), 2);
    await expect(submit(world, 1, { ...ports, objects: flipped })).rejects.toThrow(SubmissionUnknown);
    expect(states).toEqual([["SUBMITTING"]]);
    expect(await statesOf(world)).toEqual(["UNKNOWN"]);
    expect(await submit(world)).toMatchObject({ submitted: 1 });
  });

  it("lets the confirming write fail, and finds the evidence when it is called again", async () => {
    const world = await inMemory();
    const error = sdkError("ThrottlingException");
    const down = { ...world.ports(), ledger: failing(world.ledger, "writeStream", lost(error), 2) };
    expect(await submit(world, 1, down)).toMatchObject({ submitted: 1 });

    const other = await inMemory();
    let writes = 0;
    const refusing = failing(
      other.ledger,
      "writeStream",
      async ({ reach }) => {
        writes += 1;
        if (writes > 1) throw new ConditionRefused("busy");
        return reach();
      },
      "always",
    );
    await expect(submit(other, 1, { ...other.ports(), ledger: refusing })).rejects.toThrow(LedgerBusy);
    expect(await statesOf(other)).toEqual(["SUBMITTING"]);
    expect(await submit(other)).toMatchObject({ submitted: 1 });
    expect(await deliveries(other)).toBe(1);
  });
});

describe("a file that is found begun", () => {
  const found = (state: "SUBMITTING" | "UNKNOWN") => inMemory([state]);
  const begun = ["SUBMITTING", "UNKNOWN"] as const;

  it.each(begun)(
    "%s, with its bytes under the key, is submitted, though the bank has removed them since",
    async (state) => {
      const world = await found(state);
      await world.overwrite("outbound", pickUp(world), bytesOf(1));
      await world.overwrite("outbound", pickUp(world), Buffer.from("a receipt"));
      expect(await submit(world)).toMatchObject({ submitted: 1 });
      expect((await filesOf(world))[0]).toMatchObject({
        state: "SUBMITTED",
        delivered: { version: expect.any(String) },
      });
    },
  );

  it.each(begun)(
    "%s, without a submission, is withdrawn by a VOID that can never be sent again",
    async (state) => {
      const world = await found(state);
      expect(await submit(world)).toMatchObject({ withdrawn: 1 });
      expect(await submission(world)).toMatchObject({
        kind: "VOID",
        sha256: (await filesOf(world))[0]?.sha256,
      });
    },
  );

  it.each(begun)("%s, with a VOID, is withdrawn, whatever answers were lost", async (state) => {
    for (const [, error] of EVERY_ERROR) {
      const world = await found(state);
      const ports = withMishap(world, "ledger", "createSubmission", answerLost(error));
      expect(await submit(world, 1, ports)).toMatchObject({ withdrawn: 1 });
    }
  });

  it.each(begun)("%s, with an intent and no bytes, is unknown and stops everything", async (state) => {
    const world = await inMemory([state, "RECONCILED"]);
    await world.ledger.createSubmission({
      batchId: world.id(),
      number: 1,
      kind: "INTENT",
      nonce: "before",
      sha256: "x",
      at: AT,
    });
    await expect(submit(world)).rejects.toThrow(SubmissionUnknown);
    expect(await statesOf(world)).toEqual(["UNKNOWN", "RECONCILED"]);
  });

  it.each(begun)(
    "%s, is left as it is where the ledger cannot say whether its VOID landed",
    async (state) => {
      const world = await found(state);
      const error = sdkError("TimeoutError");
      const ports = withMishap(world, "ledger", "createSubmission", lost(error));
      const told = submit(world, 1, ports);
      await expect(told).rejects.toThrow(SubmissionUnknown);
      await expect(told).rejects.toMatchObject({ cause: error });
      expect(await statesOf(world)).toEqual([state]);
    },
  );

  it("is what another call has made of it meanwhile: no doubt is written over a proof", async () => {
    const world = await found("SUBMITTING");
    await world.ledger.createSubmission({
      batchId: world.id(),
      number: 1,
      kind: "INTENT",
      nonce: "before",
      sha256: "x",
      at: AT,
    });
    // The sender's put arrives, and the sender confirms it, while this call is about to write its doubt.
    const ports = withMishap(world, "ledger", "writeStream", async ({ reach }) => {
      await world.overwrite("outbound", pickUp(world), bytesOf(1));
      await submit(world);
      return reach();
    });
    expect(await submit(world, 1, ports)).toMatchObject({ submitted: 1 });
    expect(await statesOf(world)).toEqual(["SUBMITTED"]);
  });
});
