import type { BankFileWriter } from "../../domain/bank-file-writer.ts";
import type { StagedRow } from "../../domain/records.ts";
import type { Stream } from "../../domain/stream.ts";
import { FileIndex } from "./file-index.ts";

/** One composed file, before it is stored. */
export interface ComposedFile {
  /** From 1, in due-list order. */
  readonly number: number;
  readonly bytes: Buffer;
  readonly index: Buffer;
  readonly debits: number;
  readonly cents: number;
  readonly firstLine: number;
  readonly lastLine: number;
}

/**
 * Splits staged rows, which come in due-list order, into files within the limits of the format and the stream.
 * A pure function of its input: the same rows and the same stream give the same bytes. It holds one file at a time.
 * @param segments the rows, segment by segment
 * @param staged how many rows there are in all, as far as the caller knows: it saves growing, and may be wrong
 * @param reference the lodgement reference of a line
 * @param writer a new writer for the file of that number, with as many debits to expect
 */
export async function* composeFiles(
  segments: AsyncIterable<readonly StagedRow[]>,
  staged: number,
  limits: Pick<Stream, "maxFileDebits" | "maxFileCents">,
  reference: (line: number) => string,
  writer: (file: number, expectedDebits: number) => BankFileWriter,
): AsyncGenerator<ComposedFile> {
  let number = 0;
  let left = staged;
  let open: OpenFile | undefined;
  for await (const rows of segments) {
    for (const row of rows) {
      if (open && !hasRoom(open.file, limits, row.cents)) {
        yield finished(number, open);
        open = undefined;
      }
      if (!open) {
        number += 1;
        const expected = Math.min(left, limits.maxFileDebits);
        const index = new FileIndex(expected);
        open = { file: writer(number, expected), index, firstLine: row.line, lastLine: row.line };
      }
      open.file.add({ ...row, reference: reference(row.line) });
      open.index.add(row);
      open.lastLine = row.line;
      left -= 1;
    }
  }
  if (open) yield finished(number, open);
}

interface OpenFile {
  readonly file: BankFileWriter;
  readonly index: FileIndex;
  readonly firstLine: number;
  lastLine: number;
}

function hasRoom(
  file: BankFileWriter,
  limits: Pick<Stream, "maxFileDebits" | "maxFileCents">,
  cents: number,
) {
  return file.debits < limits.maxFileDebits && file.cents + cents <= limits.maxFileCents && file.fits(cents);
}

function finished(number: number, open: OpenFile): ComposedFile {
  return {
    number,
    bytes: open.file.finish(),
    index: open.index.bytes,
    debits: open.file.debits,
    cents: open.file.cents,
    firstLine: open.firstLine,
    lastLine: open.lastLine,
  };
}
