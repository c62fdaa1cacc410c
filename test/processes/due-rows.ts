import type { Stream } from "../../lambdas/domain/stream.ts";
import { streams } from "../../infra/config/streams.ts";
import type { DueRow } from "../batch/due-list.ts";

export const DATE = "2026-03-02";

/** The row that no batch may debit: its amount is above the stream's limit. */
export const EXCLUDED_LINE = 5;
const ROWS = 9;
const LIMIT_CENTS = 100_000;

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A stream that no other round has: a lock, a user id and mandates of its own. Three segments, three files. */
export function streamOf(round: number): Stream {
  const [model] = streams;
  if (model === undefined) throw new Error("no stream is configured");
  let [code, rest] = ["", round];
  for (let digit = 0; digit < 4; digit += 1) [code, rest] = [`${DIGITS[rest % 32]}${code}`, rest >> 5];
  return {
    ...model,
    name: `race-${round}`,
    code,
    bankProfile: { ...model.bankProfile, userId: String(100_000 + (round % 900_000)) },
    segmentRows: 3,
    maxFileDebits: 3,
    maxDebitCents: LIMIT_CENTS,
    toleratedExcludedShare: 0.2,
  };
}

/** The instalments of a round: each has a mandate, a bank account and an amount that no other one has. */
export function dueRows(round: number): DueRow[] {
  return Array.from({ length: ROWS }, (_, index) => {
    const line = index + 1;
    const even = line % 2 === 0;
    return {
      mandate_id: `M-${round}-${line}`,
      due_date: DATE,
      attempt: "1",
      merchant_id: even ? "m-pools" : "m-gym",
      merchant_name: even ? "Bondi Pools" : "Bondi Gym",
      customer_id: `C-${line}`,
      bsb: even ? "062-000" : "083-214",
      account_number: `1${String(round).padStart(6, "0")}${line}`,
      account_title: `PAYER ${line}`,
      amount_cents: String(line === EXCLUDED_LINE ? LIMIT_CENTS + 1 : 1000 + 17 * line + (round % 400)),
    };
  });
}
