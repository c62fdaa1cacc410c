import { parseArgs } from "node:util";
import { type BatchId, parseBatchId } from "../../lambdas/domain/batch.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { instant } from "../local/start-options.ts";
import { WrongInput } from "../wrong-input.ts";

export const OPS_HELP = `What people may do with batches and streams. Everything that changes something is dry until --yes.

  npm run ops -- show <batch>                     lock, record, files, executions, report of a batch
  npm run ops -- redrive <batch> --reason "…"     start its failed execution again at the state that failed
  npm run ops -- abandon <batch> --reason "…"     decide that its unsent files are never sent
  npm run ops -- pause <stream> --reason "…"      no lock is acquired and no submission begins
  npm run ops -- resume <stream> --reason "…"     end a pause

options
  --yes              do it (otherwise say what would be done)
  --reason <text>    why; kept in the batch's audit trail
  --stage <stage>    act on AWS, on the stacks of dev or prod (otherwise on the local engine under .local/)
  --as <name>        who acts, on the local engine only (default: operator); on AWS you are whom AWS says you are
  --now <instant>    what the local clock shows (default: the schedule time of the batch's billing date)
  --json             print one JSON object and nothing else
  --help             print this

exit codes: 0 done, 1 fault, 2 wrong usage or input, 3 refused, 4 gate failed, 5 unknown
`;

export const COMMANDS = ["show", "redrive", "abandon", "pause", "resume"] as const;
export type CommandName = (typeof COMMANDS)[number];

export interface OpsOptions {
  readonly command: CommandName;
  /** Of show, redrive and abandon. */
  readonly batch?: { readonly id: BatchId; readonly stream: string };
  /** Of pause and resume. */
  readonly stream?: string;
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
  const [name, target, ...more] = positionals;
  const command = COMMANDS.find((known) => known === name);
  if (command === undefined)
    throw new WrongInput(`"${name}" is not a command; there are ${COMMANDS.join(", ")}`);
  if (target === undefined || more.length > 0)
    throw new WrongInput(`${command} wants exactly one ${subject(command)}`);
  if (values.stage !== undefined && values.stage !== "dev" && values.stage !== "prod") {
    throw new WrongInput("--stage is dev or prod");
  }
  if (values.stage !== undefined && (values.as !== undefined || values.now !== undefined)) {
    throw new WrongInput("--as and --now belong to the local engine; on AWS you are whom AWS says you are");
  }
  if (command !== "show" && (values.reason ?? "").trim() === "")
    throw new WrongInput(`${command} wants --reason "…"`);
  return {
    command,
    ...subjectOf(command, target),
    ...(values.reason !== undefined && { reason: values.reason }),
    ...(values.stage !== undefined && { stage: values.stage }),
    as: values.as ?? "operator",
    ...(values.now !== undefined && { now: instant(values.now) }),
    yes: values.yes ?? false,
    json: values.json ?? false,
  };
}

function subject(command: CommandName): "batch" | "stream" {
  return command === "pause" || command === "resume" ? "stream" : "batch";
}

function subjectOf(command: CommandName, target: string): Pick<OpsOptions, "batch" | "stream"> {
  if (subject(command) === "stream") return { stream: target };
  const batch = parseBatchId(target);
  if (batch === undefined) throw new WrongInput(`${command} wants a batch id such as au-cba-2026-03-02-01`);
  return { batch: { id: batch.id, stream: batch.stream } };
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
