import { Metrics as PowertoolsMetrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { type MetricName, NAMESPACE } from "../domain/metrics.ts";
import type { Metrics } from "../ports.ts";
import type { Runtime } from "./lambda.ts";

/**
 * Counts as lines of the embedded metric format, one line per count, stamped with the runtime's clock. A count that
 * cannot be made is lost: no step fails, or sends again, because somebody wanted to know how often it ran.
 */
export function powertoolsMetrics(runtime: Pick<Runtime, "clock" | "write">): Metrics {
  return {
    count(name, stream, value = 1) {
      try {
        runtime.write(embedded(name, stream, value, runtime.clock.now()));
      } catch {
        // Whom to tell? The line would go the way on which this one was lost.
      }
    },
  };
}

function embedded(name: MetricName, stream: string, value: number, at: number): string {
  const metrics = new PowertoolsMetrics({ namespace: NAMESPACE });
  // Alarms name the stream alone; the library would add a service to every count.
  metrics.clearDefaultDimensions();
  metrics.addDimension("Stream", stream);
  metrics.addMetric(name, MetricUnit.Count, value);
  const line = metrics.serializeMetrics();
  // The library's own setter complains, on standard error, of a local clock that shows another month.
  line._aws.Timestamp = at;
  return JSON.stringify(line);
}
