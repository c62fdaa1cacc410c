import { readBatch } from "../../batch-change.ts";
import { BankFileWriter } from "../../domain/bank-file-writer.ts";
import { twoDigits } from "../../domain/batch.ts";
import { calendarDate } from "../../domain/calendar-date.ts";
import { BatchAbandoning, LedgerBroken, LimitExceeded } from "../../domain/faults.ts";
import { description, lodgementReference } from "../../domain/lodgement-reference.ts";
import { isSendable } from "../../domain/moves.ts";
import type { BatchItem, FileItem, SegmentItem, StagedRow } from "../../domain/records.ts";
import type { Configuration, Stream } from "../../domain/stream.ts";
import type { Objects, Ports } from "../../ports.ts";
import { readAhead } from "../../read-ahead.ts";
import { readProven, sha256, storeOnce } from "../../stored-bytes.ts";
import { changeStream, held } from "../../stream-change.ts";
import { streamOf } from "../../stream-of.ts";
import { type ComposedFile, composeFiles } from "./compose-files.ts";

/** File numbers have two digits, in the description of entries and in keys. */
const MOST_FILES = 99;

/** How many segments are read or lie in memory at once. */
const SEGMENTS_AHEAD = 4;

export interface Composed {
  readonly files: number;
  readonly debits: number;
  readonly cents: number;
}

/**
 * Writes the batch's bank files from its staged segments and freezes the set: numbers, hashes and line ranges in
 * one write. A set that is frozen already, even by older code or under other limits, is only verified.
 */
export async function composeBankFile(
  event: { readonly batchId: string; readonly fence: number },
  ports: Ports & { readonly configuration: Configuration },
): Promise<Composed> {
  const nonce = ports.nonce();
  const batch = await readBatch(ports, event.batchId);
  const stream = streamOf(ports.configuration, batch.stream);
  const before = held(await ports.ledger.readStream(stream.name), batch.id, event.fence).batch.files;
  const files = before ?? (await frozen(ports, batch, stream, event.fence, nonce));
  // What can no longer be sent needs no bytes any more; lost ones would only keep the batch from its end.
  if (files.some(({ state }) => isSendable(state))) {
    for (const file of files) await verified(ports.objects, file);
  }
  const composed = {
    files: files.length,
    debits: files.reduce((sum, file) => sum + file.debits, 0),
    cents: files.reduce((sum, file) => sum + file.cents, 0),
  };
  ports.log.decision({
    state: "ComposeBankFile",
    batchId: batch.id,
    stream: stream.name,
    fence: event.fence,
    nonce,
    outcome: before ? "verified" : "frozen",
    ...composed,
  });
  if (!before) ports.metrics.count("FilesComposed", stream.name, files.length);
  return composed;
}

async function frozen(
  ports: Ports,
  batch: BatchItem,
  stream: Stream,
  fence: number,
  nonce: string,
): Promise<readonly FileItem[]> {
  const segments = await allSegments(ports, batch);
  const billingDate = calendarDate(batch.billingDate);
  const name = (file: number) => description({ code: stream.code, billingDate, number: batch.number, file });
  const reference = (line: number) =>
    lodgementReference({ code: stream.code, billingDate, number: batch.number, line });
  const writer = (file: number, expectedDebits: number) => {
    if (file > MOST_FILES) throw new LimitExceeded(`batch ${batch.id} needs more than ${MOST_FILES} files`);
    const header = { description: name(file), processingDate: billingDate, expectedDebits };
    return new BankFileWriter(stream.bankProfile, header);
  };
  const staged = segments.reduce((sum, segment) => sum + segment.staged.count, 0);

  const files: FileItem[] = [];
  const rows = readAhead(segments, SEGMENTS_AHEAD, (segment) => stagedRows(ports.objects, segment));
  for await (const file of composeFiles(rows, staged, stream, reference, writer)) {
    files.push(await storedFile(ports.objects, batch, name(file.number), file));
  }
  const item = await changeStream(ports, stream.name, nonce, (seen) => {
    const mine = held(seen, batch.id, fence);
    if (mine.batch.files) return "done";
    if (mine.batch.abandoning) throw new BatchAbandoning(`batch ${batch.id} is being abandoned`);
    return { ...seen, batch: { ...mine.batch, files } };
  });
  const set = held(item, batch.id, fence).batch.files;
  if (set === undefined)
    throw new LedgerBroken(`the files of batch ${batch.id} were frozen and are not there`);
  return set;
}

/** The records of every segment of the plan. Throws LedgerBroken if one is missing: a file would lack its rows. */
async function allSegments(ports: Ports, batch: BatchItem): Promise<SegmentItem[]> {
  const segments = await ports.ledger.readSegments(batch.id);
  if (segments.length !== batch.plan?.segments || segments.some((item, i) => item.segment !== i + 1)) {
    throw new LedgerBroken(
      `batch ${batch.id}: ${segments.length} of ${batch.plan?.segments} segments are staged`,
    );
  }
  return segments;
}

async function stagedRows(objects: Objects, segment: SegmentItem): Promise<StagedRow[]> {
  const { bytes } = await readProven(objects, "work", segment.key, segment.sha256);
  const rows = bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    // The bytes are proven to be those that staging wrote and hashed.
    .map((line) => JSON.parse(line) as StagedRow);
  if (rows.length !== segment.staged.count) {
    throw new LedgerBroken(
      `segment ${segment.segment} holds ${rows.length} rows, not ${segment.staged.count}`,
    );
  }
  return rows;
}

async function storedFile(
  objects: Objects,
  batch: BatchItem,
  description: string,
  file: ComposedFile,
): Promise<FileItem> {
  const hash = sha256(file.bytes);
  const indexHash = sha256(file.index);
  const key = `${batch.id}/${twoDigits(file.number)}-${hash}.aba`;
  const indexKey = `${batch.id}/${hash}.index.jsonl`;
  const put = await storeOnce(objects, "bankFiles", key, file.bytes, "text/plain; charset=us-ascii");
  const indexPut = await storeOnce(objects, "bankFiles", indexKey, file.index, "application/jsonl");
  return {
    number: file.number,
    key,
    ...(put.version !== undefined && { version: put.version }),
    sha256: hash,
    indexKey,
    ...(indexPut.version !== undefined && { indexVersion: indexPut.version }),
    indexSha256: indexHash,
    debits: file.debits,
    cents: file.cents,
    firstLine: file.firstLine,
    lastLine: file.lastLine,
    description,
    processingDate: batch.billingDate,
    state: "COMPOSED",
  };
}

/** Reads a frozen file and its index back. Throws BankFileDamaged if they are not the bytes that were frozen. */
async function verified(objects: Objects, file: FileItem): Promise<void> {
  await readProven(objects, "bankFiles", file.key, file.sha256, file.version);
  await readProven(objects, "bankFiles", file.indexKey, file.indexSha256, file.indexVersion);
}
