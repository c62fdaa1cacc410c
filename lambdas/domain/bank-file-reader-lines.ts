/** How a line of a file ends. */
export type LineEnd = "CRLF" | "LF" | "CR" | "none";

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts bytes at CRLF, LF or CR, in any mixture, and shows each line's bytes from `start` up to and without `end`.
 * Stops when `visit` answers false. Bytes after the last line end are a line too, which ends with "none".
 */
export function eachLine(
  bytes: Uint8Array,
  visit: (start: number, end: number, lineEnd: LineEnd) => boolean,
): void {
  let start = 0;
  while (start < bytes.length) {
    let end = start;
    while (end < bytes.length && bytes[end] !== LF && bytes[end] !== CR) end++;
    const lineEnd = lineEndAt(bytes, end);
    if (!visit(start, end, lineEnd)) return;
    start = end + (lineEnd === "CRLF" ? 2 : 1);
  }
}

function lineEndAt(bytes: Uint8Array, at: number): LineEnd {
  if (at >= bytes.length) return "none";
  if (bytes[at] === LF) return "LF";
  return bytes[at + 1] === LF ? "CRLF" : "CR";
}
