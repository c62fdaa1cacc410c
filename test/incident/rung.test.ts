import { describe, expect, test } from "vitest";
import type { FoundAlarm } from "../infra/alarms-of.ts";
import { MINUTE } from "../simulation/scene.ts";
import type { Count } from "./replay.ts";
import { rung } from "./rung.ts";

const alarm = (periods: number, over: object = {}): FoundAlarm => ({
  id: "GateFailedAlarmaucba",
  name: "GateFailed",
  description: "",
  namespace: "DebitOnce",
  metric: "GateFailed",
  dimensions: { Stream: "au-cba" },
  rings: ["page"],
  properties: {
    Period: 60,
    EvaluationPeriods: periods,
    DatapointsToAlarm: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    ...over,
  },
});
const count = (minute: number, over: Partial<Count> = {}): Count => ({
  at: minute * MINUTE + 30_000,
  namespace: "DebitOnce",
  metric: "GateFailed",
  stream: "au-cba",
  value: 1,
  of: { batch: "A", instance: 1 },
  ...over,
});
const minutes = (found: readonly { readonly at: number }[]) => found.map(({ at }) => at / MINUTE);

describe("an alarm", () => {
  test("rings at the end of the minute of its count, once, and says whose counts they were", () => {
    const both = [count(7, { of: { batch: "A", instance: 2 } }), count(7)];
    const expected = { alarm: "GateFailed", topic: "page", at: 8 * MINUTE, of: ["A1", "A2"] };
    expect(rung([alarm(30)], both)).toEqual([expected]);
  });

  test("does not ring again while a minute that it looks at still holds what has rung it", () => {
    const counts = [7, 20, 37, 68].map((minute) => count(minute));
    // The minutes between 7, 20 and 37 are at most 30; those between 37 and 68 are more.
    expect(minutes(rung([alarm(30)], counts))).toEqual([8, 69]);
    expect(
      minutes(
        rung(
          [alarm(1)],
          [7, 8, 10].map((minute) => count(minute)),
        ),
      ),
    ).toEqual([8, 11]);
  });

  test("hears its own stream's metric alone, and nothing below its threshold", () => {
    const others = [
      count(7, { stream: "au-wbc" }),
      count(7, { metric: "GatePassed" }),
      count(7, { namespace: "AWS/States" }),
      count(7, { value: 0 }),
    ];
    expect(rung([alarm(30)], others)).toEqual([]);
  });

  test("that does not ring at a count within a minute is not guessed at", () => {
    expect(() => rung([alarm(30, { Period: 900 })], [count(7)])).toThrow("does not ring at a count");
    expect(() => rung([alarm(3, { ComparisonOperator: "LessThanThreshold" })], [count(7)])).toThrow(
      "GateFailed",
    );
  });
});
