import { randomUUID } from "node:crypto";
import type { CloudFormationClientConfig } from "@aws-sdk/client-cloudformation";
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import type { SFNClientConfig } from "@aws-sdk/client-sfn";
import type { SSMClientConfig } from "@aws-sdk/client-ssm";
import { z } from "zod";
import type { Configuration } from "../domain/stream.ts";
import { announced } from "../announced.ts";
import type { Clock, Nonce, Ports } from "../ports.ts";
import { systemClock } from "./clock.ts";
import { bundledConfiguration } from "./configuration.ts";

/** Where a handler runs: all that it takes from its surroundings. On AWS {@link lambdaRuntime}. */
export interface Runtime {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly nonce: Nonce;
  /** Takes one log line of JSON. */
  readonly write: (line: string) => void;
  /** Client settings: empty on AWS. */
  readonly dynamodb: DynamoDBClientConfig;
  readonly s3: S3ClientConfig;
  readonly sfn: SFNClientConfig;
  /** Of the two functions that judge deployments, which have no other place to run than on AWS. */
  readonly ssm?: SSMClientConfig;
  readonly cloudformation?: CloudFormationClientConfig;
}

/** The parts of the Lambda context that a handler may need. */
export interface InvocationContext {
  readonly functionName: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export interface Handler<Output> {
  (event: unknown, context: InvocationContext): Promise<Output>;
  /** The same handler in other surroundings; ports are made once per call of `on`. */
  on(runtime: Runtime): (event: unknown, context: InvocationContext) => Promise<Output>;
}

/** What the Lambda service gives. */
function lambdaRuntime(): Runtime {
  return {
    env: process.env,
    configuration: bundledConfiguration(),
    clock: systemClock,
    nonce: randomUUID,
    write: (line) => void process.stdout.write(`${line}\n`),
    dynamodb: {},
    s3: {},
    sfn: {},
  };
}

/** The event, or a ZodError without the names of keys that nobody knows: of a row by mistake they may be its values. */
export function fitting<Schema extends z.ZodType>(schema: Schema, event: unknown): z.output<Schema> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? { ...issue, keys: [], message: `${issue.keys.length} unrecognized keys` }
      : issue,
  );
  // What `parse` itself throws: the class called ZodError is no Error.
  throw new z.ZodRealError(issues);
}

/**
 * Makes a Lambda handler of a step: parse the event strictly, wire the ports once, call the step, and announce the
 * error that it ends in. An event that does not fit is refused by a ZodError that names the field.
 */
export function lambda<
  Schema extends z.ZodType,
  PortsOfStep extends Pick<Ports, "log" | "metrics"> & { readonly nonce?: Nonce },
  Output,
>(wiring: {
  /** The function's name in the app, such as `Reconcile`. */
  readonly name: string;
  readonly event: Schema;
  readonly ports: (runtime: Runtime) => PortsOfStep;
  readonly step: (event: z.output<Schema>, ports: PortsOfStep, context: InvocationContext) => Promise<Output>;
}): Handler<Output> {
  return handlerOn((runtime) => {
    const ports = wiring.ports(runtime);
    return async (event, context) =>
      announced(wiring.name, event, ports, async (noted) =>
        wiring.step(fitting(wiring.event, event), noted, context),
      );
  });
}

/** A handler that is wired to the Lambda service on its first call, and to other surroundings by `on`. */
export function handlerOn<Output>(on: Handler<Output>["on"]): Handler<Output> {
  let onLambda: ReturnType<typeof on> | undefined;
  const handler = async (event: unknown, context: InvocationContext) => {
    onLambda ??= on(lambdaRuntime());
    return onLambda(event, context);
  };
  return Object.assign(handler, { on });
}
