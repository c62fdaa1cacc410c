import { ArnFormat, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { AccountRootPrincipal, type Conditions, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { FunctionUrlAuthType, InvokeMode } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { type Deployment, handlerLambda, kebab } from "./handler.ts";
import { objectKeys } from "./object-keys.ts";
import type { DataStack } from "./stacks/data.ts";
import type { Stage } from "./stage.ts";

/**
 * Decisions that take two people. A Lambda that is invoked directly is not told by whom, so both functions stand
 * behind URLs with IAM authentication, where AWS writes the verified caller into the request. Two roles, of which
 * each may call one URL, and a person's name is the name of the session: so nobody decides alone, unless they are two
 * people. An administrator who may change roles or invoke any function can be both; that is watched, not prevented.
 */
export function twoPersons(scope: Construct, deployment: Deployment, { ledger, reports }: DataStack): void {
  const keys = objectKeys(deployment.configuration);
  const functions = [
    {
      name: "Propose",
      role: "Proposer",
      does: "Proposes to accept a suspicion, resolve a file in doubt, or override the deploy blackout.",
      // The proposer must have seen the gate's report, and so does the function; evidence it stores, and reads what
      // was there first.
      reads: [],
      may: [
        ledger.may({ get: ["STREAM", "BATCH", "SUBMISSION"], put: ["BATCH", "DEPLOY"] }),
        reports.may({
          read: [...keys.reports, ...keys.evidence],
          create: keys.evidence,
          list: keys.folders,
        }),
      ],
    },
    {
      name: "Approve",
      role: "Approver",
      does: "Approves, as a second person, what somebody else has proposed.",
      // Nobody approves what they have not read: the bank's statement, in the version that was proposed.
      reads: keys.evidence,
      may: [
        ledger.may({
          get: ["STREAM", "BATCH", "SUBMISSION"],
          query: ["BATCH", "DEPLOY"],
          put: ["BATCH", "DEPLOY"],
        }),
        reports.may({ readVersions: keys.evidence }),
      ],
    },
  ];
  for (const { name, role: roleName, does, reads, may } of functions) {
    const lambda = handlerLambda(scope, name, `lambdas/operations/${kebab(name)}`, deployment, {
      does,
      timeoutSeconds: 30,
      memoryMb: 512,
      may,
    });
    const url = lambda.addFunctionUrl({
      authType: FunctionUrlAuthType.AWS_IAM,
      invokeMode: InvokeMode.BUFFERED,
    });
    const role = personsRole(scope, roleName, deployment.stage, does);
    // Both actions that a URL asks for, the second on condition that it is through a URL: no direct call.
    url.grantInvokeUrl(role);
    if (reads.length > 0) reports.allow(role, { read: reads, readVersions: reads });
    lambda.addEnvironment(`${roleName.toUpperCase()}_ROLE_ARN`, role.roleArn);
    // By these names the operators' command line finds what it signs a request to, and people what they assume.
    new CfnOutput(scope, `${name}Url`, { value: url.url });
    new CfnOutput(scope, `${roleName}RoleArn`, { value: role.roleArn });
  }
}

/**
 * A role that IAM users of this account assume under their own name: the session name must be the user's, which the
 * user cannot choose. A role, a federated session and the account's root have no `aws:username`, so the condition is
 * false for them. In prod the session begins with a second factor. It ends within the hour, as a proposal does.
 *
 * With IAM Identity Center there are no users. Then the principal is the role of one permission set
 * (`AWSReservedSSO_…`), the user name is passed on as an attribute for access control, and the condition compares the
 * session name with it: `"sts:RoleSessionName": "${aws:PrincipalTag/<attribute>}"`; tags of such a session come from
 * the identity provider alone. Either way each person has one name, and nobody else ever gets it.
 */
function personsRole(scope: Construct, name: string, stage: Stage, does: string): Role {
  const conditions: Conditions = {
    // Filled in by IAM when the role is assumed; nothing for TypeScript to replace.
    // oxlint-disable-next-line no-template-curly-in-string
    StringEquals: { "sts:RoleSessionName": "${aws:username}" },
    ...(stage === "prod" && { Bool: { "aws:MultiFactorAuthPresent": "true" } }),
  };
  const role = new Role(scope, name, {
    description: does,
    assumedBy: new AccountRootPrincipal().withConditions(conditions),
    maxSessionDuration: Duration.hours(1),
  });
  const stack = Stack.of(scope);
  // The command line looks the URL up among the outputs of this stack, with the same credentials.
  role.addToPolicy(
    new PolicyStatement({
      actions: ["cloudformation:DescribeStacks"],
      // By its name, as the command line asks for it; the last part of a stack's ARN is CloudFormation's own.
      resources: [
        stack.formatArn({
          service: "cloudformation",
          resource: "stack",
          resourceName: `${stack.stackName}/*`,
          arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
        }),
      ],
    }),
  );
  return role;
}
