import { z } from "zod";
import { DueListMissing, DueListMismatch } from "./domain/faults.ts";
import type { DueListIdentity } from "./domain/records.ts";
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
