import { readFile } from "node:fs/promises";
import { systemClock } from "../../lambdas/adapters/clock.ts";
import type { Abandoned } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import type { Approved } from "../../lambdas/operations/approve/approve.ts";
import type { Proposal } from "../../lambdas/operations/propose/propose.ts";
import type { OverridesView } from "../../lambdas/operations/show-overrides/show-overrides.ts";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { parseBatchId, twoDigits } from "../../lambdas/domain/batch.ts";
import { MOST_EVIDENCE } from "../../lambdas/operations/propose/resolve-submission.ts";
import { sha256 } from "../../lambdas/stored-bytes.ts";
import { batchResult } from "../local/batch-result.ts";
import { exportBatch } from "../local/export.ts";
import {
  type Local,
  localConfiguration,
  localFolder,
  type LocalStart,
  startOn,
  withLocal,
} from "../local/open-local.ts";
import { progressPrinter } from "../local/progress.ts";
import { resultText } from "../local/result-text.ts";
import { WrongInput } from "../wrong-input.ts";
import { abandonedText, pausedText, resumedText } from "./decided-text.ts";
import { endWith } from "./end-with.ts";
import { EXIT, exitCode, statusOf } from "./exit-code.ts";
import { nextSteps, overrideSteps } from "./next-steps.ts";
import { type Functions, onAws } from "./on-aws.ts";
import { onLocal } from "./on-local.ts";
import { type CommandName, OPS_HELP, type OpsOptions, opsOptions } from "./ops-options.ts";
import { overridesText, overrideText } from "./override-text.ts";
import { approvedText, proposalText, proposedText } from "./proposal-text.ts";
import { RemoteError } from "./remote-error.ts";
import { viewText } from "./view-text.ts";

type Decision = Exclude<CommandName, "show" | "propose" | "resolve" | "approve">;

/** What each command that one person decides does, in the words of its dry run. */
const DOES: Record<Decision, { readonly calls: string; readonly does: string }> = {
  redrive: { calls: "RedriveBatch", does: "start the failed execution again at the state that failed" },
  continue: { calls: "ContinueBatch", does: "start a new execution of today's definition for the batch" },
  abandon: { calls: "AbandonBatch", does: "decide that the unsent files of the batch are never sent" },
  pause: { calls: "PauseStream", does: "let no batch of the stream acquire its lock or begin a submission" },
  resume: { calls: "ResumeStream", does: "end the stream's pause" },
};

/** `npm run ops`: the command line of the people on call; the same functions here and on AWS. */
async function main(): Promise<number> {
  const options = opsOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(OPS_HELP);
    return EXIT.done;
  }
  try {
    if (options.stage !== undefined) {
      return await operate(options, onAws(options.stage));
    }
    const onEvent = options.json ? () => {} : progressPrinter(process.stdout);
    return await withLocal({ ...startOf(options), onEvent }, (local) =>
      operate(options, onLocal(local.app, options.as), local),
    );
  } catch (error) {
    return failed(options, error);
  }
}

/**
 * On the batch's day; a pause belongs to no day, and takes the machine's clock. A dry command leaves the day's clock
 * where it is.
 * @throws RemoteError as Propose would, of a statement that is later than the clock: no command line sets the clock but
 *   by --now, or a mistyped year would make everything expire
 */
function startOf(options: OpsOptions): LocalStart {
  const { statement, yes } = options;
  const start = clockOf(options);
  if (statement && statement.statedAt > start.startAt) {
    const [stated, shown] = [statement.statedAt, start.startAt].map((at) => new Date(at).toISOString());
    throw new RemoteError(
      "ProposalRefused",
      `the bank's statement is dated later than now: ${stated}, and the local clock shows ${shown}; if that much time has` +
        " passed, say so with --now <instant>",
    );
  }
  return yes ? start : { startAt: start.startAt };
}

/**
 * `--now` is for one command; only a bank's statement that it makes possible lets the day's clock go on from there, since
 * it is approved within the hour.
 */
function clockOf({ now, batch, statement }: OpsOptions): LocalStart {
  const parsed = batch && parseBatchId(batch.id);
  if (!parsed || (now !== undefined && !statement)) return { startAt: now ?? systemClock.now() };
  const stream = localConfiguration().streams[parsed.stream];
  if (!stream) throw new WrongInput(`there is no stream "${parsed.stream}" in the configuration`);
  const scheduled = systemClock.instantOf(parsed.billingDate, stream.schedule.time, stream.timeZone);
  const goesOn = startOn(stream.name, parsed.billingDate, scheduled);
  if (now === undefined) return goesOn;
  return now < goesOn.startAt ? { startAt: now } : { ...goesOn, startAt: now };
}

async function operate(options: OpsOptions, functions: Functions, local?: Local): Promise<number> {
  const { command, batch, stream } = options;
  const { invoke, caller } = functions;
  if (command === "show" && !batch) {
    const view = (await invoke("ShowOverrides", {})) as OverridesView;
    print(options, view, () => overridesText(view));
    return EXIT.done;
  }
  if (command === "show") {
    const view = (await invoke("ShowBatch", { batchId: batch?.id })) as BatchView;
    print(options, view, () => viewText(view, batch?.stream ?? "", options.stage));
    return view.record || view.execution ? EXIT.done : EXIT.wrongInput;
  }
  if (command === "propose") return propose(options, functions);
  if (command === "resolve") return resolve(options, functions);
  if (command === "approve") return approve(options, functions);
  if (command === "redrive" && batch) await refuseAbandoned(batch.id, invoke);
  const subject = batch ? { batchId: batch.id } : { stream };
  const { calls, does } = DOES[command];
  const event = { ...subject, by: await caller(), reason: options.reason };
  if (!options.yes) {
    print(
      options,
      { dry: true, function: calls, event },
      () => `dry run: would ${does}, as ${event.by}. Add --yes to do it.\n`,
    );
    return EXIT.done;
  }
  const answer = (await invoke(calls, event)) as { readonly execution?: string };
  if (answer.execution !== undefined && local && batch)
    return wentOn(options, local, batch, answer.execution);
  print(options, answer, () => decidedText(options, answer));
  const { inDoubt = [] } = answer as Partial<Abandoned>;
  return inDoubt.length > 0 ? EXIT.unknown : EXIT.done;
}

function decidedText({ command, batch, stream = "", stage }: OpsOptions, answer: object): string {
  if (command === "abandon" && batch) return abandonedText(answer as Abandoned, batch, stage);
  if (command === "pause") return pausedText(answer as Parameters<typeof pausedText>[0], stream, stage);
  if (command === "resume") return resumedText(answer, stream, stage);
  return `done: ${JSON.stringify(answer)}\n`;
}

/** Its execution would fail at its first step that asks for the lock, whatever it had failed with before. */
async function refuseAbandoned(batchId: string, invoke: Functions["invoke"]): Promise<void> {
  const { record } = (await invoke("ShowBatch", { batchId })) as BatchView;
  if (record?.state !== "ABANDONED") return;
  throw new RemoteError("BatchAbandoned", `batch ${batchId} was abandoned: there is nothing to redrive`);
}

function propose(options: OpsOptions, functions: Functions): Promise<number> {
  const { batch, check, override, reason } = options;
  if (override) {
    const { ticket, minutes } = override;
    const asked = { action: "override-blackout", ticket, minutes, reason };
    const that = `the deploy blackout be overridden for ${minutes} minutes on ticket ${ticket}`;
    return proposed(options, functions, asked, asked, that);
  }
  const event = { action: "accept-suspicion", batchId: batch?.id, check, reason };
  return proposed(options, functions, event, event, `${check} be accepted for the files of ${batch?.id}`);
}

/** Reads the bank's statement here, so that what is proposed is what this person has in hand. */
async function resolve(options: OpsOptions, functions: Functions): Promise<number> {
  const { batch, reason, statement } = options;
  if (!statement) throw new WrongInput("resolve wants the bank's statement");
  const { number, outcome, reference, channel, evidence: path } = statement;
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new WrongInput(`--evidence ${path} cannot be read: ${error.code ?? error.message}`, {
      cause: error,
    });
  });
  if (bytes.length === 0 || bytes.length > MOST_EVIDENCE) {
    throw new WrongInput(`--evidence ${path} has ${bytes.length} bytes, and must have 1 to ${MOST_EVIDENCE}`);
  }
  const said = {
    action: "resolve-submission",
    batchId: batch?.id,
    number,
    outcome,
    reference,
    channel,
    statedAt: new Date(statement.statedAt).toISOString(),
    reason,
  };
  const hash = sha256(bytes);
  return proposed(
    options,
    functions,
    { ...said, evidence: bytes.toString("base64") },
    { ...said, evidence: { path, sha256: hash } },
    `file ${twoDigits(number)} of ${batch?.id} be resolved as ${outcome}, on evidence with SHA-256 ${hash}`,
  );
}

/**
 * Proposes, or says what it would propose.
 * @param shown the event as people can read it
 */
async function proposed(
  options: OpsOptions,
  { decide, caller }: Functions,
  event: object,
  shown: object,
  that: string,
): Promise<number> {
  if (!options.yes) {
    const by = await caller();
    print(
      options,
      { dry: true, function: "Propose", event: shown, by },
      () => `dry run: would propose that ${that}, as ${by}. Add --yes to do it.\n`,
    );
    return EXIT.done;
  }
  const proposal = (await decide("Propose", event)) as Proposal;
  print(options, proposal, () => proposedText(proposal, options.stage));
  return EXIT.done;
}

/** Dry, it shows what would be approved, which whoever may look at batches and overrides may see. */
async function approve(options: OpsOptions, { invoke, decide, caller }: Functions): Promise<number> {
  const { proposal: id, stage } = options;
  if (options.yes) {
    const approved = (await decide("Approve", { proposal: id })) as Approved;
    print(options, approved, () => approvedText(approved, stage));
    return EXIT.done;
  }
  const { proposal, text } = await proposalToApprove(options, invoke);
  const by = await caller();
  print(
    options,
    { dry: true, function: "Approve", event: { proposal: id }, by, proposal },
    () => `${text}dry run: would approve it, as ${by}. Add --yes to do it.\n`,
  );
  return EXIT.done;
}

/** What would be approved, and all of it that a person must see. */
async function proposalToApprove(
  { batch, proposal: id, stage }: OpsOptions,
  invoke: Functions["invoke"],
): Promise<{ readonly proposal: object; readonly text: string }> {
  if (batch) {
    const view = (await invoke("ShowBatch", { batchId: batch.id })) as BatchView;
    const proposal = view.proposals.find((one) => one.id === id);
    if (proposal) return { proposal, text: proposalText(proposal, view, stage) };
  } else {
    const { overrides } = (await invoke("ShowOverrides", {})) as OverridesView;
    const proposal = overrides.find((one) => one.id === id);
    if (proposal) return { proposal, text: overrideText(proposal) };
  }
  throw new RemoteError("ProposalUnknown", `the ledger has no proposal ${id}`);
}

/** The local engine lives in this process, so what was redriven or continued is waited for and shown like a start. */
async function wentOn(
  options: OpsOptions,
  local: Local,
  batch: NonNullable<OpsOptions["batch"]>,
  name: string,
): Promise<number> {
  const execution = await local.app.waitFor(name);
  const view = (await local.app.invoke("ShowBatch", { batchId: batch.id })) as BatchView;
  const exported = await exportBatch(local.objects, view, localFolder());
  const result = batchResult(view, batch.stream, execution, false, exported);
  print(options, result, () => `\n${resultText(result)}`);
  return exitCode(result.status, result.error?.name);
}

/** A refusal or fault of the function that was called, under the name that it threw. */
function failed(options: OpsOptions, error: unknown): number {
  if (!(error instanceof Error) || error instanceof WrongInput || error.name === "LocalFault") throw error;
  const { name, message } = error;
  const { batch, stream, stage } = options;
  const steps =
    batch === undefined && stream === undefined
      ? overrideSteps(name, stage)
      : nextSteps(name, batch?.id ?? "<batch>", batch?.stream ?? stream ?? "<stream>", stage, message);
  print(options, { error: { name, message, next: steps.commands } }, () =>
    [`${name}: ${message}`, `next: ${steps.text}`, ...steps.commands.map((line) => `  ${line}`), ""].join(
      "\n",
    ),
  );
  return exitCode(statusOf(name), name);
}

function print(options: OpsOptions, object: object, text: () => string): void {
  process.stdout.write(options.json ? `${JSON.stringify(object, undefined, 2)}\n` : text());
}

await endWith(main);
