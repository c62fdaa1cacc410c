import { describe, expect, test } from "vitest";
import { isBecsByte, isBecsText, transliterate } from "../../lambdas/domain/becs-text.ts";

const BECS = /^[A-Za-z0-9^_[\]',?;:=#/.*()&%!$ @+-]*$/;

describe("the BECS set", () => {
  test("holds exactly the 86 characters of the reference among all bytes", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    expect(bytes.filter(isBecsByte)).toEqual(bytes.filter((byte) => BECS.test(String.fromCharCode(byte))));
    expect(bytes.filter(isBecsByte)).toHaveLength(86);
  });

  test("holds no number that is not a byte", () => {
    for (const number of [-1, 256, 0x141, 0x1f600, 65.5, Number.NaN]) expect(isBecsByte(number)).toBe(false);
  });

  test("judges text by every UTF-16 unit, so that Ł (0x141) is not taken for A (0x41)", () => {
    expect(isBecsText("")).toBe(true);
    expect(isBecsText("O'BRIEN & Co. [1] 100% #4; a_b^c=d/e*f(g)!$@+-,?:")).toBe(true);
    for (const text of ["Łodz", "a\tb", 'say "hi"', "x|y", "a~b", "`", "é", "😀", "a\nb", "<b>", "{}", "\\"])
      expect(isBecsText(text)).toBe(false);
  });
});

describe("transliteration", () => {
  test.each([
    ["Zoë", "Zoe"],
    ["Zoe\u0308", "Zoe"],
    ["Müller-Straße", "Muller-Strasse"],
    ["GROẞ", "GROSS"],
    ["Ærø Œuvre æ œ", "AEro OEuvre ae oe"],
    ["Øystein Ødegård", "Oystein Odegard"],
    ["Đorđe Ðá ð", "Dorde Da d"],
    ["Łukasz łódź", "Lukasz lodz"],
    ["Þór þú", "Thor thu"],
    ["Dağlı İnci ıſ", "Dagli Inci is"],
    ["Ħal ħ Ŧ ŧ Ŋ ŋ", "Hal h T t N n"],
    ["Nguyễn Thị Hoà", "Nguyen Thi Hoa"],
    ["O’Brien ‘x’ ʼn 5′", "O'Brien 'x' 'n 5'"],
    ["a‐b‑c‒d–e—f−g", "a-b-c-d-e-f-g"],
    ["A\u00a0B…", "A B..."],
    ["plain ASCII stays, ~ and all", "plain ASCII stays, ~ and all"],
  ])("writes %s as %s", (text, expected) => {
    expect(transliterate(text)).toBe(expected);
  });

  test("leaves what has no obvious Latin form, so that it is refused as such", () => {
    for (const text of ["Ωmega", "李", "Иван", "😀", "a\tb", "€5", "“x”", "\u0000"]) {
      expect(transliterate(text)).toBe(text);
      expect(isBecsText(transliterate(text))).toBe(false);
    }
  });

  test("finds nothing more to do the second time", () => {
    for (const text of ["Zoë Straße…", "Þór – Łódź", "李 Ω"])
      expect(transliterate(transliterate(text))).toBe(transliterate(text));
  });
});
