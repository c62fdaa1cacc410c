import { parseArgs } from "node:util";
import { type BatchId, parseBatchId } from "../../lambdas/domain/batch.ts";
import {
  isOverrideId,
  isOverrideMinutes,
  MINUTES_RULE,
  MOST_OVERRIDE_MINUTES,
} from "../../lambdas/domain/override.ts";
import { type Channel, CHANNELS, type Outcome } from "../../lambdas/domain/records.ts";
import { SUSPICIONS } from "../../lambdas/domain/suspicion.ts";
import { isReference, REFERENCE_RULE } from "../../lambdas/domain/reference.ts";
import { isTicket, TICKET_RULE } from "../../lambdas/domain/ticket.ts";
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
  npm run ops -- resolve <batch> <nn> --submitted|--rejected --evidence <file> --reference "…" --channel <channel>
                 --stated-at <instant> --reason "…"
                                                  propose what became of a file in doubt, on the bank's statement
  npm run ops -- propose override-blackout --ticket <ticket> --minutes <n> --reason "…"
                                                  propose that the stage may deploy through its blackout
  npm run ops -- approve <proposal>               approve it, as another person, within the hour
  npm run ops -- show overrides                   what was proposed and approved about the blackout, and what holds

options
  --yes              do it (otherwise say what would be done)
  --reason <text>    why; kept for ever and shown, so without names and bank accounts
  --submitted, --rejected   what the bank says of the file: it has it, or it does not and will not
  --evidence <file>  the bank's statement (a mail, a scan, a note of the call), up to 1 MiB; without bank accounts
  --reference <text> the bank's own reference of it: up to 40 letters, digits, spaces and / . -, at most 10 digits
  --channel <name>   how it came: ${CHANNELS.join(", ")}
  --stated-at <instant>     when the bank stated it: not later than now (locally: than --now); for --rejected later than
                     the last moment of a delivery
  --ticket <ticket>  where an override is written up: up to 40 letters, digits and hyphens, at most 10 digits, not 9 in a row
  --minutes <n>      for how long after its approval an override holds: 1 to ${MOST_OVERRIDE_MINUTES}
  --stage <stage>    act on AWS, on the stacks of dev or prod (otherwise on the local engine under .local/)
  --as <name>        who acts, on the local engine only (default: operator); on AWS you are whom AWS says you are
  --now <instant>    what the local clock shows (default: the schedule time of the batch's billing date, or where the
                     last command about that date has left it); for this command alone, but resolve's stays
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
  "resolve",
  "approve",
] as const;
/** What `show` is asked for instead of a batch. */
const OVERRIDES_SHOWN = "overrides";

export type CommandName = (typeof COMMANDS)[number];

/** What the bank has said of a file in doubt. */
interface BankSaid {
  /** The file's number, from 1. */
  readonly number: number;
  readonly outcome: Outcome;
  /** The path of the file that holds the statement. */
  readonly evidence: string;
  readonly reference: string;
  readonly channel: Channel;
  readonly statedAt: Instant;
}

export interface OpsOptions {
  readonly command: CommandName;
  /** Of all commands but pause and resume, where they are not about overrides of the deploy blackout. */
  readonly batch?: { readonly id: BatchId; readonly stream: string };
  /** Of pause and resume. */
  readonly stream?: string;
  /** Of propose: the suspicion. */
  readonly check?: string;
  /** Of propose: an override of the deploy blackout. */
  readonly override?: { readonly ticket: string; readonly minutes: number };
  /** Of resolve. */
  readonly statement?: BankSaid;
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
  const subject = subjectOf(command, targets, values);
  refuseForeign(values, subject);
  if (command !== "show" && command !== "approve" && (values.reason ?? "").trim() === "")
    throw new WrongInput(`${command} wants --reason "…"`);
  return {
    command,
    ...subject,
    ...(values.reason !== undefined && { reason: values.reason }),
    ...(values.stage !== undefined && { stage: values.stage }),
    as: personOf(values.as ?? "operator"),
    ...(values.now !== undefined && { now: instant(values.now) }),
    yes: values.yes ?? false,
    json: values.json ?? false,
  };
}

/** As AWS would name a session, so that nobody is refused here who would be somebody there. */
function personOf(as: string): string {
  const name = as.trim();
  if (/^[\w+=,.@-]{2,64}$/.test(name)) return name;
  throw new WrongInput("--as wants a name of 2 to 64 letters, digits and + = , . @ _ -");
}

type Subject = Pick<OpsOptions, "batch" | "stream" | "check" | "override" | "proposal" | "statement">;
type Values = ReturnType<typeof parsed>["values"];

function resolved(targets: readonly string[], values: Values): Subject {
  const [batch, file = "", ...more] = targets;
  if (batch === undefined || !/^0?[1-9]$|^[1-9]\d$/.test(file) || more.length > 0)
    throw new WrongInput("resolve wants one batch and the number of one of its files, 1 to 99");
  const { submitted = false, rejected = false, evidence = "", reference = "" } = values;
  if (submitted === rejected) throw new WrongInput("resolve wants either --submitted or --rejected");
  if (evidence === "") throw new WrongInput("resolve wants --evidence <file>: the bank's statement");
  if (!isReference(reference)) throw new WrongInput(`resolve wants --reference "…": ${REFERENCE_RULE}`);
  const channel = CHANNELS.find((known) => known === values.channel);
  if (channel === undefined) throw new WrongInput(`--channel is one of ${CHANNELS.join(", ")}`);
  const stated = values["stated-at"];
  if (stated === undefined)
    throw new WrongInput("resolve wants --stated-at <instant of the bank's statement>");
  const outcome = submitted ? "submitted" : "rejected";
  const statedAt = instant(stated, "--stated-at");
  const statement = { number: Number(file), outcome, evidence, reference, channel, statedAt } as const;
  return { batch: batchOf("resolve", batch), statement };
}

/** What belongs to one command alone must not be passed over elsewhere. */
function refuseForeign(values: Values, { statement, override }: Subject): void {
  const ofResolve = ["submitted", "rejected", "evidence", "reference", "channel", "stated-at"] as const;
  const ofOverride = ["ticket", "minutes"] as const;
  const given = [
    ...(statement ? [] : ofResolve.map((name) => [name, "resolve"] as const)),
    ...(override ? [] : ofOverride.map((name) => [name, "propose override-blackout"] as const)),
  ].find(([name]) => values[name] !== undefined);
  if (given) throw new WrongInput(`--${given[0]} belongs to ${given[1]}`);
}

/** What an override says beside its reason. */
function overriding(more: readonly string[], { ticket = "", minutes = "" }: Values): Subject {
  if (more.length > 0) throw new WrongInput("propose override-blackout is about a stage, and wants no more");
  if (!isTicket(ticket)) throw new WrongInput(`override-blackout wants --ticket <ticket>: ${TICKET_RULE}`);
  if (!/^\d{1,2}$/.test(minutes) || !isOverrideMinutes(Number(minutes)))
    throw new WrongInput(`override-blackout wants --minutes <n>: ${MINUTES_RULE}`);
  return { override: { ticket, minutes: Number(minutes) } };
}

function subjectOf(command: CommandName, targets: readonly string[], values: Values): Subject {
  switch (command) {
    case "resolve":
      return resolved(targets, values);
    case "pause":
    case "resume":
      return { stream: onlyOne(command, "stream", targets) };
    case "propose": {
      const [action, ...about] = targets;
      if (action === "override-blackout") return overriding(about, values);
      const [batch, check, ...more] = about;
      if (action !== "accept-suspicion" || batch === undefined || check === undefined || more.length > 0)
        throw new WrongInput(
          "propose wants accept-suspicion, one batch and one check; or override-blackout with --ticket and --minutes",
        );
      if (!SUSPICIONS.some((known) => known === check)) {
        const all = SUSPICIONS.join(", ");
        throw new WrongInput(
          `${check} is no suspicion: there are ${all}, and a failed proof cannot be accepted by anybody`,
        );
      }
      return { batch: batchOf(command, batch), check };
    }
    case "approve": {
      const proposal = onlyOne(command, "proposal", targets);
      if (isOverrideId(proposal)) return { proposal };
      return { proposal, batch: batchOf(command, proposal.split(".")[0] ?? "") };
    }
    case "show":
      if (targets[0] === OVERRIDES_SHOWN && targets.length === 1) return {};
      return { batch: batchOf(command, onlyOne(command, "batch", targets)) };
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
  const wanted =
    command === "approve"
      ? "proposal's id, override.<32 hex digits> or one that begins with its batch's,"
      : "batch id";
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
        submitted: { type: "boolean" },
        rejected: { type: "boolean" },
        evidence: { type: "string" },
        reference: { type: "string" },
        channel: { type: "string" },
        "stated-at": { type: "string" },
        ticket: { type: "string" },
        minutes: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new WrongInput((error as Error).message, { cause: error });
  }
}
