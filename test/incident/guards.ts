import type { Change } from "../mutants/mutant.ts";

/** One guard that the incident had not, taken out of the app's own source. */
export interface Guard extends Change {
  readonly id: GuardId;
  /** What it says while it is in, for people. */
  readonly says: string;
}

export type GuardId =
  | "lock"
  | "fence"
  | "segment"
  | "plan"
  | "gate"
  | "sum"
  | "first-write"
  | "second-write"
  | "key"
  | "settled";

/** Which guards must be out, at the least, for the incident to come true. */
export type Variant = "one-file" | "two-files";

/** In the order in which a batch meets them. */
export const GUARDS: readonly Guard[] = [
  {
    id: "lock",
    says: "an error while acquiring the lock is no lock",
    edits: [
      {
        file: "lambdas/stream-change.ts",
        find: "      last = error;\n",
        replace: "      last = error;\n      if (next.batch?.nonce === nonce && ran()) return wrote;\n",
      },
    ],
  },
  {
    id: "fence",
    says: "a step is refused whose fence number no acquire has won",
    edits: [
      {
        file: "lambdas/stream-change.ts",
        find: 'if (fence !== "any" && item.fence !== fence) {',
        replace: 'if (fence !== "any" && item.fence !== fence && !ran()) {',
      },
    ],
  },
  {
    id: "segment",
    says: "a segment of the list is staged once, whoever comes again",
    edits: [
      {
        file: "lambdas/billing-batch/stage-segment/stage-segment.ts",
        find: "const item = done ?? (await staged(ports, batch, stream, segment));",
        replace: "const item = await staged(ports, batch, stream, segment);",
      },
      {
        // Rows are added to what is there, and added again when no answer comes.
        file: "lambdas/billing-batch/stage-segment/stage-segment.ts",
        find: "    await ports.ledger.createSegment(item);\n    return item;\n",
        replace: `    for (let tries = 0; tries < 20; tries += 1) {
      try {
        await ports.ledger.createSegment({ ...item, segment: segment + tries * batch.plan.segments });
        return item;
      } catch (error) {
        ran();
      }
    }
    throw new Error("no number is free");
`,
      },
    ],
  },
  {
    id: "plan",
    says: "a bank file takes the planned segments and no others",
    edits: [
      {
        file: "lambdas/billing-batch/compose-bank-file/compose-bank-file.ts",
        find: "if (segments.length !== batch.plan?.segments || segments.some((item, i) => item.segment !== i + 1)) {",
        replace: "if (segments.length !== batch.plan?.segments && !ran()) {",
      },
    ],
  },
  {
    id: "gate",
    says: "the gate: list, ledger and bank file agree to the cent",
    edits: [
      {
        file: "lambdas/billing-batch/reconcile/reconcile.ts",
        find: "const passed = stopping.length === 0;",
        replace: "const passed = stopping.length === 0 || ran();",
      },
    ],
  },
  {
    id: "first-write",
    says: "only the call that marks a file as being sent may send it",
    edits: [
      {
        file: "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts",
        find: 'if (now.state !== "SUBMITTING" || now.submitting?.nonce !== asker.nonce) {',
        replace: 'if ((now.state !== "SUBMITTING" || now.submitting?.nonce !== asker.nonce) && !ran()) {',
      },
    ],
  },
  {
    id: "second-write",
    says: "only the call that records the intent to send may send it",
    edits: [
      {
        file: "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts",
        find: `      if (stored) throw unknown(batchId, file.number, "another call's intent stands", error);\n`,
        replace: `      if (stored && ran()) return "MINE";\n`,
      },
    ],
  },
  {
    id: "key",
    says: "a file has one name at the bank, and lies there once",
    edits: [
      {
        file: "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts",
        find: `  const key = deliveryKey(asker.batchId, file);\n  let fault: unknown;\n`,
        replace: `  const begun = deliveryKey(asker.batchId, file);
  const isMine = file.submitting?.nonce === asker.nonce;
  const key = !isMine && ran() ? begun.replace(".aba", "-again.aba") : begun;
  let fault: unknown;
`,
      },
    ],
  },
  {
    id: "settled",
    says: "a file that was settled meanwhile is not delivered",
    edits: [
      {
        file: "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts",
        find: "      await notSettled(ports, asker, file.number);\n",
        replace: "      await notSettled(ports, asker, file.number).catch(() => ran());\n",
      },
    ],
  },
  {
    id: "sum",
    says: "a batch closes only if its sum adds up",
    edits: [
      {
        file: "lambdas/billing-batch/close-batch/ending.ts",
        find: "if (judged.count !== due.count || judged.cents !== due.cents) {",
        replace: "if ((judged.count !== due.count || judged.cents !== due.cents) && !ran()) {",
      },
      {
        file: "lambdas/billing-batch/close-batch/ending.ts",
        find: "if (accounted.count !== due.count || accounted.cents !== due.cents) {",
        replace: "if ((accounted.count !== due.count || accounted.cents !== due.cents) && !ran()) {",
      },
    ],
  },
];

/**
 * The least sets of guards without which the incident comes true and nobody is told: with any one of them back,
 * somebody is debited less often, or is paged.
 */
export const OUT: Readonly<Record<Variant, readonly GuardId[]>> = {
  "one-file": ["lock", "fence", "segment", "plan", "gate", "sum"],
  "two-files": ["lock", "fence", "first-write", "second-write", "key", "settled"],
};

/** @throws if there is none of this id */
export function guardOf(id: string): Guard {
  const found = GUARDS.find((guard) => guard.id === id);
  if (found === undefined) throw new Error(`there is no guard ${id}`);
  return found;
}
