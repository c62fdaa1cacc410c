import { describe, expect, it } from "vitest";
import { isReference, MOST_REFERENCE, MOST_REFERENCE_DIGITS } from "../../lambdas/domain/reference.ts";

describe("a bank's reference", () => {
  it.each([
    "7",
    "CAS-12345678",
    "DE/2026 03.02-A",
    "x".repeat(MOST_REFERENCE),
    "0".repeat(MOST_REFERENCE_DIGITS),
  ])("may be %j", (text) => {
    expect(isReference(text)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["a space", " "],
    ["a space at its end", "CAS-1 "],
    ["a hyphen at its beginning", "-CAS"],
    ["one character too many", "x".repeat(MOST_REFERENCE + 1)],
    ["a second line", "CAS-1\nx"],
    ["a comma", "CAS,1"],
    ["another alphabet", "CAS-\u0661"],
    ["something invisible", "CAS\u200b1"],
    ["a BSB with a bank account number", "083-170 12345"],
    ["the same in one run", "08317012345"],
    ["the same among letters", "BSB 083 170 ACC 12345"],
    ["one digit too many", "0".repeat(MOST_REFERENCE_DIGITS + 1)],
  ])("is not %s", (_what, text) => {
    expect(isReference(text)).toBe(false);
  });
});
