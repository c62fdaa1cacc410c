import { z } from "zod";
import { EXIT } from "../ops/exit-code.ts";
import type { Stage } from "../stage.ts";

/** One reason against a deployment. Codes are the gate's own; one that is newer than this program refuses all the same. */
const REASON = z.object({
  code: z.string().regex(/^[A-Z][A-Za-z]+$/),
  text: z.string().min(1),
  until: z.string().min(1).optional(),
});

const VERDICT = z.object({
  allowed: z.boolean(),
  firstDeployment: z.boolean(),
  checkedAt: z.iso.datetime(),
  reasons: z.array(REASON),
  nextOpening: z.string().min(1).nullable(),
  overrideId: z.string().optional(),
});

/** What DeployGate answers to `check`. Fields that a newer gate adds are let be. */
export const CHECKED = VERDICT.refine(
  ({ allowed, reasons }) => allowed || reasons.length > 0,
  "refused without a reason",
);

/** What it answers to `begin`: all streams are held, or none is. */
export const BEGUN = VERDICT.extend({ deployment: z.string(), held: z.array(z.string().min(1)) })
  .refine(({ allowed, reasons }) => allowed || reasons.length > 0, "refused without a reason")
  .refine(
    ({ allowed, held }) => allowed === held.length > 0,
    "streams are held if and only if it is allowed",
  );

/** What it answers to `end`. */
export const ENDED = z.object({ deployment: z.string(), freed: z.array(z.string().min(1)) });

export type Verdict = z.infer<typeof CHECKED>;
export type Begun = z.infer<typeof BEGUN>;

/** A verdict as `deploy:check --json` prints it. */
export interface StageVerdict extends Verdict {
  readonly stage: Stage;
}

/** The exit code of a verdict. Where nothing but unreadable things speak against it, nobody could decide. */
export function exitOf({ allowed, reasons }: Pick<Verdict, "allowed" | "reasons">): number {
  if (allowed) return EXIT.done;
  return reasons.every(({ code }) => code.endsWith("Unreadable")) ? EXIT.fault : EXIT.refused;
}

/** A verdict for people. */
export function verdictText({ stage, ...verdict }: StageVerdict, where: string): string {
  const { allowed, firstDeployment, checkedAt, reasons, nextOpening, overrideId } = verdict;
  const width = Math.max(0, ...reasons.map(({ code }) => code.length));
  const said = allowed ? "may be deployed" : "must not be deployed";
  return [
    `${stage}  ${said}: ${where}, at ${checkedAt}`,
    ...(firstDeployment
      ? ["  This is the FIRST DEPLOYMENT: nothing is there that could start a batch."]
      : []),
    ...(overrideId === undefined ? [] : [`  under the override ${overrideId}`]),
    ...reasons.map(
      ({ code, text, until }) =>
        `  ${code.padEnd(width)}  ${text}${until === undefined ? "" : ` (until ${until})`}`,
    ),
    // Without one it is not the time that speaks against it, or nobody knows.
    ...(nextOpening === null ? [] : [`  next opening: ${nextOpening}`]),
    "",
  ].join("\n");
}
