import { ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  DefinitionBody,
  type IChainable,
  type IStateMachine,
  LogLevel,
  StateMachine,
  StateMachineType,
} from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { type Grant, granting } from "./grant.ts";
import type { Stage } from "./stage.ts";

interface BatchMachineProps {
  readonly stage: Stage;
  readonly comment: string;
  readonly definition: IChainable;
  readonly lambdas: readonly IFunction[];
}

/** A name of our own: another one would be another machine, which knows none of the executions' names. */
export function machineName(stage: Stage): string {
  return `debit-once-${stage}-billing-batch`;
}

/** The state machine that runs a definition, and what may be done to its executions. */
export class BatchMachine extends Construct {
  readonly arn: string;
  /** For its own metrics. */
  readonly machine: IStateMachine;
  readonly start: Grant;
  readonly describe: Grant;
  readonly redrive: Grant;

  constructor(scope: Construct, id: string, { stage, comment, definition, lambdas }: BatchMachineProps) {
    super(scope, id);
    const lasting = stage === "prod";
    const name = machineName(stage);
    const machine = new StateMachine(this, "Machine", {
      stateMachineName: name,
      // Standard, and never Express, which runs a state again when in doubt.
      stateMachineType: StateMachineType.STANDARD,
      comment,
      definitionBody: DefinitionBody.fromChainable(definition),
      timeout: Duration.hours(6),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, "Logs", {
          // The prefix keeps the resource policy of all log deliveries short, which has a limit.
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: lasting ? RetentionDays.ONE_YEAR : RetentionDays.ONE_MONTH,
          removalPolicy: lasting ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      removalPolicy: lasting ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    // Every version: an execution from before a deployment still calls the versions of its own definition.
    const versions = lambdas.map(({ functionArn }) => `${functionArn}:*`);
    machine.addToRolePolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: versions }));

    const executions = Stack.of(this).formatArn({
      service: "states",
      resource: "execution",
      resourceName: `${machine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const variable = { STATE_MACHINE_ARN: machine.stateMachineArn };
    this.arn = machine.stateMachineArn;
    this.machine = machine;
    this.start = granting(variable, [{ actions: ["states:StartExecution"], on: [machine.stateMachineArn] }]);
    this.describe = granting(variable, [{ actions: ["states:DescribeExecution"], on: [executions] }]);
    this.redrive = granting(variable, [{ actions: ["states:RedriveExecution"], on: [executions] }]);
  }
}
