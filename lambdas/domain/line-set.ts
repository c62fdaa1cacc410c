/**
 * A set of rows of one segment as one bit each, first row first, in base64: what a segment record keeps, so
 * that a claim can be judged released or not without reading a bank file. Lines count from 1 over the whole list.
 */
export function encodeLines(firstLine: number, rows: number, lines: Iterable<number>): string {
  const bits = Buffer.alloc(Math.ceil(rows / 8));
  for (const line of lines) {
    const at = line - firstLine;
    if (at < 0 || at >= rows) throw new RangeError(`line ${line} is not in this segment`);
    bits.writeUInt8(bits.readUInt8(at >> 3) | (1 << (at & 7)), at >> 3);
  }
  return bits.toString("base64");
}

/** Whether the set holds the line; undefined where it is damaged. Lines outside the segment are not in it. */
export function hasLine(encoded: string, firstLine: number, rows: number, line: number): boolean | undefined {
  const at = line - firstLine;
  if (at < 0 || at >= rows) return false;
  const bits = Buffer.from(encoded, "base64");
  if (bits.length !== Math.ceil(rows / 8)) return undefined;
  return (bits.readUInt8(at >> 3) & (1 << (at & 7))) !== 0;
}
