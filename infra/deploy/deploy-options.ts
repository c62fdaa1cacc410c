import { DEPLOYMENT_ID } from "../../lambdas/domain/may-deploy.ts";
import { isOverrideId } from "../../lambdas/domain/override.ts";
import { REASON_RULE, isReason } from "../../lambdas/domain/reason.ts";
import { optionsIn } from "../command-options.ts";
import { type Stage, STAGES } from "../stage.ts";
import { WrongInput } from "../wrong-input.ts";

const EXITS =
  "exit codes: 0 allowed and done, 3 refused, 1 fault or could not decide (the same as refused), 2 wrong usage\n";

export const CHECK_HELP = `May a stage be deployed now? Asks its function DeployGate, and changes nothing.

npm run deploy:check -- --stage <dev|prod> [options]

  --override <id>    an approved override of the blackout: override.<32 hex>
  --json             print one JSON object and nothing else
  --help             print this

${EXITS}`;

export const DEPLOY_HELP = `Deploys a stage: check, begin (which holds every stream), cdk deploy, end.

npm run deploy -- --stage <dev|prod> [options]

  --override <id>    an approved override of the blackout: override.<32 hex>
  --app <folder>     the synthesized assembly to deploy (otherwise it is synthesized first, into cdk.out/<stage>)
  --id-to <file>     append "deployment=<id>" to this file before anything is held, for whoever cleans up
  --help             print this

${EXITS}`;

export const END_HELP = `Ends a deployment that could not end itself: frees the streams that it holds, and no other's.

npm run deploy:end -- --stage <dev|prod> --deployment <id> --reason "…"

  --deployment <id>  deploy-<yyyymmdd>-<hhmmss>-<8 hex>, as npm run deploy printed it
  --reason <text>    why; kept for ever and shown, so without names and bank accounts
  --help             print this

exit codes: 0 it holds nothing any more, 1 could not end (what it held may still be held; repeat it), 2 wrong usage
`;

export interface CheckOptions {
  readonly stage: Stage;
  readonly override?: string;
  readonly json: boolean;
}

export interface DeployOptions {
  readonly stage: Stage;
  readonly override?: string;
  /** The folder of a synthesized assembly. */
  readonly app?: string;
  /** The file that is told the deployment's id. */
  readonly idTo?: string;
}

export interface EndOptions {
  readonly stage: Stage;
  readonly deployment: string;
  readonly reason: string;
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

/** Reads the command line of `deploy:check`. @throws WrongInput with a sentence that names the option */
export function checkOptions(args: readonly string[]): CheckOptions | "help" {
  const values = optionsIn(args, { stage: text, override: text, json: flag, help: flag });
  if (values.help) return "help";
  return { stage: stageIn(values.stage), ...overrideIn(values.override), json: values.json ?? false };
}

/** Reads the command line of `deploy`. @throws WrongInput with a sentence that names the option */
export function deployOptions(args: readonly string[]): DeployOptions | "help" {
  const values = optionsIn(args, { stage: text, override: text, app: text, "id-to": text, help: flag });
  if (values.help) return "help";
  const { app, "id-to": idTo } = values;
  if (app === "")
    throw new WrongInput("--app wants the folder of a synthesized assembly, such as cdk.out/dev");
  if (idTo === "") throw new WrongInput("--id-to wants a file");
  return {
    stage: stageIn(values.stage),
    ...overrideIn(values.override),
    ...(app !== undefined && { app }),
    ...(idTo !== undefined && { idTo }),
  };
}

/** Reads the command line of `deploy:end`. @throws WrongInput with a sentence that names the option */
export function endOptions(args: readonly string[]): EndOptions | "help" {
  const values = optionsIn(args, { stage: text, deployment: text, reason: text, help: flag });
  if (values.help) return "help";
  const { deployment = "", reason = "" } = values;
  if (!DEPLOYMENT_ID.test(deployment))
    throw new WrongInput("--deployment wants an id such as deploy-20260302-091500-0a1b2c3d");
  if (!isReason(reason)) throw new WrongInput(`--reason: ${REASON_RULE}`);
  return { stage: stageIn(values.stage), deployment, reason };
}

/** Named each time: nobody deploys prod, or believes to have checked it, by leaving something out. */
function stageIn(given: string | undefined): Stage {
  const stage = STAGES.find((known) => known === given);
  if (stage === undefined) throw new WrongInput(`--stage is ${STAGES.join(" or ")}`);
  return stage;
}

function overrideIn(given: string | undefined): { readonly override?: string } {
  if (given === undefined) return {};
  if (isOverrideId(given)) return { override: given };
  throw new WrongInput("--override wants an id such as override.0123456789abcdef0123456789abcdef");
}
