import { type Json, ofType, type Template, textOf } from "./synthesized.ts";

/** One alarm of a template, as far as tests judge it. */
export interface FoundAlarm {
  readonly id: string;
  /** Its name in alarms.ts, README and runbook: `GateFailed`. */
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  /** Dimension → value, references as `<logical id>`. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** The topics that it rings, by name. */
  readonly rings: readonly string[];
  readonly properties: Json;
}

/** The alarms of the stack, in order. */
export function alarmsOf(billing: Template): FoundAlarm[] {
  return ofType(billing, "AWS::CloudWatch::Alarm").map(([id, { Properties }]) => ({
    id,
    name: id.replace(/Alarm\w*$/, ""),
    description: Properties.AlarmDescription,
    namespace: Properties.Namespace,
    metric: Properties.MetricName,
    dimensions: Object.fromEntries(
      Properties.Dimensions.map(({ Name, Value }: Json) => [Name, textOf(Value)]),
    ) as Record<string, string>,
    rings: (Properties.AlarmActions ?? []).map((action: Json) =>
      textOf(action).replace(/^<Topics(\w+)[0-9A-F]{8}>$/, "$1"),
    ),
    properties: Properties,
  }));
}
