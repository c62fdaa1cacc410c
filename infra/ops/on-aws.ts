import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { postSigned } from "./function-url.ts";
import { invokeFunction } from "./invoke-function.ts";

/** Calls one of the deployed functions by its name in the app, such as `PauseStream`. Throws what it throws. */
export type Invoke = (functionName: string, event: object) => Promise<unknown>;

/** Decides as a person: asks the function of that name, `Propose` or `Approve`, through its URL. */
export type Decide = (functionName: string, body: object) => Promise<unknown>;

/** The functions of the app, wherever they run. */
export interface Functions {
  readonly invoke: Invoke;
  readonly decide: Decide;
  /** Who acts. */
  readonly caller: () => Promise<string>;
}

/**
 * The functions of a stage on AWS. Region and credentials are the caller's own; who acts is whom AWS says the
 * caller is, never an option of the command line.
 */
export function onAws(stage: string): Functions {
  const names = new Map<string, string>();
  const output = async (name: string, what: string) => {
    if (names.size === 0) for (const [key, value] of await outputs(stage)) names.set(key, value);
    const value = names.get(name);
    if (value === undefined) throw new Error(`stage ${stage} has no ${what}`);
    return value;
  };
  const lambda = new LambdaClient({ maxAttempts: 1 });
  return {
    caller: async () => {
      const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
      if (Arn === undefined) throw new Error("AWS does not say who the caller is");
      return Arn;
    },
    decide: async (functionName, body) => {
      const { region, credentials, sha256 } = lambda.config;
      const url = await output(`${functionName}Url`, `URL of ${functionName}`);
      return postSigned(url, body, { region, credentials, sha256 });
    },
    invoke: async (functionName, event) => {
      const deployed = await output(`${functionName}FunctionName`, `function ${functionName}`);
      return invokeFunction(lambda, deployed, event);
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
