import type { z } from "zod";
import { twoDigits } from "../domain/batch.ts";
import { LedgerBroken } from "../domain/faults.ts";
import { type ApprovalItem, type ProposalItem, SCHEMA } from "../domain/records.ts";
import type { Ledger } from "../ports.ts";
import * as schema from "./ledger-schema.ts";
import type { Item, Key, Table } from "./table.ts";

/** Segments and lines in sort keys: as wide as the largest, so that they sort as numbers. */
const wide = (number: number) => String(number).padStart(6, "0");
const attempt = (number: number) => twoDigits(number);

/** The partition of overrides, which are about no batch. */
const OVERRIDES = "DEPLOY#override";
/** The partition of a proposal or an approval: its batch's, or that of the overrides. */
const filedIn = (item: ProposalItem | ApprovalItem) =>
  "batchId" in item ? `BATCH#${item.batchId}` : OVERRIDES;

const keys = {
  stream: (stream: string): Key => ({ pk: `STREAM#${stream}`, sk: "STATE" }),
  batch: (id: string): Key => ({ pk: `BATCH#${id}`, sk: "META" }),
  segment: (id: string, segment: number): Key => ({ pk: `BATCH#${id}`, sk: `SEGMENT#${wide(segment)}` }),
  file: (id: string, file: number): Key => ({ pk: `BATCH#${id}`, sk: `FILE#${twoDigits(file)}` }),
  event: (id: string, at: string, nonce: string): Key => ({ pk: `BATCH#${id}`, sk: `EVENT#${at}#${nonce}` }),
  streamEvent: (stream: string, at: string, nonce: string): Key => ({
    pk: `STREAM#${stream}`,
    sk: `EVENT#${at}#${nonce}`,
  }),
  submission: (id: string, file: number): Key => ({
    pk: `SUBMISSION#${id}#${twoDigits(file)}`,
    sk: "INTENT",
  }),
  closing: (c: { stream: string; billingDate: string; number: number }): Key => ({
    pk: `STREAM#${c.stream}`,
    sk: `CLOSED#${c.billingDate}#${twoDigits(c.number)}`,
  }),
  overrideEvent: (at: string, nonce: string): Key => ({ pk: OVERRIDES, sk: `EVENT#${at}#${nonce}` }),
  proposal: (item: ProposalItem): Key => ({ pk: filedIn(item), sk: `PROPOSAL#${item.id}` }),
  approval: (item: ApprovalItem): Key => ({ pk: filedIn(item), sk: `APPROVAL#${item.proposal}` }),
  claim: (c: { mandateId: string; dueDate: string; attempt: number }): Key => ({
    pk: `MANDATE#${c.mandateId}`,
    sk: `DEBIT#${c.dueDate}#${attempt(c.attempt)}`,
  }),
};

/** Sorts after every continuation of a prefix. */
const LAST = "\uffff";

/** The ledger on one table. Reads refuse items of a newer schema and items that do not fit theirs. */
export function ledgerOn(table: Table): Ledger {
  const readOne = async <T>(key: Key, parser: z.ZodType<T>) => {
    const item = await table.get(key);
    return item && parse(item, parser);
  };
  const readAll = async <T>(pk: string, prefix: string, parser: z.ZodType<T>) =>
    (await table.query(pk, prefix, prefix + LAST)).map((item) => parse(item, parser));
  const versioned = (seen: number | undefined) => (seen === undefined ? "absent" : { version: seen });

  return {
    readStream: (stream) => readOne(keys.stream(stream), schema.streamItem),
    writeStream: (next, seen) => table.put(stored(keys.stream(next.stream), next), versioned(seen)),

    readBatch: (id) => readOne(keys.batch(id), schema.batchItem),
    writeBatch: (next, seen) => table.put(stored(keys.batch(next.id), next), versioned(seen)),

    readSegment: (id, segment) => readOne(keys.segment(id, segment), schema.segmentItem),
    readSegments: (id) => readAll(`BATCH#${id}`, "SEGMENT#", schema.segmentItem),
    createSegment: (item) => table.put(stored(keys.segment(item.batchId, item.segment), item), "absent"),

    readFiles: (id) => readAll(`BATCH#${id}`, "FILE#", schema.fileItem),
    createFile: (id, item) => table.put(stored(keys.file(id, item.number), item), "absent"),

    readSubmission: (id, file) => readOne(keys.submission(id, file), schema.submissionItem),
    createSubmission: (item) => table.put(stored(keys.submission(item.batchId, item.number), item), "absent"),

    readClaims: async (mandateId, from, to) =>
      (await table.query(`MANDATE#${mandateId}`, `DEBIT#${from}`, `DEBIT#${to}${LAST}`)).map((item) =>
        parse(item, schema.claim),
      ),
    readClaimsNamed: async (names) =>
      (await table.getMany(names.map(keys.claim))).map((item) => parse(item, schema.claim)),
    writeClaim: (claim, seen) =>
      table.put(
        stored(keys.claim(claim), claim),
        seen === undefined ? "absent" : { batchId: seen.batchId, line: seen.line },
      ),

    readReturns: (mandateId, dueDate, number) =>
      readAll(`MANDATE#${mandateId}`, `RETURN#${dueDate}#${attempt(number)}`, schema.returnItem),

    readClosings: async (stream, from, to) =>
      (await table.query(`STREAM#${stream}`, `CLOSED#${from}`, `CLOSED#${to}${LAST}`)).map((item) =>
        parse(item, schema.closingItem),
      ),
    createClosing: (item) => table.put(stored(keys.closing(item), item), "absent"),

    readProposals: (id) => readAll(`BATCH#${id}`, "PROPOSAL#", schema.batchProposal),
    readApprovals: (id) => readAll(`BATCH#${id}`, "APPROVAL#", schema.approvalItem),
    readOverrides: async () => {
      const [proposals, approvals] = await Promise.all([
        readAll(OVERRIDES, "PROPOSAL#", schema.overrideProposal),
        readAll(OVERRIDES, "APPROVAL#", schema.approvalItem),
      ]);
      return { proposals, approvals };
    },
    createProposal: (item) => table.put(stored(keys.proposal(item), item), "absent"),
    createApproval: (item) => table.put(stored(keys.approval(item), item), "absent"),

    readEvents: (id) => readAll(`BATCH#${id}`, "EVENT#", schema.eventItem),
    createEvent: (item) => table.put(stored(keys.event(item.batchId, item.at, item.nonce), item), "absent"),
    readStreamEvents: (stream) => readAll(`STREAM#${stream}`, "EVENT#", schema.streamEventItem),
    createStreamEvent: (item) =>
      table.put(stored(keys.streamEvent(item.stream, item.at, item.nonce), item), "absent"),
    readOverrideEvents: () => readAll(OVERRIDES, "EVENT#", schema.overrideEventItem),
    createOverrideEvent: (item) => table.put(stored(keys.overrideEvent(item.at, item.nonce), item), "absent"),
  };
}

function stored(key: Key, item: object): Item {
  return { ...key, schema: SCHEMA, ...item };
}

function parse<T>(item: Item, parser: z.ZodType<T>): T {
  const { pk, sk, schema: version, ...rest } = item;
  if (typeof version !== "number" || version > SCHEMA) {
    throw new LedgerBroken(`${pk} ${sk} was written by a newer version of the code (schema above ${SCHEMA})`);
  }
  const parsed = parser.safeParse(rest);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => `${issue.path.join(".") || "item"}: ${issue.code}`);
  throw new LedgerBroken(`${pk} ${sk} does not fit its schema (${places.join("; ")})`);
}
