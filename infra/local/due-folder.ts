import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dueListPrefix } from "../../lambdas/domain/batch.ts";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import { CSV, MANIFEST } from "../../lambdas/due-list-identity.ts";
import type { Objects } from "../../lambdas/ports.ts";
import { WrongInput } from "../wrong-input.ts";

/** A due list as the billing system left it in a folder. */
export interface DueFolder {
  readonly csv: Buffer;
  readonly manifest: Buffer;
}

/** Reads `due.csv` and `manifest.json`. Throws WrongInput with a sentence where one cannot be read. */
export async function readDueFolder(folder: string): Promise<DueFolder> {
  const read = async (name: string) => {
    try {
      return await readFile(join(folder, name));
    } catch (error) {
      const why =
        (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : "it cannot be read";
      throw new WrongInput(
        `${join(folder, name)}: ${why}. A due list is a folder with ${CSV} and ${MANIFEST}.`,
      );
    }
  };
  return { csv: await read(CSV), manifest: await read(MANIFEST) };
}

/** The day on which the manifest says that the list was produced, as its text; undefined if it does not say. */
export function producedAt(folder: DueFolder): string | undefined {
  try {
    const { producedAt: at } = JSON.parse(folder.manifest.toString("utf8")) as { producedAt?: unknown };
    return typeof at === "string" && !Number.isNaN(Date.parse(at)) ? at : undefined;
  } catch {
    return undefined;
  }
}

/** How many rows the manifest claims, as far as it can be read: for a result that no batch record holds. */
export function manifestFigures(folder: DueFolder): { readonly count: number } {
  try {
    const { count } = JSON.parse(folder.manifest.toString("utf8")) as Record<string, unknown>;
    return { count: typeof count === "number" && Number.isSafeInteger(count) ? count : 0 };
  } catch {
    return { count: 0 };
  }
}

/** The lowest number of the day that no other list has taken: the same bytes keep their number. */
export async function freeNumber(
  objects: Objects,
  stream: string,
  date: CalendarDate,
  folder: DueFolder,
): Promise<number> {
  for (let number = 1; number <= 99; number += 1) {
    if (!(await otherList(objects, stream, date, number, folder))) return number;
  }
  throw new WrongInput(`stream ${stream} has used all 99 numbers of ${date}; start afresh with --fresh`);
}

/** The figures of the list that lies under a number if it is another one than the folder's; else undefined. */
export async function otherList(
  objects: Objects,
  stream: string,
  date: CalendarDate,
  number: number,
  folder: DueFolder,
): Promise<{ readonly count: number } | undefined> {
  const prefix = dueListPrefix(stream, date, number);
  const [csv, manifest] = await Promise.all([
    objects.read("due", prefix + CSV),
    objects.read("due", prefix + MANIFEST),
  ]);
  if (!csv && !manifest) return undefined;
  if (csv?.bytes.equals(folder.csv) && manifest?.bytes.equals(folder.manifest)) return undefined;
  return manifestFigures({
    csv: csv?.bytes ?? Buffer.alloc(0),
    manifest: manifest?.bytes ?? Buffer.alloc(0),
  });
}

/** What an upload to the due bucket does on AWS: the newest bytes stand, whatever stood there. */
export type Upload = (key: string, bytes: Buffer) => Promise<void>;

/** Uploads the list under its number: rows first, since a manifest announces rows that are there. */
export async function uploadDueFolder(upload: Upload, prefix: string, folder: DueFolder): Promise<void> {
  await upload(prefix + CSV, folder.csv);
  await upload(prefix + MANIFEST, folder.manifest);
}
