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
        const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
        return { bytes, ...versioned(answer.VersionId) };
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

/** A bucket that never had versions calls the only one "null". */
function versioned(version: string | undefined): { version?: string } {
  return version === undefined || version === "null" ? {} : { version };
}
