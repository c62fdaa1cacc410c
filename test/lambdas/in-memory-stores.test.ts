import { describe, expect, it, test } from "vitest";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Claim } from "../../lambdas/domain/records.ts";
import { ConditionRefused, ObjectExists } from "../../lambdas/ports.ts";
import { ledgerInMemory } from "../ledger-in-memory.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

const claim: Claim = {
  mandateId: "m",
  dueDate: "2026-03-02",
  attempt: 1,
  batchId: "b-1",
  line: 1,
  segment: 1,
  cents: 5,
  stream: "s",
};
const name = { mandateId: "m", dueDate: "2026-03-02", attempt: 1 };

test("what a port refuses with has a name of its own, by which callers know it", () => {
  expect(new ConditionRefused("no").name).toBe("ConditionRefused");
  expect(new ObjectExists("no").name).toBe("ObjectExists");
});

describe("the ledger in memory", () => {
  it("writes a stream's item on the version that was seen, and on no other", async () => {
    const ledger = ledgerInMemory();
    const item = { stream: "s", version: 1, fence: 0, epoch: 1, nonce: "n" };
    await expect(ledger.writeStream(item, 1)).rejects.toThrow(ConditionRefused);
    await ledger.writeStream(item, undefined);
    await expect(ledger.writeStream(item, undefined)).rejects.toThrow(ConditionRefused);
    await ledger.writeStream({ ...item, version: 2 }, 1);
    await expect(ledger.writeStream({ ...item, version: 3 }, 1)).rejects.toThrow(ConditionRefused);
    expect((await ledger.readStream("s"))?.version).toBe(2);
  });

  it("takes a claim over only from the owner that was seen", async () => {
    const ledger = ledgerInMemory();
    const second = { ...claim, batchId: "b-2", line: 9 };
    await expect(ledger.writeClaim(second, claim)).rejects.toThrow(ConditionRefused);
    await ledger.writeClaim(claim, undefined);
    await expect(ledger.writeClaim(second, undefined)).rejects.toThrow(ConditionRefused);
    await expect(ledger.writeClaim(second, { ...claim, line: 2 })).rejects.toThrow(ConditionRefused);
    await ledger.writeClaim(second, claim);
    expect(await ledger.readClaimsNamed([name, { ...name, attempt: 2 }])).toEqual([second]);
  });

  it("finds a mandate's claims by due date, in order, and no other mandate's", async () => {
    const ledger = ledgerInMemory();
    const dated = (dueDate: string, attempt: number) => ({ ...claim, dueDate, attempt });
    for (const one of [
      dated("2026-03-02", 10),
      dated("2026-03-02", 2),
      dated("2026-02-01", 1),
      dated("2026-04-01", 1),
    ]) {
      await ledger.writeClaim(one, undefined);
    }
    await ledger.writeClaim({ ...claim, mandateId: "m2" }, undefined);
    const found = await ledger.readClaims("m", calendarDate("2026-02-01"), calendarDate("2026-03-02"));
    expect(found.map(({ dueDate, attempt }) => [dueDate, attempt])).toEqual([
      ["2026-02-01", 1],
      ["2026-03-02", 2],
      ["2026-03-02", 10],
    ]);
  });

  it("puts submissions, segments, files and events once, and gives them back in order", async () => {
    const ledger = ledgerInMemory();
    const submission = { batchId: "b", number: 1, kind: "VOID", nonce: "n", sha256: "s", at: "t" } as const;
    await ledger.createSubmission(submission);
    await expect(ledger.createSubmission({ ...submission, kind: "INTENT" })).rejects.toThrow(
      ConditionRefused,
    );
    expect((await ledger.readSubmission("b", 1))?.kind).toBe("VOID");
    const event = { batchId: "b", action: "a", by: "p" };
    await ledger.createEvent({ ...event, at: "2026-03-02T02", nonce: "2" });
    await ledger.createEvent({ ...event, at: "2026-03-02T01", nonce: "1" });
    await expect(ledger.createEvent({ ...event, at: "2026-03-02T01", nonce: "1" })).rejects.toThrow(
      ConditionRefused,
    );
    expect((await ledger.readEvents("b")).map((one) => one.nonce)).toEqual(["1", "2"]);
  });

  it("keeps copies that nobody can change, and refuses what DynamoDB refuses", async () => {
    const ledger = ledgerInMemory();
    const given = { ...claim };
    await ledger.writeClaim(given, undefined);
    given.line = 98;
    const [mine] = await ledger.readClaimsNamed([name]);
    expect(() => Object.assign(mine ?? {}, { line: 99 })).toThrow(TypeError);
    expect(ledger.allClaims()).toEqual([claim]);
    const paused = { by: "ann", reason: "why", at: "now" };
    await ledger.writeStream({ stream: "s", version: 1, fence: 0, epoch: 1, nonce: "n", paused }, undefined);
    const inner = (await ledger.readStream("s"))?.paused;
    expect(() => Object.assign(inner ?? {}, { by: "bob" })).toThrow(TypeError);
    await expect(ledger.readClaimsNamed([name, { ...name }])).rejects.toThrow("named twice");
  });
});

describe("the objects in memory", () => {
  it("create where there is nothing, and keep every version", async () => {
    const objects = objectsInMemory();
    const { version } = await objects.create("work", "a", Buffer.from("one"), "text/plain");
    await expect(objects.create("work", "a", Buffer.from("two"), "text/plain")).rejects.toThrow(ObjectExists);
    const newer = objects.put("work", "a", Buffer.from("three"));
    expect((await objects.read("work", "a"))?.bytes.toString()).toBe("three");
    expect(
      (await objects.read("work", "a", version === undefined ? {} : { version }))?.bytes.toString(),
    ).toBe("one");
    expect(await objects.versions("work", "a")).toEqual([newer, { version }]);
    expect(await objects.read("due", "a")).toBeUndefined();
    expect(await objects.read("work", "a", { version: "none" })).toBeUndefined();
  });

  it("keep one version without a name where the store has none", async () => {
    const objects = objectsInMemory({ versions: false });
    expect(objects.put("work", "a", Buffer.from("one"))).toEqual({});
    objects.put("work", "a", Buffer.from("two"));
    expect(await objects.versions("work", "a")).toEqual([{}]);
    expect((await objects.read("work", "a"))?.bytes.toString()).toBe("two");
  });

  it("read ranges, list by prefix in order, and hand out copies", async () => {
    const objects = objectsInMemory();
    for (const key of ["b/2", "b/1", "c/1"]) objects.put("work", key, Buffer.from("0123456789"));
    expect(await objects.list("work", "b/")).toEqual(["b/1", "b/2"]);
    const part = await objects.read("work", "b/1", { from: 2, to: 5 });
    expect(part?.bytes.toString()).toBe("234");
    part?.bytes.fill(0);
    objects.tamper("work", "b/2", (bytes) => bytes.fill("x"));
    expect((await objects.read("work", "b/1"))?.bytes.toString()).toBe("0123456789");
    expect((await objects.read("work", "b/2"))?.bytes.toString()).toBe("xxxxxxxxxx");
    objects.drop("work", "b/2");
    expect(await objects.read("work", "b/2")).toBeUndefined();
  });
});
