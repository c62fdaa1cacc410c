import { relative } from "node:path";
import { isSent } from "../../lambdas/domain/moves.ts";
import type { Check } from "../../lambdas/domain/report.ts";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { type Status, statusOf } from "../ops/exit-code.ts";
import { type NextSteps, nextSteps } from "../ops/next-steps.ts";
import { rootError } from "../ops/root-error.ts";
import type { ExecutionRecord } from "./execution-records.ts";
import type { Exported, ExportedFile } from "./export.ts";

/** What `npm start -- --json` prints: the one object that scripts read. Paths are relative to the current folder. */
export interface BatchResult {
  readonly batchId: string;
  readonly status: Status;
  readonly failedState?: string;
  /** What stopped it, what a person does about that, and the commands for it. */
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly advice: string;
    readonly next: readonly string[];
  };
  /** The cents that may be told, once the list has been read: without those of rows that may be shifted. */
  readonly due: {
    readonly count: number;
    readonly cents?: number;
    /** How many rows have an amount that is not among the cents; absent if none. */
    readonly untold?: number;
  };
  readonly staged: { readonly count: number; readonly cents: number };
  readonly excluded: { readonly count: number; readonly byReason: Readonly<Record<string, number>> };
  /** Every file that is with the bank, by the ledger's states. */
  readonly bankFiles: readonly ExportedFile[];
  /** How it ended, where that is not the usual way. */
  readonly note?: string;
  /** What is left to do after a batch that closed without sending all of its files. */
  readonly next?: NextSteps;
  readonly gate?: { readonly verdict: "PASSED" | "FAILED"; readonly checks: readonly Check[] };
  readonly report?: string;
}

/**
 * The result of a run from what the ledger, the execution and the report say.
 * @param claimed what the manifest says is due, for a batch that was stopped before it had a record
 */
export function batchResult(
  view: BatchView,
  stream: string,
  execution: Pick<ExecutionRecord, "status" | "failure">,
  closedBefore: boolean,
  exported: Exported,
  claimed: BatchResult["due"] = { count: 0 },
): BatchResult {
  const { record, report } = view;
  const due = record?.dueList;
  const untold = report?.content.excluded.untold;
  const byReason = record?.ending?.excluded.byReason ?? report?.content.excluded.byReason ?? {};
  const failure = failureIn(view, stream, execution);
  const next = failure ? undefined : owedSteps(view);
  return {
    batchId: view.batchId,
    status: failure ? statusOf(failure.error.name) : closedBefore ? "ALREADY_CLOSED" : "CLOSED",
    ...failure,
    due: due
      ? { count: due.count, ...(due.cents !== undefined && { cents: due.cents }), ...(untold && { untold }) }
      : claimed,
    staged: view.staged,
    excluded: { count: view.excluded.count, byReason },
    bankFiles: exported.files.map((file) => ({ ...file, path: relative(process.cwd(), file.path) })),
    ...(record?.ending?.note !== undefined && { note: record.ending.note }),
    ...(next && { next }),
    ...(report && {
      gate: {
        verdict: report.content.status === "GATE_FAILED" ? ("FAILED" as const) : ("PASSED" as const),
        checks: report.content.checks,
      },
    }),
    ...(exported.report && { report: relative(process.cwd(), exported.report) }),
  };
}

/** What a batch that has closed leaves to be billed: the rows of the files that were not submitted. */
function owedSteps({ record, files }: BatchView): NextSteps | undefined {
  if (record?.state !== "CLOSED" || files.every(({ state }) => isSent(state))) return undefined;
  const { stream, billingDate } = record;
  const text =
    "Bill what is still owed under the next number, which --number names. Without it a list with other bytes takes the " +
    "lowest number that is free, and this very list is taken for this batch again, which is over.";
  const command = `npm start -- --due <folder> --stream ${stream} --date ${billingDate} --number <nn>`;
  return { text, commands: [command] };
}

/** What stands against "closed": the ledger's word first, then the execution's; undefined if nothing does. */
function failureIn(view: BatchView, stream: string, execution: Pick<ExecutionRecord, "status" | "failure">) {
  const { batchId, record } = view;
  if (record?.state === "ABANDONED") {
    // Whatever its execution failed with before, the batch is over, and no state stands to be mended.
    const message = `batch ${batchId} was abandoned; its due list needs a new number`;
    return { error: advised({ name: "BatchAbandoned", message }, stream, view) };
  }
  if (execution.status !== "SUCCEEDED") return failureOf(view, stream, execution);
  if (record?.state === "CLOSED") return undefined;
  return failureOf(view, stream, { status: "FAILED", failure: forgotten(batchId) });
}

/** The failed state and the error with what to do next. A failed map names its child's error in the cause. */
function failureOf(
  view: BatchView,
  stream: string,
  { status, failure }: Pick<ExecutionRecord, "status" | "failure">,
) {
  const { name, message } = rootError(failure?.error ?? status, failure?.cause ?? "", failure?.message ?? "");
  return {
    ...(failure && { failedState: failure.state }),
    error: advised({ name, message }, stream, view),
  };
}

/** An error with what to do about it, as far as the batch is known. */
function advised(
  error: { readonly name: string; readonly message: string },
  stream: string,
  view: BatchView | Pick<BatchView, "batchId">,
): NonNullable<BatchResult["error"]> {
  const known = "files" in view ? view : undefined;
  const { text, commands } = nextSteps(error.name, view.batchId, stream, undefined, error.message, known);
  return { ...error, advice: text, next: commands };
}

/** An execution that succeeded has closed its batch; a ledger that knows nothing of it has lost its memory. */
function forgotten(batchId: string): NonNullable<ExecutionRecord["failure"]> {
  const message = `the execution of ${batchId} has succeeded, and the ledger does not say that the batch is closed`;
  return { state: "CloseBatch", error: "LedgerBroken", cause: message, message };
}

/** A start that never became an execution. */
export function refusedResult(
  batchId: string,
  stream: string,
  error: { readonly name: string; readonly message: string },
  due: BatchResult["due"],
): BatchResult {
  return {
    batchId,
    status: statusOf(error.name),
    error: advised(error, stream, { batchId }),
    due,
    staged: { count: 0, cents: 0 },
    excluded: { count: 0, byReason: {} },
    bankFiles: [],
  };
}
