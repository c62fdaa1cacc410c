import { over } from "./tampered-batch.ts";
import { added, type Case, entry, exchange, inOrder, lost, more, raised, record } from "./tamperings.ts";

const FILES_ARE_GONE =
  "file-bytes file-structure file-header entries index no-row-missing claims merchants totals".split(" ");

/** Bank files, indexes and the frozen set: what the gate must find in each of them, by what was done to it. */
export const FILE_CASES: Readonly<Record<string, readonly Case[]>> = {
  "bytes that were changed where they lie:": [
    ["a title in a bank file", ["file-bytes", "entries"], (b) => b.damage("bankFiles", ({ key }) => key)],
    [
      "a title in the second bank file",
      ["file-bytes", "entries"],
      (b) => b.damage("bankFiles", ({ key }) => key, 2),
    ],
    ["an index", ["index"], (b) => b.damage("bankFiles", ({ indexKey }) => indexKey)],
    [
      "a bank file that is gone",
      FILES_ARE_GONE,
      (b) =>
        b.editFiles((files) =>
          files.map((file) => ({ ...file, key: file.key.replace(".aba", "-gone.aba") })),
        ),
    ],
  ],

  "one column of one entry, hashed anew:": [
    ["the BSB", ["entries"], entry(0, (text) => over(text, 2, "083-215"))],
    ["the bank account number", ["entries"], entry(0, (text) => over(text, 17, "1"))],
    ["a leading zero of the bank account number", ["entries"], entry(0, (text) => over(text, 9, " "))],
    ["the indicator", ["entries"], entry(0, (text) => over(text, 18, "N"))],
    ["the title", ["entries"], entry(0, (text) => over(text, 31, "Q"))],
    ["the remitter", ["entries"], entry(0, (text) => over(text, 97, "G"))],
    ["the trace account", ["entries"], entry(0, (text) => over(text, 96, "9"))],
    ["the trace BSB", ["entries"], entry(0, (text) => over(text, 81, "062-000"))],
    ["the withholding tax", ["file-structure", "entries"], entry(0, (text) => over(text, 120, "1"))],
    [
      "the lodgement reference",
      ["entries", "index", "no-row-missing", "no-row-surplus", "claims", "merchants"],
      entry(0, (text) => over(text, 78, "Z")),
    ],
  ],

  "one field of a frame, hashed anew:": [
    ["the mnemonic", ["file-header"], record(0, (text) => over(text, 21, "WBC"))],
    ["the user's name", ["file-header"], record(0, (text) => over(text, 31, "X"))],
    ["the user id", ["file-header"], record(0, (text) => over(text, 57, "999999"))],
    ["the description", ["file-header"], record(0, (text) => over(text, 74, "9"))],
    [
      "a header account",
      ["file-structure", "file-header"],
      record(0, (text) => over(text, 2, "083-170 12345678")),
    ],
    ["the processing date", ["processing-date"], record(0, (text) => over(text, 75, "030326"))],
    ["the balancing record's bank account", ["entries"], record(-2, (text) => over(text, 17, "9"))],
    ["the balancing record's amount", ["file-structure", "entries"], record(-2, more(1n))],
    ["the net total", ["file-structure"], record(-1, (text) => over(text, 30, "1"))],
    ["the debit total", ["file-structure", "totals"], record(-1, (text) => over(text, 41, "0000000001"))],
    ["the count", ["file-structure"], record(-1, (text) => over(text, 75, "000009"))],
    ["the last line end", ["file-structure"], (b) => b.editBytes(1, (bytes) => bytes.subarray(0, -2))],
    [
      "a record after the last",
      ["file-structure"],
      (b) => b.editRecords(1, (records) => [...records, records.at(-1) ?? ""]),
    ],
  ],

  "entries, with every sum, hash and index line after them:": [
    ["one added of no due row", ["entries", "index", "no-row-surplus", "merchants", "totals"], added(77, 3)],
    [
      "one added for a row that is excluded",
      ["entries", "no-row-surplus", "exclusions", "claims", "merchants", "totals"],
      added(7, 2),
    ],
    [
      "one doubled",
      ["entries", "index", "no-row-surplus", "merchants", "totals"],
      (b) => b.editEntries(2, (entries) => [...entries, entries.at(-1) ?? ""]),
    ],
    [
      "one of the first file again in the second",
      ["entries", "no-row-surplus", "merchants", "totals"],
      added(3, 0),
    ],
    ["one lost", ["no-row-missing", "claims", "merchants", "totals"], lost],
    [
      "one lost with its claim",
      ["no-row-missing", "merchants", "totals"],
      inOrder(lost, (b) => b.editClaim(9, undefined)),
    ],
    ["an amount changed by a cent", ["entries", "claims", "merchants", "totals"], raised(0, 1n)],
    [
      "cents moved between two entries of one merchant",
      ["entries", "claims"],
      inOrder(raised(0, -5n), raised(2, 5n)),
    ],
    [
      "cents moved between two merchants",
      ["entries", "claims", "merchants"],
      inOrder(raised(0, -5n), raised(1, 5n)),
    ],
    ["bank accounts exchanged between two entries", ["entries"], exchange(2, 17)],
    ["names exchanged between two entries", ["entries"], exchange(31, 62)],
    ["amounts exchanged between two entries", ["entries", "index"], exchange(21, 30)],
    ["references exchanged between two entries", ["entries", "index"], exchange(63, 80)],
    [
      "the order of two entries",
      ["entries"],
      inOrder(exchange(1, 120), (b) =>
        b.editIndex(1, (lines) => [lines[2], lines[1], lines[0], lines[3]] as object[]),
      ),
    ],
  ],

  "a frozen set of files that is not the batch's:": [
    [
      "a file left out",
      ["no-row-missing", "claims", "merchants", "totals"],
      (b) => b.editFiles((files) => files.slice(0, 1)),
    ],
    [
      "a file twice",
      ["file-header", "entries", "no-row-surplus", "merchants", "totals"],
      (b) => b.editFiles((files) => [...files, { ...files[1], number: 3 } as never]),
    ],
    [
      "the files in another order",
      ["file-header", "entries"],
      (b) => b.editFiles((files) => files.toReversed()),
    ],
    [
      "another sum in a file's record",
      ["entries", "totals"],
      (b) => b.editFiles((files) => files.map((file) => ({ ...file, cents: file.cents + 1 }))),
    ],
    [
      "other lines in a file's record",
      ["entries"],
      (b) => b.editFiles((files) => files.map((file) => ({ ...file, lastLine: file.lastLine - 1 }))),
    ],
    [
      "a line of the index with a name in it",
      ["index"],
      (b) => b.editIndex(1, (lines) => lines.map((line) => ({ ...line, name: "x" }))),
    ],
  ],
};
