import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  type IDestination,
  LoggingFormat,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogLevel, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Configuration } from "../lambdas/domain/stream.ts";
import type { Grant } from "./grant.ts";
import type { Stage } from "./stage.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Some packages in the bundle still call `require`, which an ES module does not have. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** What every Lambda of one deployment has in common. */
export interface Deployment {
  readonly stage: Stage;
  readonly configuration: Configuration;
}

/** Everything that a Lambda is; nothing has a default but that it may do nothing. */
export interface HandlerProps {
  readonly does: string;
  /** Only where somebody who may look nothing up must find it; otherwise CloudFormation names it. */
  readonly functionName?: string;
  readonly timeoutSeconds: number;
  /** Also its share of a processor: a whole one at 1,769. */
  readonly memoryMb: number;
  readonly may: readonly Grant[];
  /** Calls at once that are set aside for it, and its limit. */
  readonly reservedConcurrency?: number | undefined;
  /** Where an asynchronous call goes that failed. */
  readonly onFailure?: IQueue;
}

/**
 * The Lambda of one handler file. Its environment holds what it is granted and nothing else. The configuration is
 * part of the code, so that an execution, which is pinned to a version of the code, is pinned to its limits too.
 * @param folder of the handler, from the top of the repository
 */
export function handlerLambda(
  scope: Construct,
  name: string,
  folder: string,
  { stage, configuration }: Deployment,
  props: HandlerProps,
): NodejsFunction {
  const lasting = stage === "prod";
  const handler = `${folder}/handler.ts`;
  const logGroup = new LogGroup(scope, `${name}Logs`, {
    retention: lasting ? RetentionDays.ONE_YEAR : RetentionDays.ONE_MONTH,
    removalPolicy: lasting ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  });
  // A role of its own: the managed policy for Lambdas could write into every log of the account.
  const role = new Role(scope, `${name}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  logGroup.grantWrite(role);
  const lambda = new NodejsFunction(scope, name, {
    description: props.does,
    ...(props.functionName !== undefined && { functionName: props.functionName }),
    entry: `${ROOT}${handler}`,
    projectRoot: ROOT,
    depsLockFilePath: `${ROOT}package-lock.json`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb,
    reservedConcurrentExecutions: props.reservedConcurrency,
    // An asynchronous call that fails is not made again unasked; the default is twice. This is about calls without a
    // version, which the scheduler and people make; Step Functions calls versions, and waits for their answer.
    retryAttempts: 0,
    ...(props.onFailure && { onFailure: messageIn(props.onFailure) }),
    awsSdkConnectionReuse: false,
    loggingFormat: LoggingFormat.JSON,
    logGroup,
    role,
    tracing: Tracing.ACTIVE,
    // Open and redriven executions call the version that they were defined with, so the old ones stay.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    bundling: {
      format: OutputFormat.ESM,
      target: "node24",
      mainFields: ["module", "main"],
      bundleAwsSDK: true,
      banner: REQUIRE,
      logLevel: LogLevel.WARNING,
      inject: [configurationModule(configuration)],
    },
  });
  const resource = lambda.node.defaultChild as CfnFunction;
  resource.addMetadata("debit-once:function", name);
  resource.addMetadata("debit-once:handler", handler);
  for (const grant of props.may) grant(lambda);
  return lambda;
}

/** A destination that the Lambda may send to; under CDK's own it may look into the queue too. */
function messageIn(queue: IQueue): IDestination {
  return {
    bind: (_scope, lambda) => {
      const { queueArn } = queue;
      lambda.addToRolePolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queueArn] }));
      return { destination: queueArn };
    },
  };
}

/**
 * A module that the bundler puts before the handler's own, with the configuration in it: on its command line, where
 * it would be one argument, 128 KiB are the end. Its name is its content's, so that bundles of two machines are the
 * same bytes, and two synths at once do not meet.
 * @returns the file's path
 */
function configurationModule(configuration: Configuration): string {
  // Read as text, since a key may be called __proto__.
  const text = JSON.stringify(JSON.stringify(configuration));
  const source = `export const DEBIT_ONCE_CONFIGURATION = JSON.parse(${text});\n`;
  const folder = `${ROOT}node_modules/.cache/debit-once`;
  const file = `${folder}/configuration-${createHash("sha256").update(source).digest("hex")}.mjs`;
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  writeFileSync(unfinished, source);
  renameSync(unfinished, file);
  return file;
}

/** `AcquireLock` lives in `acquire-lock`. */
export function kebab(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, "-$1").toLowerCase();
}
