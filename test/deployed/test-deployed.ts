import { fileURLToPath } from "node:url";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { optionsIn } from "../../infra/command-options.ts";
import { WrongInput } from "../../infra/wrong-input.ts";
import { copyWithout } from "./assembly.ts";
import { DeployedStage } from "./deployed-stage.ts";
import { cdk, deployed, STAGE } from "./deployment.ts";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { codesOf, deployCheck, wrongWith } from "./blackout.ts";
import { killChildren } from "./child.ts";
import { again, askWhileOpen, closed, expect, leaveList, twoAtOnce } from "./first-batches.ts";
import { onMinistack } from "./on-ministack.ts";
import { refusalOf } from "./refusal.ts";
import { REFUSED_BY_MINISTACK } from "./refused-types.ts";

const HELP = `Deploys stage ${STAGE} with the CDK, and runs batches there through AWS's own interfaces alone.

npm run test:deployed                       to the emulator whose IP address is in AWS_ENDPOINT_URL
npm run test:deployed -- --ministack        starts MiniStack (PyPI, in a virtual environment) for it, and stops it
npm run test:deployed -- --account <id>     to that account, with your own credentials and AWS_REGION; what it
                                            deploys stays until you destroy it

exit codes: 0 everything held, 1 something did not, 2 wrong usage
`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Rows of the two lists: the README's first batch, and one that two starts race for. */
const ROWS = { first: 1000, raced: 300 };

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = optionsIn(process.argv.slice(2), {
      help: { type: "boolean" },
      ministack: { type: "boolean" },
      account: { type: "string" },
    });
    if (options.help) console.log(HELP.trimEnd());
    else if (options.ministack) {
      await onMinistack(ROOT, (url) =>
        test(endpointOf({ ...process.env, AWS_ENDPOINT_URL: url }, undefined)),
      );
    } else {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.once(signal, () => {
          killChildren();
          process.exit(1);
        });
      }
      await test(endpointOf(process.env, options.account));
    }
    return 0;
  } catch (error) {
    console.error(error instanceof WrongInput ? `${error.message} Try --help.` : error);
    return error instanceof WrongInput ? 2 : 1;
  }
}

async function test(endpoint: Endpoint): Promise<void> {
  const begun = Date.now();
  const say = (text: string) => {
    const seconds = String(Math.round((Date.now() - begun) / 1000)).padStart(4);
    console.log(text.replaceAll(/^/gm, " ".repeat(7)).replace(/^ {7}/, `${seconds} s `));
  };
  takeOn(endpoint.env);
  const { Account } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  expect("the account that the credentials are of", Account, endpoint.account);

  const app = await assembly(endpoint, say);
  await cdk(ROOT, endpoint, ["bootstrap", `aws://${endpoint.account}/${endpoint.region}`], 300);
  say(`bootstrapped ${endpoint.words}`);
  const deploy = ["deploy", "--all", "--app", app, "--require-approval", "never"];
  await cdk(ROOT, endpoint, deploy, endpoint.emulated ? 600 : 3600);
  say(`deployed stage ${STAGE}`);

  const stage = new DeployedStage(await deployed(new CloudFormationClient({})));
  const ask = async (when: string, open: boolean) => {
    const answer = await deployCheck(ROOT, endpoint);
    return () => {
      expect(`the blackout check ${when}`, wrongWith(answer, { open, emulated: endpoint.emulated }), []);
      say(`blackout check ${when}: ${codesOf(answer)}`);
    };
  };
  (await ask("before", false))();
  const first = await leaveList(stage, "au-cba", ROWS.first);
  const started = await stage.start(first.event);
  expect("the first start", started, { outcome: "STARTED", batchId: first.id });
  say(`started ${started.batchId}: ${first.sample.count} rows for ${first.billingDate}`);
  await askWhileOpen(stage, first, () => ask("during", true));
  const left = await closed(stage, first, say);
  (await ask("after", false))();
  await again(stage, first, left, say);
  await twoAtOnce(stage, await leaveList(stage, "au-wbc", ROWS.raced), say);
  say(`everything held at ${endpoint.words}`);
}

/** From here on this process sees what its children see. */
function takeOn(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

/** The app as `cdk deploy` takes it; for an emulator without what that is shown to refuse. */
async function assembly(endpoint: Endpoint, say: (text: string) => void): Promise<string> {
  const whole = "cdk.out/deployed";
  await cdk(ROOT, endpoint, ["synth", "--quiet", "-c", `stage=${STAGE}`, "-o", whole], 300);
  say(`synthesized stage ${STAGE}`);
  if (!endpoint.emulated) return whole;
  const client = new CloudFormationClient({});
  for (const entry of REFUSED_BY_MINISTACK) say(`refused: ${await refusalOf(client, entry)}`);
  const without = "cdk.out/deployed-without";
  const lines = await copyWithout(`${ROOT}${whole}`, `${ROOT}${without}`, REFUSED_BY_MINISTACK);
  for (const line of lines) say(line);
  return without;
}
