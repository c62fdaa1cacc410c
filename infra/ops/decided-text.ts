import { twoDigits } from "../../lambdas/domain/batch.ts";
import type { Decision } from "../../lambdas/domain/records.ts";
import { visible } from "../../lambdas/domain/visible-text.ts";
import type { Abandoned } from "../../lambdas/operations/abandon-batch/abandon-batch.ts";
import { nextSteps } from "./next-steps.ts";

const lines = (text: string, next: string, commands: readonly string[]) =>
  [visible(text), `next: ${next}`, ...commands.map((command) => `  ${command}`), ""].join("\n");
const on = (stage: string | undefined) => (stage === undefined ? "" : ` --stage ${stage}`);

/** What became of the files of a batch that was abandoned, and what is left to do. */
export function abandonedText(
  { outcome, withdrawn, kept, inDoubt }: Abandoned,
  batch: { readonly id: string; readonly stream: string },
  stage?: string,
): string {
  const said = [
    ...(withdrawn.length > 0 ? [`${filesOf(withdrawn, "is", "are")} withdrawn`] : []),
    ...(kept.length > 0 ? [filesOf(kept, "stays", "stay")] : []),
    ...(inDoubt.length > 0 ? [`${filesOf(inDoubt, "is", "are")} still in doubt`] : []),
  ].join("; ");
  if (outcome === "ABANDONED") {
    const { text, commands } = nextSteps("BatchAbandoned", batch.id, batch.stream, stage);
    return lines(`ABANDONED: nothing of ${batch.id} was sent${said && `; ${said}`}.`, text, commands);
  }
  const head = `OPEN: ${said}.`;
  const redrive = `npm run ops -- redrive ${batch.id} --reason "…" --yes${on(stage)}`;
  const [first] = inDoubt;
  if (first === undefined) return lines(head, "Redrive: the batch closes with what was sent.", [redrive]);
  const doubt = `file ${twoDigits(first)} of batch ${batch.id}`;
  const { text, commands } = nextSteps("SubmissionUnknown", batch.id, batch.stream, stage, doubt);
  return lines(head, `${text} Then the batch closes with what was sent.`, commands);
}

/** Who has paused a stream, which may have been somebody before, and how it goes on. */
export function pausedText(
  { paused }: { readonly paused: Decision },
  stream: string,
  stage?: string,
): string {
  const { by, at, reason } = paused;
  return lines(
    `paused: stream ${stream}, by ${by} at ${at}: ${reason}`,
    "When the reason is gone, resume it.",
    [`npm run ops -- resume ${stream} --reason "…" --yes${on(stage)}`],
  );
}

/** That a stream may go on, and what does not go on by itself. */
export function resumedText(
  { ended }: { readonly ended?: Decision },
  stream: string,
  stage?: string,
): string {
  const was = ended ? `the pause by ${ended.by} of ${ended.at} is over` : "it was not paused";
  return lines(
    `resumed: stream ${stream}; ${was}`,
    "Nothing starts by itself: redrive the batch that was refused.",
    [`npm run ops -- redrive <batch> --reason "…" --yes${on(stage)}`],
  );
}

function filesOf(numbers: readonly number[], one: string, several: string): string {
  const named = numbers.map(twoDigits).join(", ");
  return numbers.length === 1 ? `file ${named} ${one}` : `files ${named} ${several}`;
}
