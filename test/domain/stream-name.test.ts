import { expect, test } from "vitest";
import { isStreamName } from "../../lambdas/domain/stream-name.ts";

test.each(["au-cba", "abc", "a".repeat(20), "12a", "--x", "1234567-a"])(
  "%j is the name of a stream",
  (name) => {
    expect(isStreamName(name)).toBe(true);
  },
);

test.each([
  ["no letter", "083-170"],
  ["two characters", "ab"],
  ["more than twenty", "a".repeat(21)],
  ["a capital", "Au-cba"],
  ["a blank before it", " au-cba"],
  ["a line behind it", "au-cba\n"],
  ["anything else in it", "au_cba"],
])("a text with %s is none", (_, name) => {
  expect(isStreamName(name)).toBe(false);
});
