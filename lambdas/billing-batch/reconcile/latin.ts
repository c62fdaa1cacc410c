/**
 * Plain letters for accented ones, by a table that is written out here: the other side of the gate decomposes
 * text with the platform's own normalisation, and one mistake must not be able to pass both.
 */
const LATIN: Readonly<Record<string, string>> = {
  A: "ÀÁÂÃÄÅĀĂĄǍǞǠǺȀȂȦḀẠẢẤẦẨẪẬẮẰẲẴẶ\u212b",
  AE: "ÆǢǼ",
  B: "ḂḄḆ",
  C: "ÇĆĈĊČḈ",
  D: "ÐĎĐḊḌḎḐḒ",
  E: "ÈÉÊËĒĔĖĘĚȄȆȨḔḖḘḚḜẸẺẼẾỀỂỄỆ",
  F: "Ḟ",
  G: "ĜĞĠĢǦǴḠ",
  H: "ĤĦȞḢḤḦḨḪ",
  I: "ÌÍÎÏĨĪĬĮİǏȈȊḬḮỈỊ",
  J: "Ĵ",
  K: "ĶǨḰḲḴ\u212a",
  L: "ĹĻĽŁḶḸḺḼ",
  M: "ḾṀṂ",
  N: "ÑŃŅŇŊǸṄṆṈṊ",
  O: "ÒÓÔÕÖØŌŎŐƠǑǪǬǾȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢ",
  OE: "Œ",
  P: "ṔṖ",
  R: "ŔŖŘȐȒṘṚṜṞ",
  S: "ŚŜŞŠȘṠṢṤṦṨ",
  SS: "ẞ",
  T: "ŢŤŦȚṪṬṮṰ",
  Th: "Þ",
  U: "ÙÚÛÜŨŪŬŮŰŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰ",
  V: "ṼṾ",
  W: "ŴẀẂẄẆẈ",
  X: "ẊẌ",
  Y: "ÝŶŸȲẎỲỴỶỸ",
  Z: "ŹŻŽẐẒẔ",
  a: "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ",
  ae: "æǣǽ",
  b: "ḃḅḇ",
  c: "çćĉċčḉ",
  d: "ðďđḋḍḏḑḓ",
  e: "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ",
  f: "ḟ",
  g: "ĝğġģǧǵḡ",
  h: "ĥħȟḣḥḧḩḫẖ",
  i: "ìíîïĩīĭįıǐȉȋḭḯỉị",
  j: "ĵǰ",
  k: "ķǩḱḳḵ",
  l: "ĺļľłḷḹḻḽ",
  m: "ḿṁṃ",
  n: "ñńņňŋǹṅṇṉṋ",
  o: "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ",
  oe: "œ",
  p: "ṕṗ",
  r: "ŕŗřȑȓṙṛṝṟ",
  s: "śŝşšſșṡṣṥṧṩẛ",
  ss: "ß",
  t: "ţťŧțṫṭṯṱẗ",
  th: "þ",
  u: "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự",
  v: "ṽṿ",
  w: "ŵẁẃẅẇẉẘ",
  x: "ẋẍ",
  y: "ýÿŷȳẏẙỳỵỷỹ",
  z: "źżžẑẓẕ",
  "'": "‘’ʼ′",
  "-": "‐‑‒–—−",
  "...": "…",
  " ": "\u00a0",
  ";": "\u037e",
  "=": "≠",
};

const PLAIN = new Map(
  Object.entries(LATIN).flatMap(([plain, signs]) => Array.from(signs, (sign) => [sign, plain] as const)),
);

const NOT_PLAIN = /[^ -~]/;
const NOT_PLAIN_ASCII = /[^ -~]/g;
const BECS = /^[A-Za-z0-9 ^_[\]',?;:=#/.*()&%!$@+-]*$/;

/** The text in plain letters as far as it has an obvious form; every other sign stays as it is. */
export function inPlainLetters(text: string): string {
  // Nearly every text is plain already, and a test costs far less than a replacement.
  if (!NOT_PLAIN.test(text)) return text;
  return text.replace(NOT_PLAIN_ASCII, (sign) =>
    sign >= "\u0300" && sign <= "\u036f" ? "" : (PLAIN.get(sign) ?? sign),
  );
}

/** Whether a bank file can carry every character of the text. */
export function isBecs(text: string): boolean {
  return BECS.test(text);
}
