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
  // Both kinds are looked for by themselves, which costs far less than a look at every byte.
  const after = (byte: number, at: number) => {
    const found = bytes.indexOf(byte, at);
    return found === -1 ? bytes.length : found;
  };
  let start = 0;
  let [feed, carriage] = [after(LF, 0), after(CR, 0)];
  while (start < bytes.length) {
    if (feed < start) feed = after(LF, start);
    if (carriage < start) carriage = after(CR, start);
    const end = Math.min(feed, carriage);
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
