import { isIP } from "node:net";
import { dirname } from "node:path";
import { WrongInput } from "../../infra/wrong-input.ts";

/** Where the app is deployed to, and the environment in which everything that talks to it runs. */
export interface Endpoint {
  /** Of this machine: no account is behind it, so its resource types may be refused, and its keys are made up. */
  readonly emulated: boolean;
  readonly words: string;
  readonly account: string | undefined;
  readonly region: string;
  readonly env: Readonly<Record<string, string>>;
}

const EMULATED = { account: "000000000000", region: "ap-southeast-2" };

/**
 * The endpoint that the environment names. On this machine's loopback address nothing of the environment's AWS
 * settings is used; elsewhere they are used as they are.
 * @param account of a real deployment, which must be named, so that nobody deploys into one by chance
 * @throws WrongInput
 */
export function endpointOf(environment: NodeJS.ProcessEnv, account: string | undefined): Endpoint {
  const { AWS_ENDPOINT_URL: url, AWS_REGION: region } = environment;
  const host = url === undefined ? undefined : hostOf(url);
  const emulated = host !== undefined && (host.startsWith("127.") || host === "::1");
  const own = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(NODE_OPTIONS$|NODE_V8_COVERAGE$|VITEST|npm_|CDK_)/.test(entry[0]),
  );
  // Lambdas run on the Node that runs this, and so do the commands below.
  const PATH = `${dirname(process.execPath)}:${environment.PATH ?? ""}`;
  // And the CDK's command line reports to nobody what a test does.
  const fixed = { PATH, CDK_DISABLE_CLI_TELEMETRY: "true" };
  if (!emulated) {
    if (account === undefined || region === undefined) {
      throw new WrongInput(
        "Without an emulator in AWS_ENDPOINT_URL this deploys into a real account: set AWS_REGION, and name the " +
          "account with --account <twelve digits>.",
      );
    }
    const words = `account ${account} in ${region}${url === undefined ? "" : `, by ${url}`}`;
    return { emulated, words, account, region, env: { ...Object.fromEntries(own), ...fixed } };
  }
  const env = {
    ...Object.fromEntries(own.filter(([name]) => !name.startsWith("AWS_"))),
    ...fixed,
    AWS_ENDPOINT_URL: url as string,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: EMULATED.region,
    AWS_DEFAULT_REGION: EMULATED.region,
    // No file and no machine's role is asked for keys.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  return { emulated, words: `the emulator at ${url}`, ...EMULATED, env };
}

function hostOf(url: string): string {
  const host = URL.parse(url)?.hostname.replace(/^\[|\]$/g, "");
  // By a name S3's buckets would be looked for under names of their own.
  if (host === undefined || isIP(host) === 0) {
    throw new WrongInput("AWS_ENDPOINT_URL must hold an IP address, such as http://127.0.0.1:4566.");
  }
  return host;
}
