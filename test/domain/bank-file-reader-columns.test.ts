import { describe, expect, it } from "vitest";
import { Columns } from "../../lambdas/domain/bank-file-reader-columns.ts";
import { FaultList } from "../../lambdas/domain/bank-file-reader-faults.ts";

/** The columns of a record of which only the first eight bytes are there. */
function cutShort(bytes: string) {
  const faults = new FaultList();
  const columns = new Columns(faults, new FaultList());
  columns.turnTo(Buffer.from(bytes.slice(0, 8), "latin1"), 0, 3);
  return { faults, columns };
}

describe("the columns beyond the end of a record that is cut short", () => {
  it("are neither blank nor text nor digits, but a fault in each field", () => {
    const { faults, columns } = cutShort("1062-692        ");
    expect(columns.bsb(2, "BSB")).toBe("062-692");
    expect(columns.sound).toBe(true);

    expect(columns.areBlank(9, 9)).toBe(false);
    expect(columns.peekDigits(9, 9)).toBeUndefined();
    expect(columns.text(9, 9, "title")).toBeUndefined();
    expect(columns.digits(9, 9, "amount")).toBeUndefined();
    expect(columns.bsb(9, "trace BSB")).toBeUndefined();
    expect(columns.accountNumber(9, "trace account")).toBeUndefined();
    expect(columns.sound).toBe(false);
    expect(faults.listed.map(({ line, field }) => [line, field])).toEqual([
      [3, "title"],
      [3, "amount"],
      [3, "trace BSB"],
      [3, "trace account"],
    ]);
  });

  it("do not make a field that begins before the end shorter", () => {
    const { columns } = cutShort("1    ABC");
    expect(columns.text(6, 3, "title")).toBe("ABC");
    expect(columns.text(6, 4, "title")).toBeUndefined();
  });
});
