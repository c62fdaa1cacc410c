import { z } from "zod";
import { run } from "./child.ts";
import { STAGE } from "./deployment.ts";
import type { Endpoint } from "./endpoint.ts";

/** What `npm run deploy:check -- --json` prints. */
const answerShape = z.strictObject({
  stage: z.literal(STAGE),
  allowed: z.boolean(),
  firstDeployment: z.boolean(),
  checkedAt: z.iso.datetime({ offset: true }),
  reasons: z.array(z.strictObject({ code: z.string(), text: z.string(), until: z.string().optional() })),
  nextOpening: z.string().nullable(),
  overrideId: z.string().optional(),
});

export type BlackoutAnswer = z.infer<typeof answerShape>;

/** By these it says whether a deployment may begin; undecided is as good as refused. */
const EXIT = { allowed: 0, undecided: 1, refused: 3 };

/** Asks the blackout check as CI does, right before a deployment. @throws Error where it has no answer */
export async function deployCheck(root: string, { env }: Endpoint): Promise<BlackoutAnswer> {
  const args = ["run", "--silent", "deploy:check", "--", "--stage", STAGE, "--json"];
  const allowed = Object.values(EXIT);
  const { code, stdout } = await run("npm", args, { cwd: root, env, seconds: 120, show: 30, allowed });
  const parsed = answerShape.safeParse(JSON.parse(stdout));
  if (!parsed.success) throw new Error(`deploy:check ended with ${code} and answered: ${stdout}`);
  const wanted = exitOf(parsed.data);
  if (code !== wanted)
    throw new Error(`deploy:check ended with ${code}, and its answer stands for ${wanted}`);
  return parsed.data;
}

/** The exit code that belongs to an answer. */
export function exitOf({ allowed, reasons }: Pick<BlackoutAnswer, "allowed" | "reasons">): number {
  if (allowed) return EXIT.allowed;
  return reasons.every(({ code }) => code.endsWith("Unreadable")) ? EXIT.undecided : EXIT.refused;
}

/** The codes of an answer, as a line says them. */
export function codesOf({ reasons }: BlackoutAnswer): string {
  return reasons.map(({ code }) => code).join(", ") || "nothing against it";
}

/**
 * What is wrong with an answer, as sentences; none where it is what it must be.
 * @param open whether a batch was open from before the question until after the answer
 * @param emulated where there is no calendar, so that it cannot be read
 */
export function wrongWith(
  { allowed, firstDeployment, reasons }: BlackoutAnswer,
  { open, emulated }: { readonly open: boolean; readonly emulated: boolean },
): string[] {
  const codes = reasons.map(({ code }) => code);
  const wrong: string[] = [];
  if (firstDeployment) wrong.push("it calls this a first deployment, and the stacks are there");
  if (codes.includes("BatchOpen") !== open) {
    wrong.push(open ? "it does not see the open batch" : "it sees an open batch where there is none");
  }
  if (emulated && !codes.includes("CalendarUnreadable")) {
    wrong.push("it does not say that the calendar is unreadable, and there is none here");
  }
  // A real calendar may be closed at this hour; every other reason has nothing to do with what happens here.
  const known = emulated ? ["BatchOpen", "CalendarUnreadable"] : ["BatchOpen", "CalendarClosed"];
  const others = codes.filter((code) => !known.includes(code));
  if (others.length > 0) wrong.push(`it gives other reasons: ${others.join(", ")}`);
  if (allowed !== (codes.length === 0)) wrong.push(`allowed is ${allowed} with ${codes.length} reasons`);
  return wrong;
}
