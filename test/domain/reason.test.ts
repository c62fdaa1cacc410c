import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isReason, MOST_REASON, REASON_RULE, reasonOf } from "../../lambdas/domain/reason.ts";

const SEED = 20_261_122;

describe("a reason", () => {
  test("is a line of any language, of 1 to 500 characters", () => {
    for (const text of [
      "a",
      "New merchant: 4,000 members from March.",
      "理由: 新しい加盟店 🙂",
      // What a date stands between does not become neighbours.
      "tickets 083170 2026-03-02 123456",
      "x".repeat(MOST_REASON),
    ])
      expect(isReason(text), text).toBe(true);
  });

  test.each([
    ["nothing", ""],
    ["blanks alone", " \u00a0 "],
    ["more than 500 characters", "x".repeat(MOST_REASON + 1)],
    ["a line break", "a\nb"],
    ["a carriage return", "a\rb"],
    ["an escape sequence of terminals", "a\u001b[2Jb"],
    ["a zero byte", "a\u0000b"],
    ["a line separator", "a\u2028b"],
    ["a paragraph separator", "a\u2029b"],
    ["a character that turns the direction", "accept \u202eesrever"],
    ["an isolate", "a\u2066b\u2069"],
    ["a mark of direction", "a\u200fb"],
    ["half of a character, which no store keeps", "a\ud800b"],
  ])("is not %s", (_what, text) => {
    expect(isReason(text)).toBe(false);
  });

  test.each([
    "account 083-170 12345678 said no",
    "08317012345678",
    "BSB: 083-170, account number 1234 5678",
    "12345678 at 083-170",
    "083-170,12345",
    "083 170 12345678",
    "083170 12345678",
    "083170,123456",
    "083\u2011170 12345678",
    "\uff10\uff18\uff13-\uff11\uff17\uff10 12345678",
    "payer 123456789",
    "paid from 2026-03-02/083-170/12345",
  ])("is not what may be a bank account: %s", (text) => {
    expect(isReason(text)).toBe(false);
    expect(() => reasonOf(text)).toThrow(
      expect.objectContaining({ message: `the request does not fit: reason: ${REASON_RULE}` }),
    );
  });

  test("may name batches, proposals, hashes, dates, instants, amounts, tickets and telephone extensions", () => {
    const digits = (most: number) => fc.integer({ min: 0, max: 10 ** most - 1 }).map(String);
    const day = fc
      .date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
      .map((date) => date.toISOString());
    const hex = (length: number) =>
      fc.string({
        unit: fc.constantFrom(..."0123456789abcdef".split("")),
        minLength: length,
        maxLength: length,
      });
    const batch = day.map((instant) => `au-cba-${instant.slice(0, 10)}-01`);
    const mentioned = fc.oneof(
      batch,
      fc.tuple(batch, hex(32)).map(([id, random]) => `${id}.${random}`),
      hex(64),
      day,
      day.map((instant) => instant.slice(0, 10)),
      day.map((instant) => instant.slice(0, 10).replaceAll("-", "")),
      fc.integer({ min: 1, max: 10 ** 8 }).map((dollars) => `$${dollars.toLocaleString("en-AU")}.50`),
      digits(6).map((ticket) => `INC-${ticket}`),
      digits(8).map((ticket) => `ticket ${ticket}`),
      digits(5).map((count) => `${count} members`),
      fc.constantFrom("file 02", "10:30 to 11:45", "ext. 4411", "reference CAS-20260302/7", "CAS/2026-114"),
    );
    fc.assert(
      fc.property(fc.array(mentioned, { minLength: 1, maxLength: 4 }), (all) => {
        const reason = `mended, see ${all.join(" and ")}`;
        if (reason.length <= MOST_REASON) expect(isReason(reason), reason).toBe(true);
      }),
      { seed: SEED },
    );
  });

  test("is refused without a word of it where it cannot stand", () => {
    expect(reasonOf("mended")).toBe("mended");
    expect(() => reasonOf("secret\n")).toThrow(
      expect.objectContaining({
        name: "RequestMalformed",
        message: `the request does not fit: reason: ${REASON_RULE}`,
      }),
    );
  });

  test("comes back from UTF-8 as it was, so that its hash does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        if (isReason(text)) expect(Buffer.from(text, "utf8").toString("utf8")).toBe(text);
        else expect(text.trim() === "" || text.length > MOST_REASON || /[^\x20-\x7e]/.test(text)).toBe(true);
      }),
      { seed: SEED },
    );
  });
});
