import type { Configuration } from "../../lambdas/domain/stream.ts";
import { batchId, dueListPrefix } from "../../lambdas/domain/batch.ts";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import { BILLING_DATE, configuration, dueList, row, stream } from "../builders.ts";
import type { BatchList, DueRow, Instalment, Workload } from "./workload.ts";

/** The one small batch of the crash matrix: seven rows in three segments, one of them excluded, in three files. */
export const STREAM = "matrix";

const ROWS = 7;
const EXCLUDED = 4;

interface Written {
  readonly cells: Parameters<typeof row>[0];
  readonly row: DueRow & { readonly instalment: Instalment };
}

const WRITTEN: readonly Written[] = Array.from({ length: ROWS }, (_, index) => {
  const line = index + 1;
  const bsb = `083-17${line}`;
  const account = `1234567${line}`;
  const cents = 1_000 + 111 * line;
  const instalment: Instalment = {
    stream: STREAM,
    mandateId: `MX.${line}`,
    dueDate: BILLING_DATE,
    bsb,
    account,
  };
  return {
    cells: {
      mandate_id: instalment.mandateId,
      bsb: line === EXCLUDED ? "08-3170" : bsb,
      account_number: account,
      amount_cents: String(cents),
      customer_id: `c-${line}`,
    },
    row: {
      line,
      instalment,
      attempt: 1,
      cents,
      title: "NGUYEN Thi Hoa",
      remitters: ["Bondi Gym"],
      ...(line === EXCLUDED && { reason: "bad-bsb" as const }),
    },
  };
});

/** The instalments that somebody owes and that may be debited. */
export const DUE: readonly Instalment[] = WRITTEN.filter(({ row: { reason } }) => reason === undefined).map(
  ({ row: { instalment } }) => instalment,
);

export interface MatrixWorkload extends Workload {
  readonly lists: BatchList[];
}

/**
 * What the matrix bills: the list, and later whatever else is billed.
 * @param tolerated the share of excluded rows that the gate lets pass; with 0 the first batch is stopped
 */
export function matrixWorkload(tolerated: number): MatrixWorkload {
  const lists = [listOf(BILLING_DATE, 1, WRITTEN)];
  const instalments = WRITTEN.map(({ row: { instalment } }) => instalment);
  const owed = new Map(
    WRITTEN.map(({ row: { instalment, cents } }) => [
      `${instalment.bsb} ${instalment.account} ${cents}`,
      instalment,
    ]),
  );
  return {
    configuration: matrixConfiguration(tolerated),
    lists,
    instalments,
    dishonours: [],
    listOf: (id) => lists.find((list) => list.batchId === id),
    instalmentOf: (bsb, account, cents) => owed.get(`${bsb} ${account} ${cents}`),
  };
}

/** The list of a later day that asks for all that was ever due, whatever became of it. */
export function successorList(billingDate: CalendarDate): BatchList {
  const due = WRITTEN.filter(({ row: { reason } }) => reason === undefined);
  return listOf(billingDate, 1, due);
}

function matrixConfiguration(tolerated: number): Configuration {
  return configuration(
    stream({
      name: STREAM,
      code: "MX",
      segmentRows: 3,
      concurrency: 2,
      maxFileDebits: 2,
      toleratedExcludedShare: tolerated,
    }),
  );
}

function listOf(billingDate: CalendarDate, number: number, written: readonly Written[]): BatchList {
  return {
    ...dueList(written.map(({ cells }) => row(cells))),
    batchId: batchId(STREAM, billingDate, number),
    stream: STREAM,
    billingDate,
    number,
    prefix: dueListPrefix(STREAM, billingDate, number),
    rows: written.map(({ row: one }, index) => ({ ...one, line: index + 1 })),
  };
}
