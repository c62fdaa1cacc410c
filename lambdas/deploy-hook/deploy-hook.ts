import { z } from "zod";
import { type DeployPorts, deployFacts, streamFacts, streamNames } from "../deploy-facts.ts";
import {
  DEPLOYMENT_ID,
  isHeldWhole,
  isUnreadable,
  LONGEST_DEPLOYMENT_MINUTES,
  mayDeploy,
  type StreamFacts,
} from "../domain/may-deploy.ts";

/** What CloudFormation makes of the hook's answer. In mode FAIL, anything but SUCCESS stops the operation. */
export interface HookAnswer {
  readonly clientRequestToken: string;
  readonly hookStatus: "SUCCESS" | "FAILED";
  readonly errorCode?: "NonCompliant" | "InternalFailure";
  /** At most 4096 characters are shown. */
  readonly message: string;
}

/**
 * A stack operation as CloudFormation's user guide documents it for Lambda Hooks. It may carry more, and its templates
 * are of no interest here.
 */
const stackOperation = z.object({
  stackId: z.string().regex(/^arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:stack\/[^/]+\/[^/]+$/),
  /** Empty where no change set began the operation: create-stack, update-stack, delete-stack. */
  changeSetId: z.string().nullish(),
  actionInvocationPoint: z.enum(["CREATE_PRE_PROVISION", "UPDATE_PRE_PROVISION", "DELETE_PRE_PROVISION"]),
  requestData: z.object({ targetName: z.literal("STACK"), targetType: z.literal("STACK") }),
});

const CHANGE_SET =
  /^arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:changeSet\/([A-Za-z][A-Za-z0-9-]*)\/[^/]+$/;

const PROPERLY =
  "Deploy with `npm run deploy -- --stage <stage>`: it asks, holds every stream, names its change sets after the" +
  " deployment and gives the streams back.";

/**
 * Whether CloudFormation may change a stack: only with a change set that is named after the deployment that holds every
 * stream, or on a first deployment. A deployment under an override goes on when the override has run out since: it has
 * begun under it, and half of a deployment is worse than all of it. Whatever goes wrong is a refusal.
 */
export async function deployHook(event: unknown, ports: DeployPorts): Promise<HookAnswer> {
  const clientRequestToken = tokenOf(event);
  try {
    const told = await judged(event, ports);
    ports.log.decision({ state: "DeployHook", outcome: told.outcome, deployment: told.deployment });
    if (told.allowed) return { clientRequestToken, hookStatus: "SUCCESS", message: told.words };
    for (const name of streamNames(ports.configuration)) ports.metrics.count("DeployRefused", name);
    const message = `${told.words} ${PROPERLY}`;
    return { clientRequestToken, hookStatus: "FAILED", errorCode: "NonCompliant", message };
  } catch (error) {
    // CloudFormation takes an exception for a failure too, but shows none of its words.
    const name = error instanceof Error ? error.name : "an unknown thing was thrown";
    ports.log.decision({ state: "DeployHook", outcome: name });
    // It answers instead of throwing, so Lambda counts no error of it: by this count people hear that every deployment
    // is stopped. A stream has failed in nothing.
    for (const stream of streamNames(ports.configuration)) ports.metrics.count("DeployHookFailed", stream);
    const message = `It could not be decided whether this may be deployed (${name}), so it may not.`;
    return { clientRequestToken, hookStatus: "FAILED", errorCode: "InternalFailure", message };
  }
}

interface Judgement {
  readonly allowed: boolean;
  /** For the log. */
  readonly outcome: string;
  /** For the person who deploys. */
  readonly words: string;
  readonly deployment?: string | undefined;
}

async function judged(event: unknown, ports: DeployPorts): Promise<Judgement> {
  const parsed = stackOperation.safeParse(event);
  if (!parsed.success) {
    return {
      allowed: false,
      outcome: "an unknown event",
      words: "This is no stack operation that the hook knows.",
    };
  }
  const { stackId, changeSetId, actionInvocationPoint } = parsed.data;
  const deployment = deploymentOf(changeSetId);
  const isBilling = stackId.split("/")[1] === ports.billingStack;
  const billing = isBilling ? DONE_TO_IT[actionInvocationPoint] : undefined;
  const streams = deployment === undefined && billing !== "deleted" ? [] : await streamFacts(ports);
  const isHeld = deployment !== undefined && !isUnreadable(streams) && isHeldWhole(streams, deployment);
  const isOverdue = isHeld && isTooOld(streams, deployment, ports.clock.now());
  if (isHeld && !isOverdue) {
    const words = `Deployment ${deployment} holds every stream.`;
    return { allowed: true, outcome: "part of its deployment", words, deployment };
  }
  // A deletion has no change set: what the CDK takes away before it creates the stack again is its own deployment's.
  const asker = deployment ?? (isUnreadable(streams) ? undefined : streams[0]?.deploying?.id);
  const facts = await deployFacts(ports, { deployment: asker, billing });
  const { allowed, firstDeployment, reasons } = mayDeploy(facts);
  if (allowed && firstDeployment) {
    const words = "First deployment: there is nothing yet that could start a batch.";
    return { allowed, outcome: "first deployment", words, deployment };
  }
  const whoseIs = isOverdue ? overdue(deployment) : whose(deployment, changeSetId);
  const why = [whoseIs, ...reasons.map(({ code, text }) => `${code}: ${text}.`)];
  return { allowed: false, outcome: "refused", words: why.join(" "), deployment };
}

/** What an operation does to a stack that has nothing yet, or never had. */
const DONE_TO_IT = {
  CREATE_PRE_PROVISION: "created",
  UPDATE_PRE_PROVISION: undefined,
  DELETE_PRE_PROVISION: "deleted",
} as const;

/** Nobody has asked calendar and schedules for longer than a deployment may take; nor may an override last longer. */
function isTooOld(streams: readonly StreamFacts[], deployment: string, now: number): boolean {
  return streams.some(
    ({ deploying }) =>
      deploying?.id === deployment && now - Date.parse(deploying.at) > LONGEST_DEPLOYMENT_MINUTES * 60_000,
  );
}

function overdue(deployment: string): string {
  return `Deployment ${deployment} has held the streams for more than ${LONGEST_DEPLOYMENT_MINUTES} minutes.`;
}

function whose(deployment: string | undefined, changeSetId: string | null | undefined): string {
  if (deployment !== undefined) return `Deployment ${deployment} does not hold every stream.`;
  if (changeSetId === undefined || changeSetId === null || changeSetId === "") {
    return "This operation has no change set, so it is part of no deployment.";
  }
  return "This change set is not named after a deployment.";
}

/** The deployment after which a change set is named. */
function deploymentOf(changeSetId: string | null | undefined): string | undefined {
  const name = CHANGE_SET.exec(changeSetId ?? "")?.[1];
  return name !== undefined && DEPLOYMENT_ID.test(name) ? name : undefined;
}

/** The guide spells it in two ways, of which the example's is the one that other hooks get. */
function tokenOf(event: unknown): string {
  const { clientRequestToken, clientRequesttoken } = (event ?? {}) as Record<string, unknown>;
  const token = clientRequestToken ?? clientRequesttoken;
  return typeof token === "string" ? token : "";
}
