import { batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import type { Configuration } from "../../lambdas/domain/stream.ts";
import { BILLING_DATE, configuration, dueList, row, stream } from "../builders.ts";
import type { Injected } from "../simulation/faults.ts";
import type { BatchList, DueRow, Instalment, Workload } from "../simulation/workload.ts";

/** The day of the incident: what is due, and what goes wrong, whichever guards are in or out. */
export const STREAM = "au-cba";
const SEGMENT_ROWS = 2;

/** One payer of the day, with one instalment. */
export interface Payer {
  /** From 1, through both batches. */
  readonly number: number;
  readonly batch: "A" | "B";
  readonly cents: number;
  readonly instalment: Instalment;
}

const PAYERS_OF_A = 6;
const PAYERS_OF_B = 2;

export const PAYERS: readonly Payer[] = Array.from({ length: PAYERS_OF_A + PAYERS_OF_B }, (_, index) => {
  const number = index + 1;
  const nn = String(number).padStart(2, "0");
  return {
    number,
    batch: number <= PAYERS_OF_A ? "A" : "B",
    cents: 2_000 + 500 * number,
    instalment: {
      stream: STREAM,
      mandateId: `payer-${nn}`,
      dueDate: BILLING_DATE,
      bsb: `083-1${nn}`,
      account: `555001${nn}`,
    },
  };
});

export const A = listOf("A", 1);
export const B = listOf("B", 2);

/** What both instances are told to bill. */
export function billed(): Workload {
  const lists = [A, B];
  return {
    configuration: limits(),
    lists,
    instalments: PAYERS.map(({ instalment }) => instalment),
    dishonours: [],
    listOf: (id) => lists.find((list) => list.batchId === id),
    instalmentOf: (bsb, account) =>
      PAYERS.find(({ instalment }) => instalment.bsb === bsb && instalment.account === account)?.instalment,
  };
}

/** The name under which the second instance runs a batch: the starter would have given it the first one's. */
export function secondName(batch: Payer["batch"]): string {
  return `${(batch === "A" ? A : B).batchId}-i2`;
}

/** The second instance's start, after the first one's (milliseconds). */
export const SECOND_AFTER_MS = 2_000;

/** What the ledger throws when the second instance acquires a lock. */
export type LockThrows = Pick<Injected, "kind" | "error">;
export const LOCK_ERROR = "ECONNRESET";
/** How often AcquireLock tries at the most. */
const LOCK_TRIES = 6;

/** Whatever the second instance tries, acquiring the lock throws. */
export function lockThrows({ kind, error }: LockThrows): Injected[] {
  return [A, B].flatMap(({ batchId: id }) =>
    Array.from({ length: LOCK_TRIES }, (_, index) =>
      fault(`AcquireLock:${id}:2`, "ledger.writeStream", index + 1, kind, { error }),
    ),
  );
}

/** What else goes wrong with port calls that day. */
export const FAULTS: readonly Injected[] = [
  // Answers that are lost, although the ledger has written what it was told: two for each instance.
  ...[1, 3].map((nth) => lost(`StageSegment:${A.batchId}/3:1`, nth)),
  ...[2, 3].map((nth) => lost(`StageSegment:${A.batchId}/2:2`, nth)),
  // Whichever instance comes first to the bank is slow, and so both are there.
  fault(`SubmitBankFile:${A.batchId}:1`, "objects.read.bankFiles", 1, "pause", { ms: 4_000 }),
  fault(`CloseBatch:${A.batchId}:1`, "ledger.writeBatch", 1, "pause", { ms: 8_000 }),
  // Batch B's file is on its way to the bank for nine minutes.
  fault(`SubmitBankFile:${B.batchId}:1`, "objects.create.outbound", 1, "late", { ms: 9 * 60_000 }),
];

function lost(process: string, nth: number): Injected {
  return fault(process, "ledger.createSegment", nth, "lose");
}

function fault(
  process: string,
  label: string,
  nth: number,
  kind: Injected["kind"],
  more: Partial<Pick<Injected, "error" | "ms">> = {},
): Injected {
  return { process, label, nth, kind, error: "TimeoutError", landed: false, ms: 0, ...more };
}

function limits(): Configuration {
  return configuration(stream({ name: STREAM, segmentRows: SEGMENT_ROWS, concurrency: 3 }));
}

function listOf(batch: Payer["batch"], number: number): BatchList {
  const payers = PAYERS.filter((payer) => payer.batch === batch);
  const rows = payers.map(({ cents, instalment }) =>
    row({
      mandate_id: instalment.mandateId,
      bsb: instalment.bsb,
      account_number: instalment.account,
      amount_cents: String(cents),
      customer_id: instalment.mandateId,
    }),
  );
  return {
    ...dueList(rows),
    batchId: batchId(STREAM, BILLING_DATE, number),
    stream: STREAM,
    billingDate: BILLING_DATE,
    number,
    prefix: dueListPrefix(STREAM, BILLING_DATE, number),
    rows: payers.map(
      ({ cents, instalment }, index): DueRow => ({
        line: index + 1,
        instalment,
        attempt: 1,
        cents,
        title: "NGUYEN Thi Hoa",
        remitters: ["Bondi Gym"],
      }),
    ),
  };
}
