import type { Objects } from "../../ports.ts";
import type { Case } from "./case.ts";
import { DueTable } from "./due-table.ts";
import { judgeList } from "./list-judgement.ts";
import { ListUnreadable } from "./list-reading.ts";
import { sha256 } from "./stored-bytes.ts";

/** The due list and its manifest as they lie in the bucket now. */
export interface ListEvidence {
  /** Empty where the list cannot be read. */
  readonly table: DueTable;
  /** Of the list's bytes; absent where there are none. */
  readonly sha256?: string;
  /** Why the list cannot be judged. */
  readonly unreadable?: string;
  /** Absent where it cannot be read. */
  readonly manifest?: Manifest;
}

export interface Manifest {
  readonly count: number;
  readonly totalCents: number;
  readonly sha256: string;
}

export async function readList(
  { batch: { dueList }, stream, billingDate }: Case,
  objects: Objects,
): Promise<ListEvidence> {
  const version = dueList.csvVersion;
  const [list, stored] = await Promise.all([
    objects.read("due", `${dueList.prefix}due.csv`, version === undefined ? {} : { version }),
    objects.read("due", `${dueList.prefix}manifest.json`),
  ]);
  const manifest = stored && parseManifest(stored.bytes);
  const known = manifest ? { manifest } : {};
  if (list === undefined)
    return { ...known, table: new DueTable(0), unreadable: "the due list is not there" };
  const found = { ...known, sha256: sha256(list.bytes) };
  try {
    return { ...found, table: judgeList(list.bytes, stream, billingDate) };
  } catch (error) {
    if (!(error instanceof ListUnreadable)) throw error;
    return { ...found, table: new DueTable(0), unreadable: error.message };
  }
}

function parseManifest(bytes: Buffer): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { count, totalCents, sha256: hash } = value as Partial<Record<keyof Manifest, unknown>>;
  const fits = Number.isSafeInteger(count) && Number.isSafeInteger(totalCents) && typeof hash === "string";
  return fits ? { count: count as number, totalCents: totalCents as number, sha256: hash } : undefined;
}
