import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

/** Calls one of the deployed functions by its name in the app, such as `PauseStream`. Throws what it throws. */
export type Invoke = (functionName: string, event: object) => Promise<unknown>;

/** An error that a deployed function threw, under its own name. */
class RemoteError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * The functions of a stage on AWS. Region and credentials are the caller's own; who acts is whom AWS says the
 * caller is, never an option of the command line.
 */
export function onAws(stage: string): { readonly invoke: Invoke; readonly caller: () => Promise<string> } {
  const names = new Map<string, string>();
  const lambda = new LambdaClient({ maxAttempts: 1 });
  return {
    caller: async () => {
      const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
      if (Arn === undefined) throw new Error("AWS does not say who the caller is");
      return Arn;
    },
    invoke: async (functionName, event) => {
      if (names.size === 0) for (const [name, value] of await outputs(stage)) names.set(name, value);
      const deployed = names.get(`${functionName}FunctionName`);
      if (deployed === undefined) throw new Error(`stage ${stage} has no function ${functionName}`);
      const answer = await lambda.send(
        new InvokeCommand({ FunctionName: deployed, Payload: Buffer.from(JSON.stringify(event)) }),
      );
      const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8") || "null");
      if (answer.FunctionError === undefined) return payload;
      const { errorType, errorMessage } = payload as { errorType?: string; errorMessage?: string };
      throw new RemoteError(
        errorType ?? answer.FunctionError,
        errorMessage ?? "the function failed without a message",
      );
    },
  };
}

async function outputs(stage: string): Promise<[string, string][]> {
  const StackName = `DebitOnce-${stage}-Billing`;
  const { Stacks } = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName }));
  return (Stacks?.[0]?.Outputs ?? []).flatMap(({ OutputKey, OutputValue }) =>
    OutputKey !== undefined && OutputValue !== undefined
      ? [[OutputKey, OutputValue] as [string, string]]
      : [],
  );
}
