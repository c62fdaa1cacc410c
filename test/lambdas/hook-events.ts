/**
 * What CloudFormation's user guide documents as the input of a Lambda Hook for a stack operation: its example ("Lambda
 * Hook stack change input", cloudformation-cli/latest/hooks-userguide/lambda-hooks-create-lambda-function.html).
 */
export const DOCUMENTED = {
  clientRequestToken: "f8da6d11-b23f-48f4-814c-0fb6a667f50e",
  awsAccountId: "123456789012",
  stackId: "arn:aws:cloudformation:us-west-2:123456789012:stack/MyStack/1a2345b6-0000-00a0-a123-00abc0abc000",
  changeSetId: null,
  hookTypeName: "my::lambda::stackhook",
  hookTypeVersion: "00000008",
  hookModel: {
    LambdaFunction: "arn:aws:lambda:us-west-2:123456789012:function:MyFunction",
  },
  actionInvocationPoint: "UPDATE_PRE_PROVISION",
  requestData: {
    targetName: "STACK",
    targetType: "STACK",
    targetLogicalId: "my-cloudformation-stack",
    payload: "https://s3......",
  },
  requestContext: {
    invocation: 1,
    callbackContext: null,
  },
};

/** A change set's id as the same page shows one, of a change set of that name. */
export function changeSetId(name: string): string {
  return `arn:aws:cloudformation:us-west-2:123456789012:changeSet/${name}/1a2345b6-0000-00a0-a123-00abc0abc000`;
}

/** A stack's id, of a stack of that name. */
export function stackId(name: string): string {
  return DOCUMENTED.stackId.replace("MyStack", name);
}
