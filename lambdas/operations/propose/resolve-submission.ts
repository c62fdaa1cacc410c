import { twoDigits, fileName } from "../../domain/batch.ts";
import { ProposalRefused } from "../../domain/faults.ts";
import type { Channel, Outcome, ResolutionProposal } from "../../domain/records.ts";
import { arrivedBy, refusedStatement } from "../../domain/resolution.ts";
import { fileInDoubt } from "../../file-in-doubt.ts";
import type { Ports } from "../../ports.ts";
import { sha256, storeOnce } from "../../stored-bytes.ts";

/** Most bytes of a statement's evidence. */
export const MOST_EVIDENCE = 1_048_576;

export interface Statement {
  readonly number: number;
  readonly outcome: Outcome;
  /** The bank's own words: a mail, a scan, a note of a call. */
  readonly evidence: Buffer;
  readonly reference: string;
  readonly channel: Channel;
  /** When the bank said so; ISO 8601 with Z. */
  readonly statedAt: string;
}

/**
 * About which file and intent a statement of the bank is, and where its evidence lies, which is stored here: once,
 * under its SHA-256, before anything names it.
 * @param at when the statement is brought forward
 * @throws ProposalRefused if the file is not in doubt, or the statement proves nothing about it
 */
export async function stated(
  statement: Statement,
  batch: { readonly id: string; readonly stream: string },
  at: string,
  ports: Pick<Ports, "ledger" | "objects">,
): Promise<Pick<ResolutionProposal, "number" | "sha256" | "nonce" | "outcome" | "evidence">> {
  const { number, outcome, evidence: bytes, reference, channel, statedAt } = statement;
  if (bytes.length === 0 || bytes.length > MOST_EVIDENCE) {
    throw new ProposalRefused(`the evidence has ${bytes.length} bytes, and must have 1 to ${MOST_EVIDENCE}`);
  }
  const doubt = await fileInDoubt(ports, batch, number);
  if (typeof doubt === "string") throw new ProposalRefused(doubt);
  const { file, intent } = doubt;
  const refused = refusedStatement(statement, intent.at, at);
  if (refused) throw new ProposalRefused(WHY[refused](fileName(batch.id, number), intent.at));
  const hash = sha256(bytes);
  const key = `evidence/${batch.id}/${twoDigits(number)}/${hash}`;
  const { version } = await storeOnce(ports.objects, "reports", key, bytes, "application/octet-stream");
  return {
    number,
    sha256: file.sha256,
    nonce: intent.nonce,
    outcome,
    evidence: {
      key,
      ...(version !== undefined && { version }),
      sha256: hash,
      reference,
      channel,
      statedAt,
    },
  };
}

const WHY: Record<
  NonNullable<ReturnType<typeof refusedStatement>>,
  (file: string, intentAt: string) => string
> = {
  "of-the-future": () => "the bank's statement is dated later than now",
  "before-the-intent": (file, intentAt) =>
    `the bank's statement is dated before the intent to send ${file}, ${intentAt}: it cannot be about it`,
  "too-early": (file, intentAt) =>
    `until ${arrivedBy(intentAt)} ${file} may still have been on its way to the bank, so that an earlier "rejected" or` +
    ' "not found" proves nothing: ask the bank again, and give the time of that answer',
};
