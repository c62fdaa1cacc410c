import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { s3Objects } from "../../lambdas/adapters/objects.ts";
import { BankFileDamaged } from "../../lambdas/domain/faults.ts";
import { ObjectExists, type Objects } from "../../lambdas/ports.ts";
import { readProven, storeOnce } from "../../lambdas/stored-bytes.ts";
import { evidenceOf } from "../../lambdas/submission.ts";
import { sha256 } from "../builders.ts";
import { type EmbeddedStores, embeddedStores } from "../embedded-stores.ts";
import { objectsInMemory } from "../objects-in-memory.ts";
import { answerLost, failing, lost, sdkError } from "../port-faults.ts";

let stores: EmbeddedStores;
beforeAll(async () => {
  stores = await embeddedStores();
});
afterAll(() => stores.close());

const text = (value: string) => Buffer.from(value, "utf8");

const kinds: readonly (readonly [string, () => Objects])[] = [
  ["on S3", () => stores.objects],
  ["in memory", () => objectsInMemory({ versions: false })],
];

describe.each(kinds)("the objects %s", (_, open) => {
  let objects: Objects;
  beforeAll(() => {
    objects = open();
  });

  it("gives back the bytes that were put, whole or from one offset to another", async () => {
    await objects.create("work", "a/whole", text("0123456789"), "text/plain");
    expect((await objects.read("work", "a/whole"))?.bytes.toString()).toBe("0123456789");
    expect((await objects.read("work", "a/whole", { from: 2, to: 5 }))?.bytes.toString()).toBe("234");
    expect((await objects.read("work", "a/whole", { from: 9, to: 10 }))?.bytes.toString()).toBe("9");
  });

  it("keeps an object without a single byte", async () => {
    await objects.create("work", "a/empty", Buffer.alloc(0), "text/plain");
    expect((await objects.read("work", "a/empty"))?.bytes).toHaveLength(0);
  });

  it("knows nothing under a key that was never put, and nothing of a key that only begins like it", async () => {
    await objects.create("work", "b/key-longer", text("x"), "text/plain");
    expect(await objects.read("work", "b/key")).toBeUndefined();
    expect(await objects.versions("work", "b/key")).toEqual([]);
    expect(await objects.versions("work", "b/key-longer")).toEqual([{}]);
    expect(await objects.read("bankFiles", "b/key-longer")).toBeUndefined();
  });

  it("puts an object once, whatever is put after", async () => {
    await objects.create("work", "c", text("first"), "text/plain");
    await expect(objects.create("work", "c", text("second"), "text/plain")).rejects.toThrow(ObjectExists);
    expect((await objects.read("work", "c"))?.bytes.toString()).toBe("first");
  });

  it("lets one of many simultaneous puts win", async () => {
    const bodies = Array.from({ length: 10 }, (_unused, index) => text(`body ${index}`));
    const ends = await Promise.allSettled(
      bodies.map((body) => objects.create("work", "d", body, "text/plain")),
    );
    const winners = ends.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
    expect(winners).toHaveLength(1);
    expect((await objects.read("work", "d"))?.bytes).toEqual(bodies[winners[0] ?? -1]);
  });

  it("lists keys by prefix, sorted", async () => {
    for (const key of ["e/10", "e/2", "e/1/x", "f"])
      await objects.create("work", key, text("x"), "text/plain");
    expect(await objects.list("work", "e/")).toEqual(["e/1/x", "e/10", "e/2"]);
  });
});

describe("bytes that the ledger knows by their hash", () => {
  it("are stored once by many, and read back by those who came later", async () => {
    const store = () => storeOnce(stores.objects, "work", "once", text("same"), "text/plain");
    await Promise.all([store(), store(), store()]);
    await store();
    const { bytes } = await readProven(stores.objects, "work", "once", sha256(text("same")));
    expect(bytes.toString()).toBe("same");
  });

  it("are damaged where other bytes lie under their key, or none", async () => {
    await stores.objects.create("work", "taken", text("other"), "text/plain");
    const put = storeOnce(stores.objects, "work", "taken", text("mine"), "text/plain");
    await expect(put).rejects.toThrow(BankFileDamaged);
    const missing = readProven(stores.objects, "work", "missing", sha256(text("mine")));
    await expect(missing).rejects.toThrow(BankFileDamaged);
  });

  it("are not called stored where the put failed, and are found by the next try if it landed all the same", async () => {
    const error = sdkError("TimeoutError");
    for (const [key, mishap] of [
      ["gone", lost(error)],
      ["there", answerLost(error)],
    ] as const) {
      const put = storeOnce(failing(stores.objects, "create", mishap), "work", key, text("x"), "text/plain");
      await expect(put).rejects.toBe(error);
      await storeOnce(stores.objects, "work", key, text("x"), "text/plain");
      expect((await stores.objects.read("work", key))?.bytes.toString()).toBe("x");
    }
  });
});

describe("the evidence of a delivery", () => {
  it("is found in any version under the key, also in one that is no longer the newest", async () => {
    const objects = objectsInMemory();
    objects.put("outbound", "u/f.aba", text("the file"));
    objects.put("outbound", "u/f.aba", text("something else"));
    const found = await evidenceOf(objects, "u/f.aba", sha256(text("the file")));
    expect(found).toEqual({ key: "u/f.aba", version: "v1" });
  });

  it("is not what lies under another key", async () => {
    const objects = objectsInMemory();
    objects.put("outbound", "u/f.aba.tmp", text("the file"));
    expect(await evidenceOf(objects, "u/f.aba", sha256(text("the file")))).toBe("nothing");
  });

  it("is not what has another hash, which is told apart from nothing at all", async () => {
    const objects = objectsInMemory();
    objects.put("outbound", "u/f.aba", text("something else"));
    expect(await evidenceOf(objects, "u/f.aba", sha256(text("the file")))).toBe("something else");
  });
});

describe("a put into a bucket", () => {
  let server: Server;
  let requests: { method: string; condition: string | undefined; checksum: string | undefined }[];
  let status: number;
  let objects: Objects;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { method = "", headers } = request;
      const header = (name: string) => headers[name] as string | undefined;
      requests.push({
        method,
        condition: header("if-none-match"),
        checksum: header("x-amz-checksum-sha256"),
      });
      request.resume().on("end", () => response.writeHead(status).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    objects = s3Objects((area) => area, {
      region: "ap-southeast-2",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: "x", secretAccessKey: "x" },
      forcePathStyle: true,
      // The client's own patience, which a put must not use.
      maxAttempts: 3,
    });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("is sent once, on condition that nothing is there, with its SHA-256, also when the store fails", async () => {
    for (const answer of [500, 503, 409]) {
      [requests, status] = [[], answer];
      const put = objects.create("outbound", "k", text("x"), "text/plain");
      await expect(put).rejects.toMatchObject({ $metadata: { httpStatusCode: answer } });
      const checksum = Buffer.from(sha256(text("x")), "hex").toString("base64");
      expect(requests).toEqual([{ method: "PUT", condition: "*", checksum }]);
    }
  });

  it("says that an object exists for 412 alone", async () => {
    [requests, status] = [[], 412];
    await expect(objects.create("outbound", "k", text("x"), "text/plain")).rejects.toThrow(ObjectExists);
    [requests, status] = [[], 409];
    const conflict = objects.create("outbound", "k", text("x"), "text/plain");
    await expect(conflict).rejects.not.toBeInstanceOf(ObjectExists);
  });
});

describe("a store that ignores a range", () => {
  it("sends the whole object, and the range is cut out of it", async () => {
    const whole = text("0123456789");
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.range);
      request
        .resume()
        .on("end", () => response.writeHead(200, { "content-length": whole.length }).end(whole));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const objects = s3Objects((area) => area, {
        region: "ap-southeast-2",
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        credentials: { accessKeyId: "x", secretAccessKey: "x" },
        forcePathStyle: true,
      });
      expect((await objects.read("due", "list", { from: 2, to: 5 }))?.bytes.toString()).toBe("234");
      expect((await objects.read("due", "list", { from: 7 }))?.bytes.toString()).toBe("789");
      expect((await objects.read("due", "list"))?.bytes.toString()).toBe("0123456789");
      expect(asked).toEqual(["bytes=2-4", "bytes=7-", undefined]);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
