import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../lambdas/adapters/clock.ts";
import { EXIT } from "../ops/exit-code.ts";
import { refuseOtherStage } from "./assembly.ts";
import { type Caller, callerOf } from "./caller.ts";
import { decide, undecided, wordsOf } from "./decide.ts";
import { type DeployGate, deployGate } from "./deploy-gate.ts";
import { DEPLOY_HELP, type DeployOptions, deployOptions } from "./deploy-options.ts";
import { deploymentId } from "./deployment-id.ts";
import { freedText } from "./end-deployment.ts";
import { Interruption } from "./interruption.ts";
import { runCdk } from "./run-cdk.ts";
import type { Surroundings } from "./surroundings.ts";
import { exitOf, verdictText } from "./verdict.ts";

/** One run of `npm run deploy`, and all that it stands on. */
interface Run extends Surroundings {
  readonly options: DeployOptions;
  readonly caller: Caller;
  readonly gate: DeployGate;
  readonly interruption: Interruption;
}

/** `npm run deploy`: check, begin, cdk deploy, end. Answers its exit code. */
export async function deployStage(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const options = deployOptions(args);
  if (options === "help") {
    surroundings.print(DEPLOY_HELP);
    return EXIT.done;
  }
  // From here on, not only once something is held: a signal that comes while begin is asked must not end us either.
  const interruption = new Interruption();
  interruption.onSignal((signal) => {
    surroundings.tell(`${signal}: the deployment stops, and is ended; wait for it\n`);
  });
  try {
    const caller = await callerOf(surroundings.aws, interruption.abortSignal);
    const gate = deployGate(options.stage, surroundings.aws, caller);
    return await deployAs({ ...surroundings, options, caller, gate, interruption });
  } catch (error) {
    return undecided(error, surroundings.tell);
  } finally {
    interruption.stop();
  }
}

async function deployAs(run: Run): Promise<number> {
  const { options, caller, gate, interruption, aws, tell } = run;
  const { stage } = options;
  // Before the check, because it takes a while, and what was allowed then need not be any more.
  const assembly = options.app ?? (await synthesized(run));
  if (assembly === undefined) return EXIT.fault;
  await refuseOtherStage(assembly, stage, caller);
  const { gated, ...verdict } = await decide(options, gate, aws, caller, interruption.abortSignal);
  tell(verdictText({ stage, ...verdict }, `${caller.account} ${caller.region}`));
  if (!verdict.allowed) return exitOf(verdict);
  const id = deploymentId(systemClock.now());
  tell(`deployment ${id}\n`);
  if (options.idTo !== undefined) await appendFile(options.idTo, `deployment=${id}\n`);
  return gated ? holding(run, id, assembly) : (await cdkDeploy(run, id, assembly)).exitCode;
}

/**
 * Deploys while every stream is held in the deployment's name, and frees what is held whatever becomes of it. The check
 * before was for people: only begin decides, since what it writes is what it has judged.
 */
async function holding(run: Run, id: string, assembly: string): Promise<number> {
  const { options, gate, caller, interruption, tell } = run;
  if (interruption.first !== undefined) return EXIT.fault;
  let reason = "begin was not answered";
  let exitCode: number = EXIT.fault;
  try {
    const begun = await gate.begin(id, options.override);
    if (!begun.allowed) {
      tell(verdictText({ stage: options.stage, ...begun }, `${caller.account} ${caller.region}`));
      return exitOf(begun);
    }
    tell(`held: ${begun.held.join(", ")}\n`);
    reason = "cdk deploy could not be run";
    ({ exitCode, words: reason } = await cdkDeploy(run, id, assembly));
  } catch (error) {
    // Told and not thrown, whatever it is: what may be held comes first.
    tell(`The deployment has failed: ${error instanceof Error ? wordsOf(error) : String(error)}\n`);
  }
  return (await ended(run, id, reason)) ? exitCode : EXIT.fault;
}

/** Whether the deployment holds nothing any more. If nobody knows, it tells what a person must do. */
async function ended({ gate, options, tell }: Run, id: string, reason: string): Promise<boolean> {
  try {
    tell(`${id}  ${freedText(await gate.end(id, reason))}\n`);
    return true;
  } catch (error) {
    const byHand = `npm run deploy:end -- --stage ${options.stage} --deployment ${id} --reason "…"`;
    tell(
      `The deployment could not be ended: ${wordsOf(error as Error)}\n` +
        `No batch of stage ${options.stage} starts until it is. End it by hand:\n  ${byHand}\n`,
    );
    return false;
  }
}

/** Deploys all stacks, in their order. */
async function cdkDeploy(
  run: Run,
  id: string,
  assembly: string,
): Promise<{ readonly exitCode: number; readonly words: string }> {
  const { interruption, tell } = run;
  const args = ["deploy", "--all", "--app", assembly, "--change-set-name", id, "--require-approval", "never"];
  const { code, words } = await runCdk(args, environmentOf(run), interruption);
  if (code === 0) return { exitCode: EXIT.done, words };
  tell(`${words}\n`);
  if (interruption.first !== undefined) {
    tell("CloudFormation goes on with a stack that it has begun: look at it before the next batch is due.\n");
  }
  return { exitCode: EXIT.fault, words };
}

/** Synthesizes the stage, and answers the folder; undefined where that failed, which the CDK has told. */
async function synthesized(run: Run): Promise<string | undefined> {
  const { options, interruption, tell } = run;
  const folder = join("cdk.out", options.stage);
  const args = ["synth", "--quiet", "-c", `stage=${options.stage}`, "-o", folder];
  const { code, words } = await runCdk(args, environmentOf(run), interruption);
  if (code === 0) return folder;
  tell(`${words}\n`);
  return undefined;
}

/** The CDK looks for a region in more places than the SDK: it deploys where the gate was asked, and nowhere else. */
function environmentOf({ env, caller }: Run): Run["env"] {
  return { ...env, AWS_REGION: caller.region };
}
