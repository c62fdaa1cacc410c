import { Duration } from "aws-cdk-lib";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { JsonPath, TaskInput, Timeout } from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";
import { type Deployment, type HandlerProps, handlerLambda, kebab } from "./handler.ts";

/** A task waits longer than its Lambda may run, so that it sees the Lambda's own end and need not guess at it. */
const MARGIN_SECONDS = 30;

/**
 * Errors of something that was busy, which say nothing about the batch and are over by themselves. Each by its
 * name, none that means "anything", and no time-out: after one the Lambda may still be at work.
 */
const BUSY = [
  "Lambda.TooManyRequestsException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "ThrottlingException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "InternalServerError",
  "SlowDown",
  "ConditionalRequestConflict",
  "ServiceUnavailable",
  "InternalError",
  "LedgerBusy",
];

/** Waits of 2, 4, 8 and 16 seconds between at most five calls: half a minute for a throttle to pass. */
const PATIENCE = { interval: Duration.seconds(2), backoffRate: 2, maxAttempts: 4 };

export interface StateProps extends HandlerProps {
  /** What it means that this state has failed, and what a person does then; the state's comment. */
  readonly failureMeans: string;
  /** `safe`: repeated after {@link BUSY}, since the step finds its own work. `once`: never repeated unasked. */
  readonly repeat: "safe" | "once";
  /** What the step is given, as paths into the execution's data. */
  readonly takes: Readonly<Record<string, string>>;
  /** The path of its result in the execution's data; `nothing` where nobody reads it. */
  readonly gives: `$.${string}` | "nothing";
}

export interface BatchState {
  readonly lambda: NodejsFunction;
  readonly task: LambdaInvoke;
}

/** One state: the Lambda from the folder of its name, and the task that calls the version made by this synth. */
export function batchState(
  scope: Construct,
  name: string,
  deployment: Deployment,
  props: StateProps,
): BatchState {
  const lambda = handlerLambda(scope, name, `lambdas/billing-batch/${kebab(name)}`, deployment, props);
  const taken = Object.entries(props.takes).map(([field, path]) => [field, JsonPath.stringAt(path)]);
  const task = LambdaInvoke.jsonPath(scope, `${name}Task`, {
    stateName: name,
    comment: props.failureMeans,
    lambdaFunction: lambda.currentVersion,
    payload: TaskInput.fromObject(Object.fromEntries(taken)),
    payloadResponseOnly: true,
    // The default repeats six times, also when nobody knows whether the Lambda ran.
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.seconds(props.timeoutSeconds + MARGIN_SECONDS)),
    ...(props.gives === "nothing"
      ? { resultPath: JsonPath.DISCARD, outputPath: JsonPath.DISCARD }
      : { resultPath: props.gives }),
  });
  if (props.repeat === "safe") task.addRetry({ errors: BUSY, ...PATIENCE });
  return { lambda, task };
}
