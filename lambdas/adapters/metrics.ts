import { Metrics as PowertoolsMetrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Metrics } from "../ports.ts";
import type { Runtime } from "./lambda.ts";

/** The namespace of every metric in CloudWatch. */
export const NAMESPACE = "DebitOnce";

/** Counts as lines of the embedded metric format, one line per count, stamped with the runtime's clock. */
export function powertoolsMetrics(runtime: Pick<Runtime, "clock" | "write">): Metrics {
  return {
    count(name, stream, value = 1) {
      const metrics = new PowertoolsMetrics({ namespace: NAMESPACE });
      // Alarms name the stream alone; the library would add a service to every count.
      metrics.clearDefaultDimensions();
      metrics.addDimension("Stream", stream);
      metrics.addMetric(name, MetricUnit.Count, value);
      const line = metrics.serializeMetrics();
      // The library's own setter complains, on standard error, of a local clock that shows another month.
      line._aws.Timestamp = runtime.clock.now();
      runtime.write(JSON.stringify(line));
    },
  };
}
