import { describe, expect, it } from "vitest";
import { NoVerdict, verdictOf } from "./verdict.ts";

const HOLDS = `
(Spin Version 6.5.2 -- 6 December 2019)
	+ Partial Order Reduction
	+ Compression

Full statespace search for:
	never claim         	- (none specified)
	assertion violations	+
	cycle checks       	- (disabled by -DSAFETY)
	invalid end states	+

State-vector 224 byte, depth reached 713, errors: 0
   347764 states, stored
   223720 states, matched
   571484 transitions (= stored+matched)
   15.051	actual memory usage for states (compression: 18.01%)
   28.380	total actual memory usage
pan: elapsed time 16.3 seconds
`;
const VIOLATED = `pan:1: assertion violated  !(debited_twice) (at depth 530)
pan: wrote at-most-once.pml.trail

(Spin Version 6.5.2 -- 6 December 2019)
Warning: Search not completed
${HOLDS.slice(HOLDS.indexOf("\t+ Partial")).replace("errors: 0", "errors: 1")}`;

describe("the verdict of a search", () => {
  it("holds where every state was seen, with its figures", () => {
    const figures = { states: 347764, depth: 713, memoryMb: 28.38, complete: true };
    expect(verdictOf(`reached: 12\nreached: 3\n${HOLDS}`)).toEqual({
      found: "holds",
      ...figures,
      reached: [3, 12],
    });
  });

  it("is the property whose assertion failed", () => {
    expect(verdictOf(VIOLATED)).toMatchObject({ found: "debited_twice", complete: false });
  });

  it("is that somebody is stuck, where a process can never go on", () => {
    const stuck = VIOLATED.replace("assertion violated  !(debited_twice)", "invalid end state");
    expect(verdictOf(stuck).found).toBe("stuck");
  });

  it.each([
    "error: max search depth too small",
    "pan: out of memory",
    "pan: reached -DMEMLIM bound",
    "Warning: Search not completed",
    "Interrupted",
  ])("is refused of a search that was cut off: %s", (sign) => {
    expect(() => verdictOf(`${sign}\n${HOLDS}`)).toThrow(NoVerdict);
  });

  it("is refused of a search that took samples, or looked for nothing", () => {
    expect(() => verdictOf(HOLDS.replace("Full statespace", "Bit statespace"))).toThrow("cut off");
    expect(() => verdictOf(HOLDS.replace("Full statespace", "Partial"))).toThrow("not exhaustive");
    expect(() => verdictOf(HOLDS.replace("violations\t+", "violations\t-"))).toThrow("no assertions");
    expect(() => verdictOf(HOLDS.replace("end states\t+", "end states\t-"))).toThrow("no dead ends");
  });

  it("is refused of an output without figures, and of an error that is no property's", () => {
    expect(() => verdictOf("")).toThrow(NoVerdict);
    const other = VIOLATED.replace("assertion violated  !(debited_twice)", "assertion violated (x<=1)");
    expect(() => verdictOf(other)).toThrow("no property's");
  });
});
