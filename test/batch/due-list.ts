import { createHash } from "node:crypto";
import { type Column, COLUMNS } from "../../lambdas/domain/exclusion.ts";

/** One due row as a billing system means it, by column. */
export type DueRow = Readonly<Record<Column, string>>;

export interface DueList {
  readonly csv: Buffer;
  readonly manifest: Buffer;
  readonly count: number;
  readonly cents: bigint;
}

/** The figures of a manifest; what a test gets wrong on purpose it gives itself. */
export interface Figures {
  readonly count: number;
  readonly totalCents: number;
  readonly sha256: string;
  readonly producedAt: string;
}

export const HEADER = COLUMNS.join(",");

/**
 * A due list of these rows: a row as columns is written as RFC 4180 wants it, a row as text as it stands. The
 * manifest's figures are counted here anew, by the rule of the due list.
 */
export function dueList(rows: readonly (DueRow | string)[], wrong: Partial<Figures> = {}): DueList {
  const records = rows.map((row) =>
    typeof row === "string" ? row : COLUMNS.map((column) => quoted(row[column])).join(","),
  );
  return listOfBytes(
    Buffer.from([HEADER, ...records].map((record) => `${record}\n`).join(""), "utf8"),
    rows.length,
    rows.map(countedCents).reduce((sum, cents) => sum + cents, 0n),
    wrong,
  );
}

/** A due list of bytes that a test has made itself, with its figures. */
export function listOfBytes(
  csv: Buffer,
  count: number,
  cents: bigint,
  wrong: Partial<Figures> = {},
): DueList {
  const manifest: Figures = {
    count,
    totalCents: Number(cents),
    sha256: createHash("sha256").update(csv).digest("hex"),
    producedAt: "2026-03-01T18:00:00Z",
    ...wrong,
  };
  return { csv, manifest: Buffer.from(JSON.stringify(manifest)), count, cents };
}

/** Only a row of exactly ten fields whose tenth is 1 to 15 digits counts with an amount. Texts here have no quotes. */
function countedCents(row: DueRow | string): bigint {
  const fields = typeof row === "string" ? row.split(",") : COLUMNS.map((column) => row[column]);
  const amount = fields[9] ?? "";
  return fields.length === COLUMNS.length && /^[0-9]{1,15}$/.test(amount) ? BigInt(amount) : 0n;
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
