import { describe, expect, it } from "vitest";
import { codeOrText } from "../../lambdas/domain/report-markup.ts";

const SHA = "0123456789abcdef".repeat(4);

describe("a figure that may be a SHA-256", () => {
  it("is set like code where it is one", () => {
    expect(codeOrText(SHA)).toBe(`<code>${SHA}</code>`);
  });

  it.each([
    ["before", `<b>${SHA}`, `&lt;b&gt;${SHA}`],
    ["behind", `${SHA}<b>`, `${SHA}&lt;b&gt;`],
  ])("is text, and never markup, where something stands %s one", (_, value, shown) => {
    expect(codeOrText(value)).toBe(shown);
  });
});
