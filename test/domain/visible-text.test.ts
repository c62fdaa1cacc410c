import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visible } from "../../lambdas/domain/visible-text.ts";

describe("visible text", () => {
  it("names what nobody can see, and changes nothing else", () => {
    expect(visible("a\u202Eb\u200B\t\u{E0041}\uD800\u3164\uFE0F")).toBe(
      "a[U+202E]b[U+200B][U+0009][U+E0041][U+D800][U+3164][U+FE0F]",
    );
    expect(visible("Zoë & Søn, 体育館 <😀>")).toBe("Zoë & Søn, 体育館 <😀>");
  });

  it("has no bidirectional control, no control character and nothing of no width, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
        expect(visible(shown)).toBe(shown);
      }),
      { numRuns: 1000, seed: 20260302 },
    );
  });
});
