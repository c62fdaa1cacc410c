import { describe, expect, it } from "vitest";
import { random } from "./random.ts";

const draws = (seed: number | string, count = 5) => {
  const drawn = random(seed);
  return Array.from({ length: count }, () => drawn.next());
};

describe("the generator of a seed", () => {
  it("gives the same numbers for the same seed, and others for another", () => {
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).toEqual(draws("1"));
    expect(draws(1)).not.toEqual(draws(2));
  });

  it("is the same generator for ever, so that stored seeds stay what they were", () => {
    expect(draws("kept", 3)).toMatchInlineSnapshot(`
      [
        0.5542924313340336,
        0.6161292791366577,
        0.8567744484171271,
      ]
    `);
  });

  it("spreads its numbers over [0, 1)", () => {
    const drawn = draws(7, 20_000);
    expect(drawn.every((one) => one >= 0 && one < 1)).toBe(true);
    const tenths = Array.from({ length: 10 }, (_, tenth) =>
      drawn.filter((one) => Math.floor(one * 10) === tenth),
    );
    for (const { length } of tenths) expect(Math.abs(length - 2_000)).toBeLessThan(200);
  });

  it("draws whole numbers with both ends, chances, picks and orders", () => {
    const drawn = random(3);
    const whole = Array.from({ length: 500 }, () => drawn.int(-1, 2));
    expect([...new Set(whole)].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
    expect(Array.from({ length: 1_000 }, () => drawn.chance(0.25)).filter(Boolean).length).toBeGreaterThan(
      200,
    );
    expect(drawn.chance(0)).toBe(false);
    expect(drawn.chance(1)).toBe(true);
    expect(new Set(Array.from({ length: 100 }, () => drawn.pick(["a", "b", "c"]))).size).toBe(3);
    expect(() => drawn.pick([])).toThrow(RangeError);
    const list = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(drawn.shuffle(list).sort((a, b) => a - b)).toEqual(list);
    expect(list).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(drawn.shuffle(list)).not.toEqual(list);
  });

  it("forks by label, whatever was drawn before", () => {
    const [one, other] = [random(5), random(5)];
    other.next();
    expect(one.fork("bank").next()).toBe(other.fork("bank").next());
    expect(one.fork("bank").next()).not.toBe(one.fork("actors").next());
    expect(one.fork("bank").next()).not.toBe(random(6).fork("bank").next());
  });
});
