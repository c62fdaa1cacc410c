import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import type S3rver from "@20minutes/s3rver";
import type { Context, Middleware, Store } from "@20minutes/s3rver";

/**
 * Bridges what the steps need of S3 and s3rver lacks: conditional and atomic puts, deletions of one object alone, the
 * listing of versions, and key order in listings. Call it before the server runs. Buckets here keep no versions, as unversioned ones on
 * AWS: every object's one version is called "null".
 */
export function bridge(server: S3rver): void {
  putWhole(server.store);
  deleteObjectAlone(server.store);
  listInKeyOrder(server.store);
  server.middleware.unshift(byKey(), createOnly(server.store), listVersions(server.store), onlyNullVersion());
}

/** s3rver writes in place; S3 shows an object whole or not at all, also when the process is killed half way. */
function putWhole(store: Store): void {
  const write = store.putContent.bind(store);
  store.putContent = async (path, content) => {
    const unfinished = `${path}.${randomUUID()}.part`;
    try {
      const written = await write(unfinished, content);
      await rename(unfinished, path);
      return written;
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  };
}

/**
 * s3rver takes the folders that a deletion leaves empty away with all that lies in them by then: an object put there
 * meanwhile, and answered as stored, would be gone. Empty folders hurt nobody.
 */
function deleteObjectAlone(store: Store): void {
  store.deleteObject = async (bucket, key) => {
    for (const resource of ["object", "object.md5", "metadata.json"]) {
      await rm(store.getResourcePath(bucket, key, resource), { force: true });
    }
  };
}

/**
 * s3rver lists in the order of its files' names, and its token for a next page needs a cipher that OpenSSL no
 * longer has. S3 lists in key order; here all of it is on one page, however few were asked for.
 */
function listInKeyOrder(store: Store): void {
  const list = store.listObjects.bind(store);
  store.listObjects = async (bucket, { delimiter, startAfter = "", prefix }) => {
    const { objects, commonPrefixes } = await list(bucket, { delimiter, prefix });
    const after = objects.filter(({ key }) => key > startAfter);
    return { objects: after.sort((a, b) => (a.key < b.key ? -1 : 1)), commonPrefixes, isTruncated: false };
  };
}

/** Lets one write at a time come to a key, so that of two conditional puts one finds the other's object. */
function byKey(): Middleware {
  const last = new Map<string, Promise<void>>();
  return async (context, next) => {
    if (context.method === "GET" || context.method === "HEAD") return next();
    const before = last.get(context.path);
    const { promise: mine, resolve: done } = Promise.withResolvers<void>();
    last.set(context.path, mine);
    try {
      await before;
      await next();
    } finally {
      done();
      if (last.get(context.path) === mine) last.delete(context.path);
    }
  };
}

/** `If-None-Match: *` on a put, which s3rver ignores; other conditions on a put are refused, not ignored. */
function createOnly(store: Store): Middleware {
  return async (context, next) => {
    const [bucket, key] = address(context);
    const condition = context.get("if-none-match");
    if (context.method !== "PUT" || !key) return next();
    if (context.get("if-match") || (condition && condition !== "*")) {
      return refuse(
        context,
        501,
        "NotImplemented",
        "Of the conditions on a put only If-None-Match: * is known.",
      );
    }
    if (condition && (await store.existsObject(bucket, key))) {
      const message = "At least one of the pre-conditions you specified did not hold";
      return refuse(context, 412, "PreconditionFailed", message);
    }
    return next();
  };
}

/** `GET /<bucket>?versions&prefix=…` (ListObjectVersions): one version "null" for each key, all on one page. */
function listVersions(store: Store): Middleware {
  return async (context, next) => {
    const [bucket, key] = address(context);
    if (context.method !== "GET" || key || !("versions" in context.query)) return next();
    if (!(await store.getBucket(bucket))) {
      return refuse(context, 404, "NoSuchBucket", "The specified bucket does not exist");
    }
    const prefix = String(context.query.prefix ?? "");
    const { objects } = await store.listObjects(bucket, { prefix });
    const versions = objects.map(
      ({ key, size, metadata, lastModifiedDate }) =>
        `<Version><Key>${escape(key)}</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>` +
        `<LastModified>${lastModifiedDate.toISOString()}</LastModified><ETag>${escape(metadata.etag)}</ETag>` +
        `<Size>${size}</Size><StorageClass>STANDARD</StorageClass></Version>`,
    );
    context.type = "application/xml";
    context.body =
      `${XML}<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name>` +
      `<Prefix>${escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>${versions.join("")}</ListVersionsResult>`;
  };
}

/** s3rver answers a request for any version with the object; here only the version "null" exists. */
function onlyNullVersion(): Middleware {
  return async (context, next) => {
    const version = context.query.versionId;
    if (version === undefined || version === "null") return next();
    refuse(context, 404, "NoSuchVersion", "The specified version does not exist.");
  };
}

/** Bucket and key of a path-style request; the key is empty in a request to the bucket. */
function address(context: Context): [bucket: string, key: string] {
  const [, bucket = "", ...key] = decodeURIComponent(context.path).split("/");
  return [bucket, key.join("/")];
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

function refuse(context: Context, status: number, code: string, message: string): void {
  context.status = status;
  context.type = "application/xml";
  context.body = `${XML}<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}

function escape(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
