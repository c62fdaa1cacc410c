import { BankFileWriter } from "../../lambdas/domain/bank-file-writer.ts";
import { batchId } from "../../lambdas/domain/batch.ts";
import { addDays, calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { proposalId, proposalSha256 } from "../../lambdas/domain/proposal.ts";
import type {
  ApprovalItem,
  BatchItem,
  FileItem,
  FileStateName,
  SuspicionProposal,
} from "../../lambdas/domain/records.ts";
import { batchItem, fileItem } from "../builders.ts";
import { BATCH, BILLING_DATE, type GateCase, sha256 } from "./gate-case.ts";

/** Batches of the judged stream that have closed before, and what people have decided about the judged one. */

/** One debit of a file that was sent. */
export interface SentDebit {
  readonly mandateId: string;
  readonly merchantId: string;
  readonly bsb: string;
  readonly accountNumber: string;
  readonly cents: number;
}

export interface ClosedBatch {
  /** How many days before the judged batch's billing date; negative: after it. */
  readonly daysAgo?: number;
  readonly number?: number;
  readonly submitted?: { readonly count: number; readonly cents: number };
  readonly state?: BatchItem["state"];
  /** One file of these debits, with its bytes and its index. */
  readonly debits?: readonly SentDebit[];
  readonly fileState?: FileStateName;
}

/** Puts what a batch leaves in the ledger when it closes. Returns its id. */
export async function closed(gate: GateCase, batch: ClosedBatch = {}): Promise<string> {
  const { daysAgo = 1, number = 1, submitted = { count: 1, cents: 1 }, state = "CLOSED" } = batch;
  const billingDate = addDays(BILLING_DATE, -daysAgo);
  const stream = gate.stream.name;
  const id = batchId(stream, billingDate, number);
  const at = `${billingDate}T00:00:00.000Z`;
  const none = { count: 0, cents: 0 };
  gate.ledger.putBatch(
    batchItem({
      id,
      stream,
      billingDate,
      number,
      state,
      ending: {
        at,
        due: submitted,
        staged: submitted,
        excluded: { ...none, byReason: {} },
        submitted,
        withdrawn: none,
        rejected: none,
      },
    }),
  );
  // The record decides: whatever the closing says of it, it says wrongly.
  const wrong = { count: 7777, cents: 777_777 };
  await gate.ledger.createClosing({
    stream,
    billingDate,
    number,
    batchId: id,
    closedAt: at,
    submitted: wrong,
  });
  if (batch.debits) await sentFile(gate, id, batch.debits, batch.fileState ?? "SUBMITTED");
  return id;
}

/** The file of a closed batch. Returns its record. */
export async function sentFile(
  gate: GateCase,
  id: string,
  debits: readonly SentDebit[],
  state: FileStateName = "SUBMITTED",
  over: Partial<FileItem> = {},
): Promise<FileItem> {
  const number = over.number ?? 1;
  const date = calendarDate(id.slice(-13, -3));
  const writer = new BankFileWriter(gate.stream.bankProfile, {
    description: `EARLIER 0${number}`,
    processingDate: date,
  });
  for (const { bsb, accountNumber, cents } of debits) {
    writer.add({ bsb, accountNumber, cents, title: "PAYER", reference: "EARLIER", remitter: "SOMEBODY" });
  }
  const bytes = Buffer.from(writer.finish());
  const lines = debits.map(({ mandateId, merchantId, cents }, index) => {
    return { line: 100 + index, mandateId, dueDate: date, attempt: 1, merchantId, cents };
  });
  const index = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const [key, indexKey] = [`${id}/0${number}.aba`, `${id}/0${number}.index.jsonl`];
  const put = gate.objects.put("bankFiles", key, bytes);
  const putIndex = gate.objects.put("bankFiles", indexKey, index);
  const item = fileItem({
    number,
    key,
    ...put,
    sha256: sha256(bytes),
    indexKey,
    ...(putIndex.version !== undefined && { indexVersion: putIndex.version }),
    indexSha256: sha256(index),
    debits: debits.length,
    cents: debits.reduce((sum, { cents }) => sum + cents, 0),
    state,
    ...over,
  });
  await gate.ledger.createFile(id, item);
  return item;
}

const hash = (text: string) => sha256(Buffer.from(text, "utf8"));

type Suspicion = Omit<SuspicionProposal, "id">;

/** Somebody proposes to accept a check of the judged batch for the files that it has now. */
export async function proposed(gate: GateCase, over: Partial<Suspicion> = {}): Promise<SuspicionProposal> {
  const proposal: Suspicion = {
    batchId: BATCH,
    action: "accept-suspicion",
    check: "growth",
    sha256s: (await gate.item()).batch?.files?.map((file) => file.sha256) ?? [],
    report: `${BATCH}/report-001.json`,
    reason: "a merchant has joined",
    by: "anna",
    at: "2026-03-01T20:05:00.000Z",
    ...over,
  };
  const item = { ...proposal, id: proposalId(proposal, hash) };
  await gate.ledger.createProposal(item);
  return item;
}

/** Somebody approves a proposal, for all that the ledger checks. */
export async function approved(
  gate: GateCase,
  proposal: SuspicionProposal,
  over: Partial<ApprovalItem> = {},
): Promise<void> {
  await gate.ledger.createApproval({
    batchId: BATCH,
    proposal: proposal.id,
    proposalSha256: proposalSha256(proposal, hash),
    by: "ben",
    at: "2026-03-01T20:30:00.000Z",
    ...over,
  });
}
