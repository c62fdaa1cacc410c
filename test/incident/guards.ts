import { LAYERS } from "../mutants/layers-off.ts";
import type { Change, Edit } from "../mutants/mutant.ts";

/** One guard that the incident had not, taken out of the app's own source. */
export interface Guard extends Change {
  readonly id: GuardId;
  /** What it says while it is in, for people. */
  readonly says: string;
}

export type GuardId =
  | "fail-closed"
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

/** A guard that is a layer of the promise is out in the same places as there. */
function editsOf(layer: GuardId): readonly Edit[] {
  const found = LAYERS.find(({ id }) => id === layer);
  if (found === undefined) throw new Error(`there is no layer ${layer}`);
  return found.edits;
}

/** In the order in which a batch meets them. */
export const GUARDS: readonly Guard[] = [
  {
    id: "fail-closed",
    says: "an error while acquiring the lock is no lock",
    edits: editsOf("fail-closed"),
  },
  {
    id: "fence",
    says: "a step is refused whose fence number no acquire has won",
    edits: editsOf("fence"),
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
        await ports.ledger.createSegment({ ...item, segment: segment + tries * (batch.plan?.segments ?? 1) });
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
    edits: editsOf("gate"),
  },
  {
    id: "first-write",
    says: "only the call that marks a file as being sent may send it",
    edits: editsOf("first-write"),
  },
  {
    id: "second-write",
    says: "only the call that records the intent to send may send it",
    edits: editsOf("second-write"),
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
    edits: editsOf("settled"),
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
  "one-file": ["fail-closed", "fence", "segment", "plan", "gate", "sum"],
  "two-files": ["fail-closed", "fence", "first-write", "second-write", "key", "settled"],
};

/** The guards that are no layer of the promise: what a batch does by itself, and nobody else can undo. */
export function guardsOfTheirOwn(): readonly Guard[] {
  return GUARDS.filter(({ id }) => !LAYERS.some((layer) => layer.id === id));
}

/** @throws if there is none of this id */
export function guardOf(id: string): Guard {
  const found = GUARDS.find((guard) => guard.id === id);
  if (found === undefined) throw new Error(`there is no guard ${id}`);
  return found;
}
