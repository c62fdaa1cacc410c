import { describe, expect, test } from "vitest";
import type { CalendarDate } from "../../lambdas/domain/calendar-date.ts";
import { cents } from "../../lambdas/domain/cents.ts";
import { lodgementReference } from "../../lambdas/domain/lodgement-reference.ts";
import { compare, type ThreeSources, totalsText } from "./comparison.ts";

const batch = { id: "au-cba-2026-03-02-01", code: "CB", billingDate: "2026-03-02", number: 1 };
const claim = (line: number, amount: number, batchId = batch.id) => ({ batchId, line, cents: amount });
const debit = (line: number, amount: number, number = 1) => ({
  code: "13",
  cents: cents(amount),
  reference: lodgementReference({
    code: "CB",
    billingDate: batch.billingDate as CalendarDate,
    number,
    line,
  }),
});
const credit = { code: "50", cents: cents(300), reference: "the balance" };

const AGREED: ThreeSources = {
  batch,
  due: new Map([
    [1, 100],
    [2, 200],
    [3, 700],
  ]),
  claims: [claim(1, 100), claim(2, 200)],
  entries: [debit(1, 100), debit(2, 200), credit],
};

describe("bank file and ledger", () => {
  test("agree when each debit has its claim, and their totals stand side by side", () => {
    const compared = compare(AGREED);
    expect(compared.differences).toEqual([]);
    expect(compared.bankFile).toEqual({ count: 2, cents: 300 });
    expect(totalsText(compared)).toBe(
      [
        "                due list          ledger       bank file",
        "debits                 3               2               2",
        "amount            $10.00           $3.00           $3.00",
      ].join("\n"),
    );
  });

  test.each([
    ["line 2 is in the bank file without a claim", { claims: [claim(1, 100)] }],
    ["line 2 is claimed and in no bank file", { entries: [debit(1, 100)] }],
    ["line 2 is in the bank file twice", { entries: [...AGREED.entries, debit(2, 200)] }],
    ["line 2 has two claims", { claims: [...AGREED.claims, claim(2, 200)] }],
    ["line 2: 200 cents in the bank file, 201 claimed", { claims: [claim(1, 100), claim(2, 201)] }],
    ["line 2: 200 cents are not what the list says", { due: new Map([[1, 100]]) }],
    [
      "entry 3 has a reference of no debit of au-cba-2026-03-02-01",
      {
        entries: [debit(1, 100), debit(2, 200), debit(3, 700, 2)],
      },
    ],
    [
      "a claim of another was taken for one of au-cba-2026-03-02-01",
      {
        claims: [...AGREED.claims, claim(3, 700, "another")],
      },
    ],
  ])("differ where %s", (difference, change) => {
    expect(compare({ ...AGREED, ...change }).differences).toEqual([difference]);
  });
});
