import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { s3Objects } from "../../lambdas/adapters/objects.ts";
import { FileIndex } from "../../lambdas/billing-batch/compose-bank-file/file-index.ts";
import { readAhead } from "../../lambdas/read-ahead.ts";

describe("reading ahead", () => {
  it("gives everything in its order, and holds no more than so many at once", async () => {
    const begun: number[] = [];
    const ahead: number[] = [];
    const taken: number[] = [];
    const read = async (item: number) => {
      begun.push(item);
      // The later ones are there first.
      for (let turn = item; turn < 10; turn += 1) await Promise.resolve();
      return item * 10;
    };
    for await (const value of readAhead([1, 2, 3, 4, 5, 6], 3, read)) {
      taken.push(value);
      ahead.push(begun.length - taken.length);
    }
    expect(taken).toEqual([10, 20, 30, 40, 50, 60]);
    expect(Math.max(...ahead)).toBe(2);
  });

  it("throws a fault in its turn, after what came before it", async () => {
    const taken: number[] = [];
    const read = async (item: number) => {
      if (item === 2) throw new Error("the second");
      return item;
    };
    const all = async () => {
      for await (const value of readAhead([1, 2, 3], 3, read)) taken.push(value);
    };
    await expect(all()).rejects.toThrow("the second");
    expect(taken).toEqual([1]);
  });

  it("keeps a fault to itself that nobody waits for any more", async () => {
    const unheard: unknown[] = [];
    const hear = (fault: unknown) => unheard.push(fault);
    process.on("unhandledRejection", hear);
    const all = async () => {
      for await (const _value of readAhead([1, 2], 2, (item) => Promise.reject(new Error(`number ${item}`))));
    };
    await expect(all()).rejects.toThrow("number 1");
    // Node tells of them once the microtasks have run.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect(unheard).toEqual([]);
  });
});

describe("an object's body", () => {
  const reading = (announced: number, ...pieces: string[]) => {
    const answer = {
      statusCode: 200,
      headers: { "content-length": String(announced) },
      body: Readable.from(pieces.map((piece) => Buffer.from(piece))),
    };
    const objects = s3Objects(() => "bucket", {
      region: "ap-southeast-2",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      requestHandler: { handle: async () => ({ response: answer }) },
    });
    return objects.read("work", "key");
  };

  it("comes in one piece however it was sent", async () => {
    expect((await reading(6, "one", "two"))?.bytes.toString()).toBe("onetwo");
  });

  it("that ends early or goes on too long is a fault, and never a shorter object", async () => {
    await expect(reading(7, "one", "two")).rejects.toThrow("has ended after 6");
    await expect(reading(5, "one", "two")).rejects.toThrow("longer than its 5 bytes");
  });
});

describe("a file's index", () => {
  it.each([0, 1])(
    "holds every line, also when more of them come than the %d that were expected",
    (expected) => {
      const index = new FileIndex(expected);
      const rows = Array.from({ length: 500 }, (_, at) => ({
        line: at + 1,
        mandateId: "m".repeat(64),
        dueDate: "2026-03-02",
        attempt: 1,
        merchantId: `merchant-${at}`,
        cents: 100 + at,
      }));
      const rest = { remitter: "R", bsb: "083-170", accountNumber: "1", title: "T" };
      for (const row of rows) index.add({ ...row, ...rest });
      const lines = index.bytes.toString("utf8").trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
    },
  );
});
