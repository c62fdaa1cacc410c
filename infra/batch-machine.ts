import { ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  CfnStateMachineAlias,
  CfnStateMachineVersion,
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

/** The name under which executions are started, whatever the newest version is. */
const LIVE = "live";

/** A name of our own: another one would be another machine, which knows none of the executions' names. */
export function machineName(stage: Stage): string {
  return `debit-once-${stage}-billing-batch`;
}

/**
 * The state machine that runs a definition, its versions, and what may be done to its executions. An execution is
 * started through the alias, which names the newest version, and keeps that version's definition and role to its end
 * and through every redrive.
 */
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
    // What a failed first creation kept would have taken the name when it is repeated.
    const removalPolicy = lasting ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
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
          removalPolicy,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
      removalPolicy,
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
    // The alias belongs to nobody's execution: one that runs has taken its version, and its ARN names the machine alone.
    const variable = { STATE_MACHINE_ARN: machine.stateMachineArn };
    this.arn = machine.stateMachineArn;
    this.machine = machine;
    this.start = granting({ STATE_MACHINE_ALIAS_ARN: live(this, machine, removalPolicy).ref }, [
      {
        actions: ["states:StartExecution"],
        // The start of an alias is a permission on the machine, with the alias's name beside it; a start without a
        // version or by its number has another name there, or none, and is refused.
        on: [machine.stateMachineArn],
        if: { "ForAnyValue:StringEquals": { "states:StateMachineQualifier": [LIVE] } },
      },
    ]);
    this.describe = granting(variable, [{ actions: ["states:DescribeExecution"], on: [executions] }]);
    this.redrive = granting(variable, [{ actions: ["states:RedriveExecution"], on: [executions] }]);
  }
}

/** Publishes this synth's version of the machine, beside all earlier ones, and lets the alias name it. */
function live(scope: Construct, machine: StateMachine, removalPolicy: RemovalPolicy): CfnStateMachineAlias {
  const version = new CfnStateMachineVersion(scope, "Version", {
    stateMachineArn: machine.stateMachineArn,
    // Each change of definition, role or logging makes another revision, and another revision replaces this resource:
    // so a version is published of every change, and of nothing else.
    stateMachineRevisionId: machine.stateMachineRevisionId,
  });
  // In dev too, where the versions go with their machine: CloudFormation could not delete the one the alias names.
  version.applyRemovalPolicy(RemovalPolicy.RETAIN);
  const alias = new CfnStateMachineAlias(scope, "Live", {
    name: LIVE,
    // All weight on one version: were it split, a continued batch might go back to the definition that failed.
    routingConfiguration: [{ stateMachineVersionArn: version.ref, weight: 100 }],
  });
  alias.applyRemovalPolicy(removalPolicy);
  // Only when the role has all its policies, those of the map's children too, is a version started.
  alias.node.addDependency(machine);
  return alias;
}
