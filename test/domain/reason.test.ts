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
