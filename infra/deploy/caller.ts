import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { STSClientConfig } from "@aws-sdk/client-sts";

/** How the SDK's clients find AWS: nothing given, so by the caller's own environment; tests give an endpoint. */
export type AwsSettings = Pick<STSClientConfig, "endpoint" | "region" | "credentials">;

/** Who deploys, and where. */
export interface Caller {
  readonly account: string;
  readonly partition: string;
  readonly region: string;
  /** For the audit trail: the session or the user, as AWS names it; at most 64 characters. */
  readonly name: string;
}

/** Who the caller is, as AWS says. */
export async function callerOf(aws: AwsSettings, abortSignal?: AbortSignal): Promise<Caller> {
  const sts = new STSClient(aws);
  const region = await regionOf(sts);
  const { Arn = "", Account = "" } = await sts.send(
    new GetCallerIdentityCommand({}),
    abortSignal === undefined ? {} : { abortSignal },
  );
  const [arn, partition, , , , resource] = Arn.split(":");
  if (arn !== "arn" || !partition || !resource || !/^\d{12}$/.test(Account)) {
    throw new Error("AWS does not say who the caller is");
  }
  return { account: Account, partition, region, name: personIn(resource) };
}

/** Asked before anything is sent, because the SDK's own words do not say what is to be done. */
async function regionOf({ config }: STSClient): Promise<string> {
  try {
    return await config.region();
  } catch (cause) {
    throw new Error("no region is set: name one in AWS_REGION", { cause });
  }
}

/** `assumed-role/deploy/github-7` is deploy/github-7, `user/ops/anna` is ops/anna; where that is too long, the last part. */
function personIn(resource: string): string {
  const name = resource.split("/").slice(1).join("/") || resource;
  return name.length <= 64 ? name : name.slice(name.lastIndexOf("/") + 1).slice(-64);
}
