import { createHash } from "node:crypto";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { type Area, ObjectExists, type Objects } from "../ports.ts";

/** Long enough for the largest bank file, short enough that a dead connection becomes a fault. */
const TIMEOUT_MS = 120_000;

/**
 * The buckets in S3.
 * @param bucket the bucket's name per area; throws where this Lambda was given none
 */
export function s3Objects(bucket: (area: Area) => string, config: S3ClientConfig): Objects {
  const requestHandler = {
    connectionTimeout: 2_000,
    requestTimeout: TIMEOUT_MS,
    throwOnRequestTimeout: true,
  };
  const reader = new S3Client({ requestHandler, ...config });
  // A put is sent once: its repetition after a lost answer is the caller's decision, never the SDK's.
  const writer = new S3Client({ requestHandler, ...config, maxAttempts: 1 });
  return {
    async read(area, key, { version, from, to } = {}) {
      try {
        const answer = await reader.send(
          new GetObjectCommand({
            Bucket: bucket(area),
            Key: key,
            ...(version !== undefined && { VersionId: version }),
            ...((from !== undefined || to !== undefined) && {
              Range: `bytes=${from ?? 0}-${to === undefined ? "" : to - 1}`,
            }),
          }),
        );
        const bytes = await gathered(
          (answer.Body ?? []) as AsyncIterable<Uint8Array>,
          answer.ContentLength ?? 0,
        );
        // HTTP lets a server ignore a range (RFC 9110, 14.2): then all of the object has come, and the status is 200.
        const isWhole = answer.$metadata.httpStatusCode === 200;
        return { bytes: isWhole ? bytes.subarray(from, to) : bytes, ...versioned(answer.VersionId) };
      } catch (error) {
        if (
          error instanceof NoSuchKey ||
          (error instanceof S3ServiceException && error.name === "NoSuchVersion")
        ) {
          return undefined;
        }
        throw error;
      }
    },

    async create(area, key, bytes, contentType) {
      try {
        const answer = await writer.send(
          new PutObjectCommand({
            Bucket: bucket(area),
            Key: key,
            Body: bytes,
            ContentType: contentType,
            IfNoneMatch: "*",
            ChecksumSHA256: createHash("sha256").update(bytes).digest("base64"),
          }),
        );
        return versioned(answer.VersionId);
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) {
          throw new ObjectExists(`there is an object under ${key} already`, { cause: error });
        }
        throw error;
      }
    },

    async versions(area, key) {
      const found: { version?: string }[] = [];
      let keyMarker: string | undefined;
      let versionMarker: string | undefined;
      do {
        const page = await reader.send(
          new ListObjectVersionsCommand({
            Bucket: bucket(area),
            Prefix: key,
            ...(keyMarker !== undefined && { KeyMarker: keyMarker }),
            ...(versionMarker !== undefined && { VersionIdMarker: versionMarker }),
          }),
        );
        for (const item of page.Versions ?? []) {
          if (item.Key === key) found.push(versioned(item.VersionId));
        }
        keyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
        versionMarker = page.IsTruncated ? page.NextVersionIdMarker : undefined;
      } while (keyMarker !== undefined);
      return found;
    },

    async list(area, prefix) {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await reader.send(
          new ListObjectsV2Command({
            Bucket: bucket(area),
            Prefix: prefix,
            ...(token !== undefined && { ContinuationToken: token }),
          }),
        );
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return keys.sort();
    },
  };
}

/**
 * The bytes of a body in one buffer of the length that S3 has announced. Gathered in pieces and put together, a large
 * file would lie in memory twice.
 */
async function gathered(body: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let end = 0;
  for await (const piece of body) {
    if (end + piece.length > length) throw new Error(`a body is longer than its ${length} bytes`);
    bytes.set(piece, end);
    end += piece.length;
  }
  if (end < length) throw new Error(`a body of ${length} bytes has ended after ${end}`);
  return bytes;
}

/** A bucket that never had versions calls the only one "null". */
function versioned(version: string | undefined): { version?: string } {
  return version === undefined || version === "null" ? {} : { version };
}
