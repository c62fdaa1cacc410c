import type { Time } from "../simulation/events.ts";
import { MINUTE } from "../simulation/scene.ts";
import type { FoundAlarm } from "../infra/alarms-of.ts";
import type { Count } from "./replay.ts";

/** An alarm that has rung. */
export interface Rung {
  readonly alarm: string;
  readonly topic: string;
  /** The end of the minute whose counts have rung it. */
  readonly at: Time;
  /** What was counted in that minute: whose it is, such as `A1`: batch A, instance 1. */
  readonly of: readonly string[];
}

/**
 * Which of the app's alarms ring at these counts, and when, by the alarms' own periods: one rings when it goes over
 * into ALARM, and not while a minute that it looks at still holds what has rung it.
 */
export function rung(alarms: readonly FoundAlarm[], counts: readonly Count[]): Rung[] {
  return alarms.flatMap((alarm) => ringsOf(alarm, counts)).sort((a, b) => a.at - b.at);
}

function ringsOf(alarm: FoundAlarm, counts: readonly Count[]): Rung[] {
  const { Period, EvaluationPeriods, Threshold, ComparisonOperator, DatapointsToAlarm } = alarm.properties;
  const own = counts.filter(
    ({ namespace, metric, stream }) =>
      namespace === alarm.namespace && metric === alarm.metric && stream === alarm.dimensions["Stream"],
  );
  if (own.length === 0) return [];
  if (Period !== 60 || DatapointsToAlarm !== 1 || ComparisonOperator !== "GreaterThanOrEqualToThreshold") {
    throw new Error(`${alarm.name} does not ring at a count within a minute`);
  }
  const byMinute = Map.groupBy(own, ({ at }) => Math.floor(at / MINUTE));
  const minutes = [...byMinute]
    .filter(([, inside]) => inside.reduce((all, { value }) => all + value, 0) >= Threshold)
    .map(([minute]) => minute)
    .sort((a, b) => a - b);
  return minutes.flatMap((minute, index) => {
    const before = minutes[index - 1];
    if (before !== undefined && minute - before <= EvaluationPeriods) return [];
    const of = (byMinute.get(minute) ?? []).flatMap(({ of: one }) =>
      one === undefined ? [] : [`${one.batch}${one.instance}`],
    );
    return [
      {
        alarm: alarm.name,
        topic: alarm.rings[0] ?? "",
        at: (minute + 1) * MINUTE,
        of: [...new Set(of)].sort(),
      },
    ];
  });
}
