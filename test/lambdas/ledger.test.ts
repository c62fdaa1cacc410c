import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ledgerOn } from "../../lambdas/adapters/ledger.ts";
import { dynamodbTable } from "../../lambdas/adapters/table.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Claim, StreamItem } from "../../lambdas/domain/records.ts";
import { LedgerBroken, LedgerBusy } from "../../lambdas/domain/faults.ts";
import { ConditionRefused, type Ledger } from "../../lambdas/ports.ts";
import {
  AT,
  batchItem,
  BILLING_DATE,
  claim,
  fileItem,
  heldBy,
  segmentItem,
  streamItem,
} from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const DECISION = { by: "ann", reason: "a drill", at: AT };

/** Both ledgers must keep the same promises, or what is shown on one says nothing about the other. */
const ledgers: readonly (readonly [string, () => Ledger])[] = [
  ["on DynamoDB", () => stores.ledger],
  ["in memory", ledgerInMemory],
];

describe.each(ledgers)("the ledger %s", (_, open) => {
  let ledger: Ledger;
  beforeAll(() => {
    ledger = open();
  });

  const fullStream: StreamItem = {
    ...heldBy("full-2026-10-06-01", {
      abandoning: DECISION,
      files: [
        fileItem({ version: "v1", indexVersion: "v2" }),
        fileItem({ number: 2, state: "SUBMITTED", delivered: { key: "k", version: "v", at: AT } }),
      ],
      verdict: { sha256s: ["a", "b"], at: AT, report: "r" },
    }),
    stream: "full",
    paused: DECISION,
    deploying: { id: "d-1", at: AT, by: "ci", streams: [] },
  };

  it("gives back every item as it was put", async () => {
    await ledger.writeStream(fullStream, undefined);
    expect(await ledger.readStream("full")).toEqual(fullStream);

    const sum = { count: 1, cents: 100 };
    const ending = {
      at: AT,
      due: sum,
      staged: sum,
      excluded: { ...sum, byReason: { "bad-bsb": 1 } },
      submitted: sum,
      withdrawn: sum,
      rejected: sum,
      note: "said so",
    } as const;
    const batch = batchItem({ stream: "full", state: "CLOSED", ending, abandoned: DECISION });
    await ledger.writeBatch(batch, undefined);
    expect(await ledger.readBatch(batch.id)).toEqual(batch);

    const segment = segmentItem(batch.id, [1]);
    await ledger.createSegment(segment);
    expect(await ledger.readSegment(batch.id, 1)).toEqual(segment);

    const file = fullStream.batch?.files?.[1] ?? fileItem();
    await ledger.createFile(batch.id, file);
    expect(await ledger.readFiles(batch.id)).toEqual([file]);

    const submission = {
      batchId: batch.id,
      number: 2,
      kind: "VOID",
      nonce: "n",
      sha256: "s",
      at: AT,
    } as const;
    await ledger.createSubmission(submission);
    expect(await ledger.readSubmission(batch.id, 2)).toEqual(submission);

    const event = { batchId: batch.id, at: AT, action: "abandon", by: "ann", reason: "why", nonce: "n" };
    await ledger.createEvent(event);
    expect(await ledger.readEvents(batch.id)).toEqual([event]);
    const paused = {
      stream: "trail",
      at: AT,
      action: "pause",
      by: "ann",
      reason: "why",
      nonce: "n",
    } as const;
    await ledger.createStreamEvent(paused);
    await expect(ledger.createStreamEvent({ ...paused, by: "bob" })).rejects.toThrow(ConditionRefused);
    expect(await ledger.readStreamEvents("trail")).toEqual([paused]);

    const override = {
      id: `override.${"0".repeat(32)}`,
      action: "override-blackout",
      ticket: "OPS-7",
      minutes: 30,
      reason: "why",
      by: "ann",
      at: AT,
    } as const;
    const approval = { proposal: override.id, proposalSha256: "h", by: "bob", at: AT };
    await ledger.createProposal(override);
    await ledger.createApproval(approval);
    await expect(ledger.createProposal(override)).rejects.toThrow(ConditionRefused);
    await expect(ledger.createApproval({ ...approval, by: "carl" })).rejects.toThrow(ConditionRefused);
    expect(await ledger.readOverrides()).toEqual({ proposals: [override], approvals: [approval] });
    const { batchId: _batchId, ...overriding } = event;
    await ledger.createOverrideEvent(overriding);
    await expect(ledger.createOverrideEvent(overriding)).rejects.toThrow(ConditionRefused);
    expect(await ledger.readOverrideEvents()).toEqual([overriding]);
    // What is about the stage is filed with no batch.
    expect(await ledger.readProposals(batch.id)).toEqual([]);
    expect(await ledger.readEvents(batch.id)).toEqual([event]);

    const debit = claim({ mandateId: "full" });
    await ledger.writeClaim(debit, undefined);
    expect(await ledger.readClaimsNamed([debit])).toEqual([debit]);
  });

  it("knows nothing of what was never put", async () => {
    expect(await ledger.readStream("none")).toBeUndefined();
    expect(await ledger.readBatch("none-2026-10-06-01")).toBeUndefined();
    expect(await ledger.readProposals("none")).toEqual([]);
    expect(await ledger.readApprovals("none")).toEqual([]);
    expect(await ledger.readSegment("none", 1)).toBeUndefined();
    expect(await ledger.readSegments("none")).toEqual([]);
    expect(await ledger.readFiles("none")).toEqual([]);
    expect(await ledger.readSubmission("none", 1)).toBeUndefined();
    expect(await ledger.readClaims("none", BILLING_DATE, BILLING_DATE)).toEqual([]);
    expect(await ledger.readClaimsNamed([])).toEqual([]);
    expect(await ledger.readReturns("none", BILLING_DATE, 1)).toEqual([]);
    expect(await ledger.readEvents("none")).toEqual([]);
    expect(await ledger.readStreamEvents("none")).toEqual([]);
  });

  it("refuses to put a stream's item that is there, or on a version that has passed", async () => {
    const item = streamItem({ stream: "versions", version: 1 });
    await ledger.writeStream(item, undefined);
    await expect(ledger.writeStream({ ...item, fence: 7 }, undefined)).rejects.toThrow(ConditionRefused);
    await ledger.writeStream({ ...item, version: 2 }, 1);
    await expect(ledger.writeStream({ ...item, version: 2, fence: 7 }, 1)).rejects.toThrow(ConditionRefused);
    await expect(ledger.writeStream({ ...item, stream: "unheard" }, 1)).rejects.toThrow(ConditionRefused);
    expect(await ledger.readStream("versions")).toEqual({ ...item, version: 2 });
  });

  it("refuses to put a batch record that is there, or on a version that has passed", async () => {
    const item = batchItem({ stream: "versions" });
    await ledger.writeBatch(item, undefined);
    await expect(ledger.writeBatch(item, undefined)).rejects.toThrow(ConditionRefused);
    await ledger.writeBatch({ ...item, version: 2, state: "CLOSED" }, 1);
    await expect(ledger.writeBatch({ ...item, version: 2 }, 1)).rejects.toThrow(ConditionRefused);
    expect((await ledger.readBatch(item.id))?.state).toBe("CLOSED");
  });

  it("puts segments, files, submissions and events once, whatever is put after", async () => {
    const id = "once-2026-10-06-01";
    const submission = { batchId: id, number: 1, kind: "INTENT", nonce: "n", sha256: "s", at: AT } as const;
    const event = { batchId: id, at: AT, action: "first", by: "ann", nonce: "n" };
    await ledger.createSegment(segmentItem(id, [1]));
    await ledger.createFile(id, fileItem());
    await ledger.createSubmission(submission);
    await ledger.createEvent(event);
    const second = [
      ledger.createSegment(segmentItem(id, [])),
      ledger.createFile(id, fileItem({ state: "WITHDRAWN" })),
      ledger.createSubmission({ ...submission, kind: "VOID" }),
      ledger.createEvent({ ...event, action: "second" }),
    ];
    for (const put of second) await expect(put).rejects.toThrow(ConditionRefused);
    expect((await ledger.readSegments(id)).map(({ staged }) => staged.count)).toEqual([1]);
    expect((await ledger.readFiles(id)).map(({ state }) => state)).toEqual(["COMPOSED"]);
    expect((await ledger.readSubmission(id, 1))?.kind).toBe("INTENT");
    expect((await ledger.readEvents(id)).map(({ action }) => action)).toEqual(["first"]);
  });

  it("puts a claim where there is none, or where batch and line still are those that were seen", async () => {
    const first = claim({ mandateId: "claims", line: 3 });
    const next = { ...first, batchId: "au-cba-2026-10-06-02", line: 9 };
    await ledger.writeClaim(first, undefined);
    await expect(ledger.writeClaim(next, undefined)).rejects.toThrow(ConditionRefused);
    await expect(ledger.writeClaim(next, { ...first, line: 4 })).rejects.toThrow(ConditionRefused);
    await expect(ledger.writeClaim(next, { ...first, batchId: next.batchId })).rejects.toThrow(
      ConditionRefused,
    );
    await ledger.writeClaim(next, first);
    await expect(ledger.writeClaim(first, first)).rejects.toThrow(ConditionRefused);
    await expect(ledger.writeClaim({ ...first, attempt: 2 }, first)).rejects.toThrow(ConditionRefused);
    expect(await ledger.readClaims("claims", BILLING_DATE, BILLING_DATE)).toEqual([next]);
  });

  it("reads a mandate's claims between two dates, both included, and those of no other mandate", async () => {
    const dates = ["2026-09-30", "2026-10-01", "2026-10-03", "2026-10-05", "2026-10-06"].map(calendarDate);
    const claims = dates.flatMap((dueDate) =>
      [1, 2, 10].map((attempt) => claim({ mandateId: "r", dueDate, attempt })),
    );
    for (const one of [...claims, claim({ mandateId: "r0", dueDate: dates[2] as string })]) {
      await ledger.writeClaim(one, undefined);
    }
    const found = await ledger.readClaims("r", calendarDate("2026-10-01"), calendarDate("2026-10-05"));
    expect(found).toEqual(claims.slice(3, 12));
  });

  it("reads segments and files in order of their numbers", async () => {
    const id = "order-2026-10-06-01";
    for (const segment of [11, 2, 1, 10_000]) await ledger.createSegment({ ...segmentItem(id, []), segment });
    for (const number of [12, 3, 1]) await ledger.createFile(id, fileItem({ number }));
    expect((await ledger.readSegments(id)).map(({ segment }) => segment)).toEqual([1, 2, 11, 10_000]);
    expect((await ledger.readFiles(id)).map(({ number }) => number)).toEqual([1, 3, 12]);
  });

  it("puts closings once, and reads a stream's between two dates, in order of date and number", async () => {
    const closing = (billingDate: string, number: number, stream = "closes") => ({
      stream,
      billingDate,
      number,
      batchId: `${stream}-${billingDate}-0${number}`,
      closedAt: AT,
      submitted: { count: 2, cents: 300 },
    });
    const put = [
      closing("2026-10-06", 10),
      closing("2026-10-06", 2),
      closing("2026-10-01", 1),
      closing("2026-09-30", 1),
      closing("2026-10-07", 1),
      closing("2026-10-06", 1, "closes-too"),
    ];
    for (const item of put) await ledger.createClosing(item);
    await expect(ledger.createClosing({ ...closing("2026-10-06", 2), closedAt: "later" })).rejects.toThrow(
      ConditionRefused,
    );
    const found = await ledger.readClosings("closes", calendarDate("2026-10-01"), BILLING_DATE);
    expect(found).toEqual([put[2], put[1], put[0]]);
  });

  it("keeps the acceptances of a verdict, in the stream's item and in the batch's record", async () => {
    const accepted = [
      { check: "growth", proposal: "p", proposedBy: "ann", approvedBy: "ben", reason: "why", at: AT },
    ];
    const verdict = { sha256s: ["a"], at: AT, report: "r", accepted };
    const item = { ...heldBy("accepts-2026-10-06-01", { verdict }), stream: "accepts" };
    await ledger.writeStream(item, undefined);
    expect(await ledger.readStream("accepts")).toEqual(item);
    const batch = batchItem({ stream: "accepts", verdict });
    await ledger.writeBatch(batch, undefined);
    expect(await ledger.readBatch(batch.id)).toEqual(batch);
  });

  it("lets one of many simultaneous puts win", async () => {
    const claims = Array.from({ length: 20 }, (_, index) => claim({ mandateId: "race", line: index + 1 }));
    const ends = await Promise.allSettled(claims.map((one) => ledger.writeClaim(one, undefined)));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const [stored] = await ledger.readClaimsNamed([claim({ mandateId: "race" })]);
    expect(ends[(stored?.line ?? 0) - 1]?.status).toBe("fulfilled");
  });
});

describe("the ledger's table", () => {
  it("reads more than a hundred claims by name, and leaves out those that are not there", async () => {
    const claims = Array.from({ length: 101 }, (_, index) =>
      claim({ mandateId: `many-${index}`, line: index + 1 }),
    );
    await Promise.all(claims.map((one) => stores.ledger.writeClaim(one, undefined)));
    const absent = Array.from({ length: 10 }, (_, index) =>
      claim({ mandateId: `many-${index}`, attempt: 2 }),
    );
    const found = await stores.ledger.readClaimsNamed([...absent, ...claims]);
    expect(found.map(({ line }) => line).sort((a, b) => a - b)).toEqual(claims.map(({ line }) => line));
  });

  it("reads a partition of more than a megabyte whole", async () => {
    const id = "large-2026-10-06-01";
    const stagedLines = "A".repeat(300_000);
    for (const segment of [1, 2, 3, 4, 5]) {
      await stores.ledger.createSegment({ ...segmentItem(id, []), segment, stagedLines });
    }
    const found = await stores.ledger.readSegments(id);
    expect(found.map(({ segment }) => segment)).toEqual([1, 2, 3, 4, 5]);
    expect(found.every((one) => one.stagedLines === stagedLines)).toBe(true);
  });

  it("marks every item with the schema, and refuses one that newer code has written", async () => {
    await stores.ledger.writeBatch(batchItem({ stream: "newer" }), undefined);
    const key = { pk: `BATCH#${batchItem({ stream: "newer" }).id}`, sk: "META" };
    const item = await stores.table.get(key);
    expect(item?.schema).toBe(1);
    await stores.table.put({ ...key, ...item, schema: 2 }, { version: 1 });
    const read = stores.ledger.readBatch(batchItem({ stream: "newer" }).id);
    await expect(read).rejects.toThrow(LedgerBroken);
    await expect(read).rejects.toThrow(/newer version of the code/);
  });

  it("refuses an item without a schema, with a stray attribute or without one that belongs, and no value is told", async () => {
    const key = { pk: "MANDATE#odd", sk: `DEBIT#${BILLING_DATE}#01` };
    const whole: Record<string, unknown> = { ...claim({ mandateId: "odd" }) };
    const { line: _, ...withoutLine } = whole;
    const odd = [
      whole,
      { ...whole, schema: 1, account: "062-000" },
      { ...withoutLine, schema: 1, cents: -7 },
    ];
    let seen: string | undefined;
    for (const [index, item] of odd.entries()) {
      await stores.table.put(
        { ...key, ...item, step: index },
        seen === undefined ? "absent" : { step: index - 1 },
      );
      seen = String(index);
      const read = stores.ledger.readClaimsNamed([{ mandateId: "odd", dueDate: BILLING_DATE, attempt: 1 }]);
      await expect(read).rejects.toThrow(LedgerBroken);
      await expect(read).rejects.not.toThrow(/062-000|-7/);
    }
    expect(seen).toBe("2");
  });

  it("asks again for the claims that DynamoDB left unprocessed, and says that it is busy when it never gets on", async () => {
    const asked: number[] = [];
    const server = createServer((request, response) => {
      const answer = async () => {
        const { RequestItems } = JSON.parse(await text(request));
        const keys = RequestItems.ledger.Keys;
        asked.push(keys.length);
        // Half of the keys each time, and of the last one never any.
        const UnprocessedKeys = { ledger: { Keys: keys.slice(0, Math.ceil(keys.length / 2)) } };
        response.end(JSON.stringify({ Responses: { ledger: [] }, UnprocessedKeys }));
      };
      void answer();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const busy = ledgerOn(
      dynamodbTable("ledger", { ...stores.settings.dynamodb, endpoint: `http://127.0.0.1:${port}` }),
    );
    const names = Array.from({ length: 40 }, (_, index) => claim({ mandateId: `busy-${index}` }));
    await expect(busy.readClaimsNamed(names)).rejects.toThrow(LedgerBusy);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(asked).toEqual([40, 20, 10, 5, 3, 2, 1, 1]);
  });

  it("finds the returns of one attempt and of no other", async () => {
    const put = (attempt: string, reference: string, body: object) =>
      stores.table.put(
        { pk: "MANDATE#back", sk: `RETURN#${BILLING_DATE}#${attempt}#${reference}`, schema: 1, ...body },
        "absent",
      );
    const first = { mandateId: "back", dueDate: BILLING_DATE, attempt: 1 };
    await put("01", "a", { ...first, code: "6" });
    await put("11", "b", { ...first, attempt: 11 });
    expect(await stores.ledger.readReturns("back", BILLING_DATE, 1)).toEqual([first]);
    expect(await stores.ledger.readReturns("back", BILLING_DATE, 2)).toEqual([]);
  });

  it("keeps the largest safe number of cents to the cent", async () => {
    const debit: Claim = claim({ mandateId: "figures", cents: Number.MAX_SAFE_INTEGER });
    await stores.ledger.writeClaim(debit, undefined);
    expect((await stores.ledger.readClaimsNamed([debit]))[0]?.cents).toBe(9_007_199_254_740_991);
  });
});
