import { parseArgs } from "node:util";
import { type BatchId, parseBatchId } from "../../lambdas/domain/batch.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { instant } from "../local/start-options.ts";
import { WrongInput } from "../wrong-input.ts";

export const OPS_HELP = `What people may do with batches and streams. Everything that changes something is dry until --yes.

  npm run ops -- show <batch>                     lock, record, files, executions, report of a batch
  npm run ops -- redrive <batch> --reason "…"     start its failed execution again at the state that failed
  npm run ops -- continue <batch> --reason "…"    a new execution of today's definition, once the last one has ended
  npm run ops -- abandon <batch> --reason "…"     decide that its unsent files are never sent
  npm run ops -- pause <stream> --reason "…"      no lock is acquired and no submission begins
  npm run ops -- resume <stream> --reason "…"     end a pause
  npm run ops -- propose accept-suspicion <batch> <check> --reason "…"
                                                  propose that a suspicion of the gate be accepted
  npm run ops -- approve <proposal>               approve it, as another person, within the hour

options
  --yes              do it (otherwise say what would be done)
  --reason <text>    why; kept for ever and shown, so without names and bank accounts
  --stage <stage>    act on AWS, on the stacks of dev or prod (otherwise on the local engine under .local/)
  --as <name>        who acts, on the local engine only (default: operator); on AWS you are whom AWS says you are
  --now <instant>    what the local clock shows (default: the schedule time of the batch's billing date, or where the
                     last command about that date has left it)
  --json             print one JSON object and nothing else
  --help             print this

exit codes: 0 done, 1 fault, 2 wrong usage or input, 3 refused, 4 gate failed, 5 unknown
`;

export const COMMANDS = [
  "show",
  "redrive",
  "continue",
  "abandon",
  "pause",
  "resume",
  "propose",
  "approve",
] as const;
export type CommandName = (typeof COMMANDS)[number];

export interface OpsOptions {
  readonly command: CommandName;
  /** Of all commands but pause and resume. */
  readonly batch?: { readonly id: BatchId; readonly stream: string };
  /** Of pause and resume. */
  readonly stream?: string;
  /** Of propose: the suspicion. */
  readonly check?: string;
  /** Of approve: the proposal's id. */
  readonly proposal?: string;
  readonly reason?: string;
  readonly stage?: "dev" | "prod";
  readonly as: string;
  readonly now?: Instant;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Reads the command line; "help" where it asks for help. Throws WrongInput with a sentence. */
export function opsOptions(args: readonly string[]): OpsOptions | "help" {
  const { values, positionals } = parsed(args);
  if (values.help || positionals.length === 0) return "help";
  const [name, ...targets] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined)
    throw new WrongInput(`"${name}" is not a command; there are ${COMMANDS.join(", ")}`);
  if (values.stage !== undefined && values.stage !== "dev" && values.stage !== "prod") {
    throw new WrongInput("--stage is dev or prod");
  }
  if (values.stage !== undefined && (values.as !== undefined || values.now !== undefined)) {
    throw new WrongInput("--as and --now belong to the local engine; on AWS you are whom AWS says you are");
  }
  const subject = subjectOf(command, targets);
  if (command !== "show" && command !== "approve" && (values.reason ?? "").trim() === "")
    throw new WrongInput(`${command} wants --reason "…"`);
  return {
    command,
    ...subject,
    ...(values.reason !== undefined && { reason: values.reason }),
    ...(values.stage !== undefined && { stage: values.stage }),
    as: values.as ?? "operator",
    ...(values.now !== undefined && { now: instant(values.now) }),
    yes: values.yes ?? false,
    json: values.json ?? false,
  };
}

type Subject = Pick<OpsOptions, "batch" | "stream" | "check" | "proposal">;

function subjectOf(command: CommandName, targets: readonly string[]): Subject {
  switch (command) {
    case "pause":
    case "resume":
      return { stream: onlyOne(command, "stream", targets) };
    case "propose": {
      const [action, batch, check, ...more] = targets;
      if (action !== "accept-suspicion" || batch === undefined || check === undefined || more.length > 0)
        throw new WrongInput("propose wants accept-suspicion, one batch and one check");
      return { batch: batchOf(command, batch), check };
    }
    case "approve": {
      const proposal = onlyOne(command, "proposal", targets);
      return { proposal, batch: batchOf(command, proposal.split(".")[0] ?? "") };
    }
    case "show":
    case "redrive":
    case "continue":
    case "abandon":
      return { batch: batchOf(command, onlyOne(command, "batch", targets)) };
  }
}

function onlyOne(command: CommandName, what: string, [target, ...more]: readonly string[]): string {
  if (target === undefined || more.length > 0) throw new WrongInput(`${command} wants exactly one ${what}`);
  return target;
}

function batchOf(command: CommandName, target: string): NonNullable<OpsOptions["batch"]> {
  const batch = parseBatchId(target);
  if (batch) return { id: batch.id, stream: batch.stream };
  const wanted = command === "approve" ? "proposal's id, which begins with its batch's," : "batch id";
  throw new WrongInput(`${command} wants a ${wanted} such as au-cba-2026-03-02-01`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        reason: { type: "string" },
        stage: { type: "string" },
        as: { type: "string" },
        now: { type: "string" },
        yes: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new WrongInput((error as Error).message, { cause: error });
  }
}
