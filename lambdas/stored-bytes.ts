import { createHash } from "node:crypto";
import { BankFileDamaged } from "./domain/faults.ts";
import { type Area, ObjectExists, type Objects } from "./ports.ts";

/** Lower-case hex SHA-256. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Stores bytes under a key that names their SHA-256. Whoever was first stored the same bytes; that is read back
 * and not assumed.
 * @throws BankFileDamaged if something else lies there
 */
export async function storeOnce(
  objects: Objects,
  area: Area,
  key: string,
  bytes: Buffer,
  contentType: string,
): Promise<{ readonly version?: string }> {
  try {
    return await objects.create(area, key, bytes, contentType);
  } catch (error) {
    if (!(error instanceof ObjectExists)) throw error;
    const stored = await readProven(objects, area, key, sha256(bytes));
    return stored.version === undefined ? {} : { version: stored.version };
  }
}

/**
 * Reads bytes whose SHA-256 the ledger knows.
 * @throws BankFileDamaged if they are missing or not those bytes
 */
export async function readProven(
  objects: Objects,
  area: Area,
  key: string,
  expected: string,
  version?: string,
): Promise<{ readonly bytes: Buffer; readonly version?: string }> {
  const stored = await objects.read(area, key, version === undefined ? {} : { version });
  if (stored === undefined) throw new BankFileDamaged(`${area}: ${key} is missing`);
  const found = sha256(stored.bytes);
  if (found !== expected)
    throw new BankFileDamaged(`${area}: ${key} has SHA-256 ${found}, the ledger says ${expected}`);
  return stored;
}
