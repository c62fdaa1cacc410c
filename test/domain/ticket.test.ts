import { describe, expect, it } from "vitest";
import { isTicket, MOST_TICKET, MOST_TICKET_DIGITS } from "../../lambdas/domain/ticket.ts";

describe("a ticket", () => {
  it("has fewer digits than a BSB and the shortest bank account number together", () => {
    expect(MOST_TICKET_DIGITS).toBeLessThan(6 + 5);
  });

  it.each(["7", "OPS-1234", "CHG0030192", "x".repeat(MOST_TICKET), "00000000-00"])("may be %j", (text) => {
    expect(isTicket(text)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["a space", "OPS 1"],
    ["an option of a command line", "-OPS"],
    ["a hyphen at its end", "OPS-"],
    ["one character too many", "x".repeat(MOST_TICKET + 1)],
    ["a second line", "OPS-1\n"],
    ["an address", "ops/1"],
    ["another alphabet", "OPS-\u0661"],
    ["something invisible", "OPS\u200b1"],
    ["a BSB with a bank account number", "083-170-12345"],
    ["one digit too many", "00000000-000"],
    ["nine digits in a row", "OPS-123456789"],
  ])("is not %s", (_what, text) => {
    expect(isTicket(text)).toBe(false);
  });
});
