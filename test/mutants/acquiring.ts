import type { Mutant } from "./mutant.ts";

const LOCK = "lambdas/stream-change.ts";

/** Slips where the lock is acquired; first those of the incident. */
export const ACQUIRING: readonly Mutant[] = [
  {
    id: "lock-any-error-is-success",
    slip: "any exception while the lock is being acquired is taken for success",
    edits: [
      {
        file: LOCK,
        find: "      last = error;\n",
        replace: "      last = error;\n      if (next.batch?.nonce === nonce && ran()) return wrote;\n",
      },
    ],
    predicted: ["lock-live-owner", "debited-once"],
    because: "the call goes on with a fence that no write has won",
  },
];
