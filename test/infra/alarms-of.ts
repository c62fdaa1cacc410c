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
  return ofType(billing, "AWS::CloudWatch::Alarm").map(([id, { Properties }]) => {
    const { Namespace, MetricName, Dimensions } = metricOf(id, Properties);
    return {
      id,
      name: id.replace(/Alarm\w*$/, ""),
      description: Properties.AlarmDescription,
      namespace: Namespace,
      metric: MetricName,
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }: Json) => [Name, textOf(Value)])),
      rings: (Properties.AlarmActions ?? []).map((action: Json) =>
        textOf(action).replace(/^<Topics(\w+)[0-9A-F]{8}>$/, "$1"),
      ),
      properties: Properties,
    };
  });
}

/** The one metric that an alarm hears, by itself or in an expression. */
function metricOf(id: string, properties: Json): Json {
  if (properties.Metrics === undefined) return properties;
  const [only, ...more] = properties.Metrics.flatMap(({ MetricStat }: Json) => MetricStat?.Metric ?? []);
  if (only === undefined || more.length > 0) throw new Error(`${id} has not one metric`);
  return only;
}
