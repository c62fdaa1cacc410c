import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
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
import { type Watch, WATCH_EVERY_MINUTES } from "./watch.ts";

/** What is watched beside the streams' own counts. */
interface Watched {
  readonly machine: IStateMachine;
  readonly starter: IFunction;
  readonly missedStarts: IQueue;
  readonly watch: Watch;
  /** What keeps deployments and batches apart. */
  readonly blackout: { readonly gate: IFunction; readonly hook: IFunction };
}

interface AlarmProps {
  readonly rings: TopicName;
  /** What it costs somebody that this has happened, in one sentence: it is what the one who is woken reads first. */
  readonly impact: string;
}

const MINUTE = Duration.minutes(1);

/** What comes again of the same stream within this time has the same cause, such as what every look finds again. */
const SAME_CAUSE_MINUTES = 30;

/** How long the watch may be silent, in whole looks. */
const SILENT_MINUTES = 45;

/**
 * Every alarm. The runbook has a section for each name. An alarm rings when its state changes and not again while it
 * stands, so what follows soon is not heard; of executions, `ended-executions.ts` tells each one. No alarm says that
 * something is over: the count of a failure falls back to nothing by itself, while the batch stays where it failed.
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

  ring.anew("ExecutionFailed", "", watched.machine.metricFailed(SUM), {
    rings: "page",
    impact:
      "A batch has stopped at the state that failed, its stream is locked, and its debits wait for a person.",
  });
  ring.anew("ExecutionTimedOut", "", watched.machine.metricTimedOut(SUM), {
    rings: "page",
    impact:
      "A batch has run for hours without an end, its stream is locked, and its debits may miss the cut-off.",
  });
  ring.anew("ExecutionAborted", "", watched.machine.metricAborted(SUM), {
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

  // A second override is another decision, and not the same cause.
  for (const stream of streams) {
    ring.anew("OverrideApproved", stream, counted("OverrideApproved", stream), {
      rings: "page",
      impact:
        "Two people let a deployment through the blackout for up to an hour, perhaps beside a batch that has failed.",
    });
  }

  ring.once("StartMissed", "", sentTo(watched.missedStarts), {
    rings: "page",
    impact: "A scheduled start was not delivered or failed, so a stream's batch of today has not begun.",
  });
  ring.anew("StarterFailed", "", watched.starter.metricErrors(SUM), {
    rings: "ticket",
    impact:
      "The starter ended in an error; a scheduled start that it lost pages from the queue of missed starts.",
  });
  // Where nobody is to look, silence means nothing.
  for (const stream of watched.watch.isScheduled ? streams : []) {
    ring.withoutSign("WatchSilent", stream, counted("Watched", stream), {
      rings: "page",
      impact:
        "Nobody looks for missing lists and batches of this stream: a day without billing would go unseen.",
    });
  }
  ring.once("WatchMissed", "", sentTo(watched.watch.missedLooks), {
    rings: "ticket",
    impact:
      "A look was not delivered or failed, so what is missing is told late; many of them page as silence.",
  });
  ring.once("WatchFailed", "", watched.watch.lambda.metricErrors(SUM), {
    rings: "ticket",
    impact: "The watch could not look at every stream; what it cannot see for long pages as its silence.",
  });

  perStream("DeploymentLong", {
    rings: "page",
    impact:
      "A deployment has held this stream for longer than one takes: until it is ended, no batch can start.",
  });
  ring.once("DeployGateFailed", "", watched.blackout.gate.metricErrors(SUM), {
    rings: "ticket",
    impact:
      "Check, begin or end of a deployment ended in an error: nothing is deployed, or nothing is freed.",
  });
  // What it answers counts as no error of Lambda's, and where it cannot answer it counts nothing itself.
  const hookFailed: AlarmProps = {
    rings: "ticket",
    impact:
      "The hook could not decide or did not answer, so CloudFormation refuses every deployment, the most urgent one included.",
  };
  perStream("DeployHookFailed", hookFailed);
  ring.once("DeployHookFailed", "", watched.blackout.hook.metricErrors(SUM), hookFailed);
}

const SUM = { statistic: Stats.SUM, period: MINUTE };

/** A stream's count, as `lambdas/adapters/metrics.ts` writes it. A name that is not on the list does not compile. */
function counted(metricName: MetricName, stream: string): Metric {
  return new Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { Stream: stream }, ...SUM });
}

/**
 * What was left in a queue, and not what lies there: a message that nobody takes out would keep the alarm where it is,
 * and the next one would not be heard. Scheduler and Lambda send their messages themselves, and so they are counted;
 * those that SQS itself moves into a dead-letter queue are not.
 */
function sentTo(queue: IQueue): IMetric {
  return queue.metricNumberOfMessagesSent(SUM);
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
    /**
     * One count rings, and what is counted within the next half an hour does not ring again. A count that CloudWatch
     * has late, as from a queue that was idle, rings too.
     */
    once: (name: string, stream: string, metric: IMetric, props: AlarmProps) =>
      count(name, stream, metric, props, SAME_CAUSE_MINUTES),
    /**
     * A minute with a count rings, and the next one anew once the alarm has fallen back. CloudWatch looks at more than
     * the last minute, so that takes some minutes, and what is counted within them is not heard.
     */
    anew: (name: string, stream: string, metric: IMetric, props: AlarmProps) =>
      count(name, stream, metric, props, 1),
    /** Silence rings, between that time and one look later. */
    withoutSign: (name: string, stream: string, metric: Metric, props: AlarmProps) => {
      const periods = SILENT_MINUTES / WATCH_EVERY_MINUTES;
      // Zeros in the gaps: without them CloudWatch fills up the periods with older looks, and hears no silence.
      const period = Duration.minutes(WATCH_EVERY_MINUTES);
      const looks = new MathExpression({
        expression: "FILL(m, 0)",
        usingMetrics: { m: metric.with({ period }) },
        period,
      });
      alarm(name, stream, looks, props, {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: periods,
        datapointsToAlarm: periods,
        // Of a stream that was never looked at there is nothing to fill up.
        treatMissingData: TreatMissingData.BREACHING,
      });
    },
  };
}
