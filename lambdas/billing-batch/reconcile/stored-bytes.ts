import { createHash } from "node:crypto";
import type { Area, Objects } from "../../ports.ts";

/** The SHA-256 of some bytes, in hex. */
export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** An object whose SHA-256 the ledger froze: its bytes, or undefined and in words what is wrong with it. */
export async function readFrozen(
  objects: Objects,
  area: Area,
  frozen: { readonly key: string; readonly version?: string | undefined; readonly sha256: string },
): Promise<
  | { readonly bytes: Buffer; readonly fault?: undefined }
  | { readonly bytes?: Buffer; readonly fault: "is not there" | "has another SHA-256" }
> {
  const { key, version } = frozen;
  const stored = await objects.read(area, key, version === undefined ? {} : { version });
  if (stored === undefined) return { fault: "is not there" };
  if (sha256(stored.bytes) === frozen.sha256) return { bytes: stored.bytes };
  return { bytes: stored.bytes, fault: "has another SHA-256" };
}

/** The lines of an object of JSON lines, one value each; undefined for a line that is no JSON. */
export function* jsonLines(bytes: Buffer): Generator<unknown> {
  for (const [from, to] of lineRanges(bytes)) yield jsonValue(bytes, from, to);
}

/** Where each line begins and ends, its line feed left out. */
export function* lineRanges(bytes: Buffer): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    const to = end === -1 ? bytes.length : end;
    yield [from, to];
    from = to + 1;
  }
}

/** The value of one line; undefined if it is no JSON. */
export function jsonValue(bytes: Buffer, from: number, to: number): unknown {
  try {
    return JSON.parse(bytes.toString("utf8", from, to)) as unknown;
  } catch {
    // The parser's message would repeat the text.
    return undefined;
  }
}
