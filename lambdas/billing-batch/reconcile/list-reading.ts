import { isUtf8 } from "node:buffer";
import { type Options, parse } from "csv-parse/sync";
import { COLUMNS } from "../../domain/exclusion.ts";

/** The due list is not RFC 4180 in UTF-8 under its header. The message names a line, never what stands there. */
export class ListUnreadable extends Error {
  override readonly name = "ListUnreadable";
}

const SETTINGS: Options = {
  record_delimiter: ["\r\n", "\n"],
  relax_column_count: true,
  // Quotes inside a field that does not begin with one are ordinary characters.
  relax_quotes: true,
};

/** One data row: its fields, and its bytes from `from` to `to` (excluded, the line end included). */
export type OnRow = (fields: readonly string[], from: number, to: number) => void;

const QUOTE = 0x22;
// A field is quoted from end to end, or it does not begin with a quote.
const FIELD = '(?:"[^"]*(?:""[^"]*)*"|(?!")[^,\\n]*)';
const RECORD = new RegExp(`^${FIELD}(?:,${FIELD})*(?:\\r?\\n)?$`);

/**
 * Reads the due list once from end to end, row by row, with `csv-parse` and settings of the gate's own.
 * @throws ListUnreadable
 */
export function readDueRows(bytes: Buffer, onRow: OnRow): void {
  if (!isUtf8(bytes)) throw new ListUnreadable("the due list is not UTF-8");
  const isDoubtful = doubt(bytes);
  let records = 0;
  let from = 0;
  const onRecord = (fields: string[], { bytes: to }: { readonly bytes: number }) => {
    if (
      isDoubtful(fields) &&
      !RECORD.test(bytes.toString("latin1", records === 0 ? textStart(bytes) : from, to))
    ) {
      throw new ListUnreadable(`line ${records} of the due list has text after a closing quote`);
    }
    if (records > 0) onRow(fields, from, to);
    else if (!isHeader(fields)) throw new ListUnreadable("the due list has another header");
    records += 1;
    from = to;
    return null;
  };
  try {
    parse(bytes, { ...SETTINGS, bom: true, on_record: onRecord });
  } catch (error) {
    // The parser's own messages may repeat a row; only the place is handed on.
    throw error instanceof ListUnreadable
      ? error
      : new ListUnreadable(`line ${records} of the due list has a quote that is never closed`);
  }
  if (records === 0) throw new ListUnreadable("the due list has no header");
}

/** The fields of one row that {@link readDueRows} has read before, by its bytes. */
export function readFields(row: Buffer): readonly string[] {
  return parse(row, SETTINGS)[0] ?? [""];
}

/**
 * With relaxed quotes the parser lets text after a closing quote pass, and gives such a field back with its
 * opening quote; a NUL after a closing quote it takes for the end. Both are looked at again in the row's bytes.
 */
function doubt(bytes: Buffer): (fields: readonly string[]) => boolean {
  if (!bytes.includes(QUOTE)) return () => false;
  if (bytes.includes(0)) return () => true;
  return (fields) => {
    for (const field of fields) if (field.charCodeAt(0) === QUOTE) return true;
    return false;
  };
}

const MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** Behind the byte-order mark, if there is one. */
function textStart(bytes: Buffer): number {
  return bytes.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
}

function isHeader(fields: readonly string[]): boolean {
  return fields.length === COLUMNS.length && COLUMNS.every((column, index) => fields[index] === column);
}
