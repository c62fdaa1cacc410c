import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { type MetricName, NAMESPACE } from "../lambdas/domain/metrics.ts";
import type { TopicName } from "./config/alarm-addresses.ts";
import type { Deployment } from "./handler.ts";
import type { Topics } from "./topics.ts";
import { WATCH_EVERY_MINUTES } from "./watch.ts";

/** What is watched beside the streams' own counts. */
interface Watched {
  readonly machine: IStateMachine;
  readonly starter: IFunction;
  readonly missedStarts: IQueue;
  readonly watch: IFunction;
  readonly missedLooks: IQueue;
}

interface AlarmProps {
  readonly rings: TopicName;
  /** What it costs somebody that this has happened, in one sentence: it is what the one who is woken reads first. */
  readonly impact: string;
}

const MINUTE = Duration.minutes(1);

/** What comes again of the same stream within this time has the same cause, such as what every look finds again. */
const SAME_CAUSE_MINUTES = 30;

/** How long the watch may be silent. */
const SILENT_MINUTES = 45;

/**
 * Everything that rings. The runbook has a section for each name. No alarm says that something is over: the count of
 * a failure falls back to nothing by itself, while the batch stays where it failed.
 */
export function alarms(
  scope: Construct,
  { configuration }: Deployment,
  topics: Topics,
  watched: Watched,
): void {
  const streams = Object.keys(configuration.streams);
  const ring = ringing(scope, topics);
  const perStream = (name: MetricName, props: AlarmProps) => {
    for (const stream of streams) ring.once(name, stream, counted(name, stream), props);
  };

  ring.eachTime("ExecutionFailed", watched.machine.metricFailed(SUM), {
    rings: "page",
    impact:
      "A batch has stopped at the state that failed, its stream is locked, and its debits wait for a person.",
  });
  ring.eachTime("ExecutionTimedOut", watched.machine.metricTimedOut(SUM), {
    rings: "page",
    impact:
      "A batch has run for hours without an end, its stream is locked, and its debits may miss the cut-off.",
  });
  ring.eachTime("ExecutionAborted", watched.machine.metricAborted(SUM), {
    rings: "page",
    impact: "Somebody has stopped a batch in the middle, and it keeps its stream's lock.",
  });

  perStream("SubmissionUnknown", {
    rings: "page",
    impact: "The bank may or may not have a file: sending it again may debit its customers twice.",
  });
  perStream("GateFailed", {
    rings: "page",
    impact:
      "Due list, ledger and bank files disagree, or two people must decide: nothing of this batch is sent.",
  });
  perStream("NothingSubmitted", {
    rings: "page",
    impact: "A batch is closed, and none of the debits that it staged was sent: nobody is billed today.",
  });
  perStream("BatchMissing", {
    rings: "page",
    impact:
      "No batch of a business day is closed by its time: its debits are about to miss the bank's cut-off.",
  });
  perStream("DueListMissing", {
    rings: "page",
    impact:
      "The billing system has not delivered the due list of a business day, so there is nothing to bill.",
  });
  perStream("StartRefused", {
    rings: "page",
    impact: "A batch was to start too late or beyond the calendar, so its due list is billed by nobody.",
  });
  perStream("DuplicateExcluded", {
    rings: "duplicates",
    impact: "A due list held debits that were claimed before or stood in it twice: they were left out.",
  });
  perStream("StepFailed", {
    rings: "ticket",
    impact:
      "A call ended in an error: a repeat may have mended it, and a batch that it stopped pages by itself.",
  });

  ring.inQueue("StartMissed", watched.missedStarts, {
    rings: "page",
    impact: "A scheduled start was not delivered or failed, so a stream's batch of today has not begun.",
  });
  ring.eachTime("StarterFailed", watched.starter.metricErrors(SUM), {
    rings: "ticket",
    impact:
      "The starter ended in an error; a scheduled start that it lost pages from the queue of missed starts.",
  });
  for (const stream of streams) {
    ring.withoutSign("WatchSilent", stream, counted("Watched", stream), {
      rings: "page",
      impact:
        "Nobody looks for missing lists and batches of this stream: a day without billing would go unseen.",
    });
  }
  ring.inQueue("WatchMissed", watched.missedLooks, {
    rings: "page",
    impact: "A look of the watch was not made, so what is missing may be told late.",
  });
  ring.once("WatchFailed", "", watched.watch.metricErrors(SUM), {
    rings: "ticket",
    impact: "The watch could not look at every stream; what it cannot see for long pages as its silence.",
  });
}

const SUM = { statistic: Stats.SUM, period: MINUTE };

/** A stream's count, as `lambdas/adapters/metrics.ts` writes it. A name that is not on the list does not compile. */
function counted(metricName: MetricName, stream: string): Metric {
  return new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { Stream: stream }, ...SUM });
}

/** The ways of ringing. What no data mean is said in each of them. */
function ringing(scope: Construct, topics: Topics) {
  const alarm = (
    name: string,
    stream: string,
    metric: IMetric,
    { rings, impact }: AlarmProps,
    when: {
      readonly comparisonOperator: ComparisonOperator;
      readonly evaluationPeriods: number;
      readonly datapointsToAlarm: number;
      readonly treatMissingData: TreatMissingData;
    },
  ) => {
    const made = new Alarm(scope, stream === "" ? `${name}Alarm` : `${name}Alarm-${stream}`, {
      alarmDescription: `${stream === "" ? "" : `Stream ${stream}: `}${impact} See infra/runbook.md#${name.toLowerCase()}`,
      metric,
      threshold: 1,
      ...when,
    });
    made.addAlarmAction(new SnsAction(topics.named[rings]));
  };
  const count = (name: string, stream: string, metric: IMetric, props: AlarmProps, minutes: number) =>
    alarm(name, stream, metric, props, {
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: minutes,
      datapointsToAlarm: 1,
      // What does not happen is not counted.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  return {
    /** One count rings, and what is counted within the next half an hour does not ring again. */
    once: (name: string, stream: string, metric: IMetric, props: AlarmProps) =>
      count(name, stream, metric, props, SAME_CAUSE_MINUTES),
    /** Every minute with a count rings: where the metric has no stream, the next one may be another stream's. */
    eachTime: (name: string, metric: IMetric, props: AlarmProps) => count(name, "", metric, props, 1),
    /** A message that lies in a queue rings, and rings until it is taken out. */
    inQueue: (name: string, queue: IQueue, props: AlarmProps) =>
      alarm(
        name,
        "",
        queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: MINUTE }),
        props,
        {
          comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
          evaluationPeriods: 1,
          datapointsToAlarm: 1,
          // A queue that nobody uses sends no data, and what lay in it then lies there still.
          treatMissingData: TreatMissingData.IGNORE,
        },
      ),
    /** Silence rings. */
    withoutSign: (name: string, stream: string, metric: Metric, props: AlarmProps) => {
      const periods = SILENT_MINUTES / WATCH_EVERY_MINUTES;
      alarm(name, stream, metric.with({ period: Duration.minutes(WATCH_EVERY_MINUTES) }), props, {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: periods,
        datapointsToAlarm: periods,
        treatMissingData: TreatMissingData.BREACHING,
      });
    },
  };
}
