import { Agent as HttpAgent, type ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import type { CloudFormationClientConfig } from "@aws-sdk/client-cloudformation";
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import type { SFNClientConfig } from "@aws-sdk/client-sfn";
import type { SSMClientConfig } from "@aws-sdk/client-ssm";

/** Where ARNs and signatures of the local run say that they are. */
export const LOCAL_REGION = "ap-southeast-2";
export const LOCAL_AWS_ACCOUNT = "000000000000";

export interface ClientSettings {
  readonly dynamodb: DynamoDBClientConfig;
  readonly s3: S3ClientConfig;
  readonly sfn: SFNClientConfig;
  readonly ssm: SSMClientConfig;
  readonly cloudformation: CloudFormationClientConfig;
}

export interface Loopback extends ClientSettings {
  /** Ends the connections of all clients that were made with these settings. */
  close(): void;
}

/**
 * Settings with which the AWS SDK talks to servers on this machine's loopback address, and to nothing else:
 * region, endpoint and credentials are given, so nothing of a real AWS account is looked for, and the agents
 * connect nowhere else whatever a client asks for.
 *
 * @param ports of the servers; those of Step Functions and of the account may come later, so they are asked for on use
 */
export function loopback(ports: {
  readonly dynamodb: number;
  readonly s3: number;
  sfn(): number;
  account?(): number;
}): Loopback {
  const httpAgent = new LoopbackAgent({ keepAlive: true, maxSockets: 128 });
  const httpsAgent = new NowhereAgent();
  const settings = {
    region: LOCAL_REGION,
    // s3rver knows this one key id; the others take any.
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    requestHandler: { httpAgent, httpsAgent },
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    defaultsMode: "standard",
  } as const;
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const account = async () => endpointOf(ports.account?.() ?? 0);
  return {
    dynamodb: { ...settings, endpoint: url(ports.dynamodb) },
    s3: {
      ...settings,
      endpoint: url(ports.s3),
      forcePathStyle: true,
      // s3rver knows no checksums, and refuses bodies that carry one at their end.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    },
    sfn: { ...settings, endpoint: async () => endpointOf(ports.sfn()) },
    ssm: { ...settings, endpoint: account },
    cloudformation: { ...settings, endpoint: account },
    close: () => {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

function endpointOf(port: number) {
  return { protocol: "http:", hostname: "127.0.0.1", port, path: "/" };
}

class LoopbackAgent extends HttpAgent {
  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const host = options.host ?? options.hostname;
    if (host !== "127.0.0.1") throw new Error(`The local run connects to this machine only, not to ${host}.`);
    return super.createConnection(options, callback);
  }
}

class NowhereAgent extends HttpsAgent {
  override createConnection(): never {
    throw new Error("The local run connects to this machine only, and never by https.");
  }
}
