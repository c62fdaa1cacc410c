import { describe, expect, test } from "vitest";
import { BankFileRefused, BankFileWriter, type FileDebit } from "../../lambdas/domain/bank-file-writer.ts";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { BankProfile } from "../../lambdas/domain/stream.ts";
import { BALANCING, debit, FILE, PLAIN, record } from "./bank-file-builders.ts";

const MOST = 9_999_999_999;

function write(profile: BankProfile, ...debits: readonly FileDebit[]): Buffer {
  const writer = new BankFileWriter(profile, FILE);
  for (const each of debits) writer.add(each);
  return writer.finish();
}

/** What the refusal says, after a look that it says nothing else. */
function refusal(attempt: () => unknown, secret = "~"): { line: number; field: string; rule: string } {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof BankFileRefused)) throw error;
    const { line, field, rule } = error;
    expect(error.name).toBe("BankFileRefused");
    expect(error.message).toBe(`bank file, line ${line}: ${field} ${rule}`);
    expect(error.message).not.toContain(secret);
    return { line, field, rule };
  }
  throw new Error("nothing was refused");
}

describe("a self-balancing file with header account and last line end", () => {
  const lines = write(
    BALANCING,
    debit(),
    debit({
      bsb: "732-000",
      accountNumber: "00-1234",
      cents: 1,
      title: "O'BRIEN & Co. #4",
      reference: "R",
      remitter: "X",
    }),
  ).toString("latin1");

  test("has five lines of 120 columns, each ended by CRLF", () => {
    expect(lines).toHaveLength(5 * 122);
    expect(lines.split("\r\n").map((line) => line.length)).toEqual([120, 120, 120, 120, 120, 0]);
  });

  test("begins with a header whose every column is as laid down", () => {
    expect(lines.split("\r\n")[0]).toBe(
      record(
        [1, "0"],
        [2, "062-692"],
        [9, "00-432781"],
        [19, "01"],
        [21, "CBA"],
        [31, "Acme Billing Pty Ltd"],
        [57, "301500"],
        [63, "AC0026A30101"],
        [75, "031026"],
      ),
    );
    // The same once more in one piece, so that the test's own builder cannot shift a column.
    expect(lines.split("\r\n")[0]).toBe(
      "0062-69200-432781 01CBA       Acme Billing Pty Ltd      301500AC0026A30101031026                                        ",
    );
  });

  test("has a debit of code 13 for each one added, in their order", () => {
    expect(lines.split("\r\n")[1]).toBe(
      "1083-170 12345678 130000004995NGUYEN. Thi Hoa                 AC26A301000001K   062-69200-432781Bondi Gym       00000000",
    );
    expect(lines.split("\r\n")[2]).toBe(
      record(
        [1, "1732-000"],
        [11, "00-1234"],
        [19, "13"],
        [21, "0000000001"],
        [31, "O'BRIEN & Co. #4"],
        [63, "R"],
        [81, "062-692"],
        [88, "00-432781"],
        [97, "X"],
        [113, "00000000"],
      ),
    );
  });

  test("credits the user's own bank account with the sum of the debits, last of the type 1 records", () => {
    expect(lines.split("\r\n")[3]).toBe(
      record(
        [1, "1062-692"],
        [9, "00-432781"],
        [19, "50"],
        [21, "0000004996"],
        [31, "Acme Billing Pty Ltd"],
        [63, "AC0026A30101"],
        [81, "062-692"],
        [88, "00-432781"],
        [97, "AC0026A30101"],
        [113, "00000000"],
      ),
    );
  });

  test("ends with totals that are level and count the balancing record", () => {
    expect(lines.split("\r\n")[4]).toBe(
      "7999-999            000000000000000049960000004996                        000003                                        ",
    );
  });
});

describe("a file without balancing record, header account and last line end", () => {
  const lines = write(PLAIN, debit({ cents: MOST - 1 }), debit({ cents: 1 })).toString("latin1");

  test("has a header with blanks where the bank account would stand", () => {
    expect(lines.split("\r\n")[0]).toBe(
      "0                 01WBC       ACME GYMS & POOLS         037819AC0026A30101031026                                        ",
    );
  });

  test("ends right after column 120 of totals whose net is the debits", () => {
    expect(lines).toHaveLength(4 * 122 - 2);
    expect(lines.split("\r\n")[3]).toBe(
      "7999-999            999999999900000000009999999999                        000002                                        ",
    );
  });
});

describe("the writer", () => {
  test("counts debits and cents as they come, without the balancing record", () => {
    const writer = new BankFileWriter(BALANCING, FILE);
    expect([writer.debits, writer.cents]).toEqual([0, 0]);
    writer.add(debit({ cents: 5 }));
    writer.add(debit({ cents: 7 }));
    expect([writer.debits, writer.cents]).toEqual([2, 12]);
    writer.finish();
    expect([writer.debits, writer.cents]).toEqual([2, 12]);
  });

  test("takes every text that exactly fills its columns", () => {
    const full = debit({
      accountNumber: "123456789",
      cents: MOST,
      title: "t".repeat(32),
      reference: "r".repeat(18),
      remitter: "m".repeat(16),
    });
    const profile = { ...PLAIN, userName: "u".repeat(26) };
    const [first, second] = write(profile, full).toString("latin1").split("\r\n");
    expect(first?.slice(30, 56)).toBe("u".repeat(26));
    expect(second).toBe(
      `1083-170123456789 139999999999${"t".repeat(32)}${"r".repeat(18)}032-001   998877${"m".repeat(16)}00000000`,
    );
  });

  test.each<[string, Partial<FileDebit>]>([
    ["BSB", { bsb: "062692" }],
    ["BSB", { bsb: "06-2692" }],
    ["BSB", { bsb: "062-69" }],
    ["BSB", { bsb: "062-6922" }],
    ["BSB", { bsb: "O62-692" }],
    ["BSB", { bsb: "" }],
    ["bank account number", { accountNumber: "" }],
    ["bank account number", { accountNumber: "0" }],
    ["bank account number", { accountNumber: "00-00" }],
    ["bank account number", { accountNumber: "1234567890" }],
    ["bank account number", { accountNumber: "12 34" }],
    ["bank account number", { accountNumber: "12A4" }],
    ["bank account number", { accountNumber: " 1234" }],
    ["bank account number", { accountNumber: "１２３" }],
    ["amount", { cents: 0 }],
    ["amount", { cents: -1 }],
    ["amount", { cents: 0.5 }],
    ["amount", { cents: MOST + 1 }],
    ["amount", { cents: Number.NaN }],
    ["amount", { cents: Number.POSITIVE_INFINITY }],
    ["title", { title: "" }],
    ["title", { title: " " }],
    ["title", { title: " SMITH" }],
    ["title", { title: "SMITH " }],
    ["title", { title: "x".repeat(33) }],
    ["title", { title: "Zoë" }],
    ["title", { title: "Łodz" }],
    ["title", { title: "a\tb" }],
    ["title", { title: 'a "b"' }],
    ["title", { title: "a\r\nb" }],
    ["title", { title: "😀" }],
    ["lodgement reference", { reference: "" }],
    ["lodgement reference", { reference: " R1" }],
    ["lodgement reference", { reference: "R1 " }],
    ["lodgement reference", { reference: "x".repeat(19) }],
    ["lodgement reference", { reference: "R|1" }],
    ["remitter", { remitter: "" }],
    ["remitter", { remitter: " Gym" }],
    ["remitter", { remitter: "Gym " }],
    ["remitter", { remitter: "x".repeat(17) }],
    ["remitter", { remitter: "Gym~" }],
  ])("refuses a %s as in %j, and names line, field and rule only", (field, over) => {
    const writer = new BankFileWriter(BALANCING, FILE);
    writer.add(debit());
    const secret = String(Object.values(over)[0]).trim() || "~";
    const { rule: _, ...refused } = refusal(() => writer.add(debit(over)), secret.length > 2 ? secret : "~");
    expect(refused).toEqual({ line: 3, field });
  });

  test.each<[string, Partial<FileDebit>]>([
    ["BSB must have the form nnn-nnn", { bsb: "062692" }],
    ["bank account number is longer than nine characters", { accountNumber: "1234567890" }],
    ["bank account number may hold digits and hyphens only", { accountNumber: "12A4" }],
    ["bank account number must have a digit other than zero", { accountNumber: "" }],
    ["bank account number must have a digit other than zero", { accountNumber: "00-0" }],
    ["amount must be whole cents from 1 to 9,999,999,999", { cents: 1.5 }],
    ["title must not be blank", { title: "" }],
    ["title is longer than its columns", { title: "x".repeat(33) }],
    ["title has a character outside the BECS set", { title: "Zoë" }],
    ["title must not begin with a blank", { title: " A" }],
    ["title must not end with a blank", { title: "A " }],
  ])("says %s", (sentence, over) => {
    const { line, field, rule } = refusal(() => new BankFileWriter(PLAIN, FILE).add(debit(over)));
    expect([line, `${field} ${rule}`]).toEqual([2, sentence]);
  });

  test("keeps no trace of a debit that it refused, whichever field it stopped at", () => {
    const long = "9".repeat(40);
    for (const profile of [BALANCING, PLAIN]) {
      const writer = new BankFileWriter(profile, FILE);
      const attempts = [
        { title: "LONGER THAN THE NEXT ONE IS", reference: "WRONG|", remitter: "SIXTEEN COLUMNS." },
        { title: long },
        { bsb: "1" },
        { accountNumber: "999999999", title: "Zoë" },
        { reference: "REFERENCE OF 18 CO", remitter: "~" },
        { cents: 0 },
      ];
      for (const attempt of attempts) refusal(() => writer.add(debit(attempt)));
      writer.add(debit());
      for (const attempt of attempts) refusal(() => writer.add(debit(attempt)));
      writer.add(debit({ cents: 1, title: "B", reference: "B", remitter: "B", accountNumber: "1" }));
      for (const attempt of attempts) refusal(() => writer.add(debit(attempt)));
      expect([writer.debits, writer.cents]).toEqual([2, 4996]);
      const straight = write(
        profile,
        debit(),
        debit({ cents: 1, title: "B", reference: "B", remitter: "B", accountNumber: "1" }),
      );
      expect(writer.finish().equals(straight)).toBe(true);
    }
  });

  test("keeps no trace of a debit that broke off with another error", () => {
    const writer = new BankFileWriter(PLAIN, FILE);
    const broken = { ...debit({ title: "A".repeat(32) }), remitter: null } as unknown as FileDebit;
    expect(() => writer.add(broken)).toThrow(TypeError);
    writer.add(debit());
    expect(writer.finish().equals(write(PLAIN, debit()))).toBe(true);
  });

  test.each<[string, Partial<BankProfile>]>([
    ["mnemonic", { mnemonic: "" }],
    ["mnemonic", { mnemonic: "WBCX" }],
    ["mnemonic", { mnemonic: "WB" }],
    ["mnemonic", { mnemonic: "W C" }],
    ["mnemonic", { mnemonic: "wbc" }],
    ["user id", { userId: "37819" }],
    ["user id", { userId: "0378190" }],
    ["user id", { userId: "03781X" }],
    ["user name", { userName: "" }],
    ["user name", { userName: "x".repeat(27) }],
    ["user name", { userName: "Café" }],
    ["user name", { userName: " ACME" }],
    ["trace BSB", { traceBsb: "032001" }],
    ["trace account", { traceAccount: "" }],
    ["trace account", { traceAccount: "000" }],
    ["trace account", { traceAccount: "1234567890" }],
  ])("refuses a profile with a wrong %s: %j", (field, over) => {
    for (const headerAccount of [true, false]) {
      const { rule: _, ...refused } = refusal(
        () => new BankFileWriter({ ...PLAIN, headerAccount, ...over }, FILE),
      );
      expect(refused).toEqual({ line: 1, field });
    }
  });

  test("takes the mnemonic T&C, which is not all letters", () => {
    expect(write({ ...PLAIN, mnemonic: "T&C" }, debit()).toString("latin1", 20, 23)).toBe("T&C");
  });

  test.each(["1999-12-31", "2100-01-01", "2026-02-30", "2026-2-3", "031026", ""])(
    "refuses the processing date %j",
    (text) => {
      const file = { ...FILE, processingDate: text as CalendarDate };
      expect(refusal(() => new BankFileWriter(PLAIN, file)).field).toBe("processing date");
    },
  );

  test("takes the first and the last day that two digits of a year can mean", () => {
    for (const [day, columns] of [
      ["2000-01-01", "010100"],
      ["2099-12-31", "311299"],
      ["2028-02-29", "290228"],
    ] as const) {
      const writer = new BankFileWriter(PLAIN, { ...FILE, processingDate: day as CalendarDate });
      writer.add(debit());
      expect(writer.finish().toString("latin1", 74, 80)).toBe(columns);
    }
  });

  test.each(["", " ", "x".repeat(13), " AC", "AC ", "AC~"])("refuses the description %j", (text) => {
    const { field } = refusal(() => new BankFileWriter(PLAIN, { ...FILE, description: text }));
    expect(field).toBe("description of entries");
  });

  test("refuses to finish a file without debits, and to go on after the end", () => {
    const writer = new BankFileWriter(BALANCING, FILE);
    expect(refusal(() => writer.finish())).toEqual({ line: 2, field: "file", rule: "must have a debit" });
    writer.add(debit());
    writer.finish();
    expect(refusal(() => writer.finish()).rule).toBe("is finished");
    expect(refusal(() => writer.add(debit())).rule).toBe("is finished");
  });
});

describe("the room in a file", () => {
  test("ends where the totals would need an eleventh digit", () => {
    const writer = new BankFileWriter(BALANCING, FILE);
    expect(writer.fits(MOST)).toBe(true);
    writer.add(debit({ cents: MOST - 10 }));
    expect([writer.fits(10), writer.fits(11)]).toEqual([true, false]);
    expect(refusal(() => writer.add(debit({ cents: 11 }))).field).toBe("file");
    writer.add(debit({ cents: 10 }));
    expect(writer.fits(1)).toBe(false);
    expect(writer.cents).toBe(MOST);
  });

  test("is nowhere for an amount that no debit can have", () => {
    const writer = new BankFileWriter(PLAIN, FILE);
    for (const amount of [0, -1, 1.5, MOST + 1, Number.NaN, 2 ** 60]) expect(writer.fits(amount)).toBe(false);
  });

  test.each([
    ["999,999 debits", PLAIN, 999_999],
    ["999,998 debits and their balancing record", BALANCING, 999_998],
  ])("ends at %s, which a file holds in a buffer of 130 MB or less", (_, profile, most) => {
    const writer = new BankFileWriter(profile, FILE);
    const same = debit({ cents: 10_000, title: "T", reference: "R", remitter: "M" });
    for (let i = 0; i < most; i++) writer.add(same);
    expect(writer.fits(1)).toBe(false);
    expect(refusal(() => writer.add(debit({ cents: 1 }))).field).toBe("file");
    const bytes = writer.finish();
    expect(bytes.buffer.byteLength).toBeLessThan(123_000_000);
    expect(bytes.subarray(-122).toString("latin1").trim().slice(-6)).toBe("999999");
    const lastDebit = 122 * most;
    expect(bytes.toString("latin1", lastDebit, lastDebit + 120)).toBe(bytes.toString("latin1", 122, 242));
  });
});

test("the bytes of a file do not depend on how many debits were expected", () => {
  const files = [undefined, 0, 1, 700, 5000].map((expectedDebits) => {
    const writer = new BankFileWriter(BALANCING, {
      ...FILE,
      ...(expectedDebits !== undefined && { expectedDebits }),
    });
    for (let i = 1; i <= 600; i++) writer.add(debit({ cents: i, title: `DEBIT ${i}` }));
    return writer.finish();
  });
  for (const bytes of files) expect(bytes.equals(files[0] as Buffer)).toBe(true);
  expect(files[0]).toHaveLength(603 * 122);
});
