import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { describe, expect, onTestFinished, test } from "vitest";
import { LocalFault } from "../../../infra/local/local-fault.ts";
import { loopback } from "../../../infra/local/loopback.ts";
import { createTables, openStores, type Storage } from "../../../infra/local/stores.ts";
import { temporaryFolder } from "./folders.ts";

const TABLE: CreateTableCommandInput = {
  TableName: "ledger",
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
  ],
  BillingMode: "PAY_PER_REQUEST",
};

/** A store that tells of its tables what a test wants, in turn; its last answer for ever. */
async function tellingTables(states: readonly string[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
    asked.push(operation);
    const TableStatus = states[Math.min(asked.length, states.length) - 1];
    const table = { TableName: TABLE.TableName, TableStatus };
    response.setHeader("content-type", "application/x-amz-json-1.0");
    request.resume().on("end", () => {
      response.end(
        JSON.stringify(operation === "CreateTable" ? { TableDescription: table } : { Table: table }),
      );
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return { asked, settings: { endpoint: `http://127.0.0.1:${port}`, region: "local", credentials } };
}

test("a table that was just made is waited for until it is active", async () => {
  const { asked, settings } = await tellingTables(["CREATING", "CREATING", "CREATING", "ACTIVE"]);
  await createTables(settings, [TABLE], "folder");
  expect(asked).toEqual(["CreateTable", "DescribeTable", "DescribeTable", "DescribeTable"]);
});

/** Stores with one table and one bucket, and clients for them. */
async function open(folder: string, storage: Storage = "memory", tables = [TABLE]) {
  const stores = await openStores({ folder, storage, buckets: ["outbound"] });
  const settings = loopback({ ...stores.ports, sfn: () => 0 });
  let closed: Promise<void> | undefined;
  const close = () => {
    settings.close();
    closed ??= stores.close();
    return closed;
  };
  onTestFinished(close);
  await createTables(settings.dynamodb, tables, folder);
  const db = new DynamoDBClient(settings.dynamodb);
  const s3 = new S3Client({ ...settings.s3, maxAttempts: 1 });
  const put = (Key: string, Body: string, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket: "outbound", Key, Body: Buffer.from(Body), ...more }));
  const read = async (Key: string, more: object = {}) => {
    const answer = await s3.send(new GetObjectCommand({ Bucket: "outbound", Key, ...more }));
    return answer.Body?.transformToString();
  };
  const claim = (mandate: string, batch: string, more: object = {}) =>
    db.send(
      new PutItemCommand({
        TableName: "ledger",
        Item: { pk: { S: mandate }, sk: { S: "DEBIT#2026-11-02#01" }, batch: { S: batch } },
        ...more,
      }),
    );
  return { stores, settings, db, s3, put, read, claim, close };
}

const key = (mandate: string) => ({ pk: { S: mandate }, sk: { S: "DEBIT#2026-11-02#01" } });
const ifAbsent = { ConditionExpression: "attribute_not_exists(pk)" };

describe("the tables", () => {
  test("one of many simultaneous conditional puts wins and the others are refused by name", async () => {
    const { claim, db } = await open(await temporaryFolder());
    const tries = Array.from({ length: 12 }, (_, i) => claim("M1", `batch-${i}`, ifAbsent));
    const results = await Promise.allSettled(tries);
    const won = results.flatMap(({ status }, i) => (status === "fulfilled" ? [`batch-${i}`] : []));
    expect(won).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toBeInstanceOf(ConditionalCheckFailedException);
    }
    const read = { TableName: "ledger", Key: key("M1"), ConsistentRead: true };
    expect((await db.send(new GetItemCommand(read))).Item?.batch?.S).toBe(won[0]);
  });

  test("a conditional replacement succeeds only over the value that it names", async () => {
    const { claim } = await open(await temporaryFolder());
    await claim("M1", "first");
    const seen = (batch: string) => ({
      ConditionExpression: "#b = :b",
      ExpressionAttributeNames: { "#b": "batch" },
      ExpressionAttributeValues: { ":b": { S: batch } },
    });
    await expect(claim("M1", "second", seen("other"))).rejects.toThrow(ConditionalCheckFailedException);
    await expect(claim("M1", "second", seen("first"))).resolves.toBeDefined();
  });

  test("items on disk are there when the store is opened again, and the table's query finds them in order", async () => {
    const folder = await temporaryFolder();
    const first = await open(folder, "disk");
    for (const sk of ["DEBIT#2026-11-03#01", "DEBIT#2026-11-02#02", "DEBIT#2026-12-01#01"]) {
      const Item = { pk: { S: "M1" }, sk: { S: sk } };
      await first.db.send(new PutItemCommand({ TableName: "ledger", Item }));
    }
    await first.close();
    const { db } = await open(folder, "disk");
    const { Items } = await db.send(
      new QueryCommand({
        TableName: "ledger",
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
        ExpressionAttributeValues: {
          ":pk": { S: "M1" },
          ":from": { S: "DEBIT#2026-11-01" },
          ":to": { S: "DEBIT#2026-11-30#99" },
        },
      }),
    );
    expect(Items?.map(({ sk }) => sk?.S)).toEqual(["DEBIT#2026-11-02#02", "DEBIT#2026-11-03#01"]);
  });

  test("a client that goes away before its answer does not take the server with it", async () => {
    const { stores, claim } = await open(await temporaryFolder());
    await new Promise<void>((resolve) => {
      const headers = { "content-length": "100", "content-type": "application/x-amz-json-1.0" };
      const cut = request({ port: stores.ports.dynamodb, host: "127.0.0.1", method: "POST", headers });
      cut.on("error", () => resolve());
      cut.write('{"half', () => cut.destroy(new Error("gone")));
    });
    await expect(claim("M1", "first")).resolves.toBeDefined();
  });
});

describe("the buckets", () => {
  test("of two simultaneous puts that ask for absence one wins, and its object is the one that stays", async () => {
    const { put, read } = await open(await temporaryFolder());
    for (const round of ["a", "b", "c"]) {
      const results = await Promise.allSettled(
        ["1", "2"].map((body) => put(round, body, { IfNoneMatch: "*" })),
      );
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const [winner, loser] = results[0]?.status === "fulfilled" ? ["1", results[1]] : ["2", results[0]];
      expect(loser).toMatchObject({
        reason: { name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } },
      });
      await expect(read(round)).resolves.toBe(winner);
    }
  });

  test("a condition that is not bridged is refused and not ignored", async () => {
    const { put, read } = await open(await temporaryFolder());
    await put("file", "first");
    await expect(put("file", "second", { IfMatch: '"other"' })).rejects.toMatchObject({
      name: "NotImplemented",
    });
    await expect(read("file")).resolves.toBe("first");
  });

  test("an object has one version called null, and no other can be read", async () => {
    const { put, read, s3 } = await open(await temporaryFolder());
    const keys = ["f/<1>&.aba", "f/2.aba", "f/2.aba.part", "g/1.aba"];
    for (const key of keys) await put(key, key);
    const versions = async (Prefix: string) =>
      (await s3.send(new ListObjectVersionsCommand({ Bucket: "outbound", Prefix }))).Versions?.map(
        ({ Key, VersionId, IsLatest, Size }) => [Key, VersionId, IsLatest, Size],
      );
    expect(await versions("f/")).toEqual([
      ["f/2.aba", "null", true, 7],
      ["f/2.aba.part", "null", true, 12],
      ["f/<1>&.aba", "null", true, 10],
    ]);
    expect(await versions("nothing")).toBeUndefined();
    await expect(read("f/2.aba", { VersionId: "null" })).resolves.toBe("f/2.aba");
    await expect(read("f/2.aba", { VersionId: "3sL4kqtJ" })).rejects.toMatchObject({ name: "NoSuchVersion" });
    await expect(read("f/none")).rejects.toThrow(NoSuchKey);
  });

  test("bytes come back as they were put, whole and by range, with the SDK's checksums on and off", async () => {
    const { settings, read, put } = await open(await temporaryFolder());
    const checking = new S3Client({
      ...settings.s3,
      requestChecksumCalculation: "WHEN_SUPPORTED",
      responseChecksumValidation: "WHEN_SUPPORTED",
    });
    const Body = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * i) % 251));
    const ChecksumSHA256 = createHash("sha256").update(Body).digest("base64");
    const target = { Bucket: "outbound", Key: "bytes" };
    await checking.send(new PutObjectCommand({ ...target, Body, ChecksumSHA256, IfNoneMatch: "*" }));
    const { Body: back } = await checking.send(new GetObjectCommand(target));
    expect(Buffer.from((await back?.transformToByteArray()) ?? [])).toEqual(Body);
    await put("text", "0123456789");
    await expect(read("text", { Range: "bytes=3-5" })).resolves.toBe("345");
    await expect(
      checking.send(new PutObjectCommand({ ...target, Key: "plain", Body })),
    ).resolves.toBeDefined();
  });

  test("a listing has every key under its prefix, in key order and on one page", async () => {
    const { put, s3 } = await open(await temporaryFolder());
    for (const key of ["a-1", "a/2", "a", "b"]) await put(`p/${key}`, "");
    await put("q", "");
    const list = new ListObjectsV2Command({ Bucket: "outbound", Prefix: "p/", MaxKeys: 2 });
    const { Contents, IsTruncated } = await s3.send(list);
    expect(Contents?.map(({ Key }) => Key)).toEqual(["p/a", "p/a-1", "p/a/2", "p/b"]);
    expect(IsTruncated).toBe(false);
  });

  test("a deletion takes its object alone, and not the folder into which somebody puts another one meanwhile", async () => {
    const folder = await temporaryFolder();
    const { put, read, s3 } = await open(folder);
    await put("f/one", "1");
    await s3.send(new DeleteObjectCommand({ Bucket: "outbound", Key: "f/one" }));
    await expect(read("f/one")).rejects.toThrow(NoSuchKey);
    expect(await readdir(join(folder, "objects/outbound"))).toEqual(["f"]);
    expect(await readdir(join(folder, "objects/outbound/f"))).toEqual([]);
  });

  test("a put that breaks off leaves nothing under its key", async () => {
    const folder = await temporaryFolder();
    const { stores, put, s3 } = await open(folder);
    await new Promise<void>((resolve) => {
      const headers = { "content-length": "1000", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      const path = "/outbound/half";
      const cut = request({ port: stores.ports.s3, host: "127.0.0.1", method: "PUT", path, headers });
      cut.on("error", () => resolve());
      cut.write("half of it", () => cut.destroy(new Error("gone")));
    });
    // Waits for the broken put, which had its turn at the key first.
    await expect(put("half", "whole", { IfNoneMatch: "*" })).resolves.toBeDefined();
    await s3.send(new DeleteObjectCommand({ Bucket: "outbound", Key: "half" }));
    expect(await readdir(join(folder, "objects/outbound"))).toEqual([]);
  });
});

describe("a folder that cannot be used", () => {
  const refusal = async (opening: Promise<unknown>) => {
    const fault = await opening.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(LocalFault);
    return fault as LocalFault;
  };

  test("a folder that cannot be made is named in one sentence", async () => {
    // A file in its way stands for missing rights, which root does not miss.
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    const fault = await refusal(open(join(file, "store"), "disk"));
    expect(fault.message).toBe(`The folder ${file}/store cannot be written (ENOTDIR).`);
    expect(fault.next).toContain("Give a folder that can be written");
    const folder = await temporaryFolder();
    await writeFile(join(folder, "objects"), "");
    const inside = await refusal(open(folder, "disk"));
    expect(inside.message).toBe(`The folder ${folder} cannot be written (EEXIST).`);
  });

  test("a damaged store is named in one sentence, and its files are left alone", async () => {
    const folder = await temporaryFolder();
    const { close } = await open(folder, "disk");
    await close();
    await writeFile(join(folder, "tables/CURRENT"), "rubbish");
    const before = await readdir(join(folder, "tables"));
    const fault = await refusal(open(folder, "disk"));
    expect(fault.message).toBe(`The store under ${folder} is damaged.`);
    expect(fault.next).toContain("--fresh");
    expect(await readdir(join(folder, "tables"))).toEqual(expect.arrayContaining(before));
  });

  test("tables that hold fewer items than when they were closed are damaged: they would forget what was debited", async () => {
    const folder = await temporaryFolder();
    const { db, close } = await open(folder, "disk");
    const Item = { pk: { S: "MANDATE#1" }, sk: { S: "DEBIT#1" } };
    await db.send(new PutItemCommand({ TableName: "ledger", Item }));
    await close();
    const known = Number(await readFile(join(folder, "tables.count"), "utf8"));
    expect(known).toBeGreaterThan(0);
    await rm(join(folder, "tables"), { recursive: true });
    expect((await refusal(open(folder, "disk"))).message).toBe(`The store under ${folder} is damaged.`);
    // More than were counted is no damage: a process that was killed has counted nothing.
    await writeFile(join(folder, "tables.count"), "0");
    const again = await open(folder, "disk");
    expect(
      (await again.db.send(new GetItemCommand({ TableName: "ledger", Key: Item }))).Item,
    ).toBeUndefined();
    await again.close();
  });

  test("a store in use is refused, serves on, and opens when it is free", async () => {
    const folder = await temporaryFolder();
    const first = await open(folder, "disk");
    const fault = await refusal(open(folder, "disk"));
    expect(fault.message).toBe(`The store under ${folder} is in use by another process.`);
    await expect(first.claim("M1", "first")).resolves.toBeDefined();
    await first.close();
    await expect(open(folder, "disk")).resolves.toBeDefined();
  });

  test("a table of other keys than today's is refused", async () => {
    const folder = await temporaryFolder();
    await (await open(folder, "disk")).close();
    const wanted = {
      ...TABLE,
      KeySchema: TABLE.KeySchema?.slice(0, 1),
      AttributeDefinitions: TABLE.AttributeDefinitions?.slice(0, 1),
    };
    const fault = await refusal(open(folder, "disk", [wanted]));
    expect(fault.message).toContain("The table ledger");
  });
});

test("no server gives up an idle connection, which a client might be about to use for a put that is sent once", async () => {
  const { stores } = await open(await temporaryFolder());
  for (const port of Object.values(stores.ports)) {
    const headers = await new Promise((resolve) => {
      request(
        { port, host: "127.0.0.1", agent: new Agent({ keepAlive: true, maxFreeSockets: 0 }) },
        (answer) => {
          answer.resume().on("end", () => resolve(answer.headers));
        },
      ).end();
    });
    expect(headers).toMatchObject({ connection: "keep-alive" });
    expect(headers).not.toHaveProperty("keep-alive");
  }
});

test("no client with these settings connects anywhere but to this machine", async () => {
  const { settings } = await open(await temporaryFolder());
  const elsewhere = { ...settings.s3, maxAttempts: 1 };
  for (const endpoint of ["http://192.0.2.1:9", "https://127.0.0.1:9"]) {
    const client = new S3Client({ ...elsewhere, endpoint });
    const listing = client.send(new ListObjectsV2Command({ Bucket: "outbound" }));
    await expect(listing).rejects.toThrow("The local run connects to this machine only");
    await expect(listing).rejects.not.toBeInstanceOf(S3ServiceException);
  }
});
