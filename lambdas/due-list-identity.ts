import { z } from "zod";
import { DueListMissing, DueListMismatch } from "./domain/faults.ts";
import type { DueListIdentity } from "./domain/records.ts";
import { sha256 } from "./stored-bytes.ts";
import type { Objects } from "./ports.ts";

export const CSV = "due.csv";
export const MANIFEST = "manifest.json";

/** What the billing system says of its list. Unknown keys are let through: the manifest is theirs, not ours. */
const manifest = z.object({
  count: z.int().min(0),
  totalCents: z.int().min(0),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/)
    .transform((hex) => hex.toLowerCase()),
  producedAt: z.iso.datetime({ offset: true }),
});

/**
 * Which list lies in a folder of the due bucket, by its manifest and the version of its rows.
 * @throws DueListMissing if one of the two objects is not there; DueListMismatch if the manifest is unreadable
 */
export async function dueListIdentity(objects: Objects, prefix: string): Promise<DueListIdentity> {
  const [stored, versions] = await Promise.all([
    objects.read("due", prefix + MANIFEST),
    objects.versions("due", prefix + CSV),
  ]);
  const newest = versions[0];
  if (stored === undefined || newest === undefined) {
    throw new DueListMissing(`${prefix}${stored === undefined ? MANIFEST : CSV} is not in the due bucket`);
  }
  const { sha256, count, totalCents } = parseManifest(stored.bytes, prefix);
  const csvVersion = newest.version;
  return { prefix, sha256, count, totalCents, ...(csvVersion !== undefined && { csvVersion }) };
}

function parseManifest(bytes: Buffer, prefix: string): z.infer<typeof manifest> {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch {
    // JSON.parse repeats the text in its message, so the message does not go on from here.
    throw new DueListMismatch(`${prefix}${MANIFEST} is unreadable: it is not JSON`);
  }
  const parsed = manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => `${issue.path.join(".") || "manifest"}: ${issue.code}`);
  throw new DueListMismatch(`${prefix}${MANIFEST} is unreadable (${places.join("; ")})`);
}

/** Whether both name the same bytes with the same figures; where they lie does not matter. */
export function sameList(a: DueListIdentity | undefined, b: DueListIdentity): boolean {
  return a?.sha256 === b.sha256 && a.count === b.count && a.totalCents === b.totalCents;
}

/**
 * A hash over everything that {@link sameList} compares. It tells two lists apart where the manifest's total itself may
 * not stand: of a single shifted row that would be the bank account.
 */
export function listMark({ sha256: hash, count, totalCents }: DueListIdentity): string {
  return sha256(Buffer.from(`${hash} ${count} ${totalCents}`, "utf8"));
}

/** A list as messages name it: the last figure differs too where only the manifest's total does. */
export function listInWords({ sha256: hash, count, mark }: StartedList): string {
  return `${count} rows, SHA-256 ${hash.slice(0, 12)}…, mark ${mark.slice(0, 12)}…`;
}

/** A list as an execution's input names it. */
export interface StartedList extends Pick<DueListIdentity, "sha256" | "count"> {
  /** {@link listMark} */
  readonly mark: string;
}

export function startedList(list: DueListIdentity): StartedList {
  return { sha256: list.sha256, count: list.count, mark: listMark(list) };
}
