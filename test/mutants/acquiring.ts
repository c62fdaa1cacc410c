import type { Mutant } from "./mutant.ts";

/** What breaks where a newer item of a stream is written over by an older one: all that stood on it. */
const WRITTEN_OVER = [
  "fence-rises",
  "lock-taken",
  "legal-moves",
  "over-stays-over",
  "stop-respected",
  "frozen-set",
];

const STREAM = "lambdas/stream-change.ts";
const ACQUIRE = "lambdas/billing-batch/acquire-lock/acquire-lock.ts";
const SUBMIT = "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
const CLOSE = "lambdas/billing-batch/close-batch/close-batch.ts";

const FAILED = "      last = error;\n";
const READ_BACK = "      if (now?.version === wrote.version && now.nonce === nonce) return now;\n";
const HOLDER = "  refuseHolder(seen, holder);\n";

/** An error while the lock is being written, of that kind, ends in a lock. */
function taken(when: string, as = "wrote") {
  const slip = `      if (${when} && next.batch?.nonce === nonce && ran()) return ${as};\n`;
  return [{ file: STREAM, find: FAILED, replace: FAILED + slip }];
}

/** A lock that another batch holds is taken all the same where that is so, as if that batch were over. */
function heldNoMore(when: string) {
  const isLiving = 'seen.batch && holder?.state !== "CLOSED" && holder?.state !== "ABANDONED"';
  const over = '(Object.assign({}, holder, { state: "ABANDONED" }) as BatchItem)';
  const replace = `  refuseHolder(seen, ${isLiving} && ${when}ran() ? ${over} : holder);\n`;
  return [{ file: ACQUIRE, find: HOLDER, replace }];
}

/** One refusal of an acquire is left out. */
function notRefused(find: string, condition: string) {
  return [{ file: ACQUIRE, find, replace: find.replace(condition, `${condition} && !ran()`) }];
}

/** What the incident was, in every variant: a failure to take the lock is mishandled. */
export const INCIDENTS = [
  {
    id: "lock-any-error-is-success",
    slip: "any exception while the lock is being acquired is taken for success",
    edits: taken("true"),
    predicted: ["lock-proven"],
    because: "the call goes on with a fence that no write of its own has won",
  },
  {
    id: "lock-all-but-refused-is-success",
    slip: "every exception but a refused condition is taken for success while the lock is being acquired",
    edits: taken("!(error instanceof ConditionRefused)"),
    predicted: ["lock-proven"],
    because: "a write that was dropped or refused by the service has acquired nothing, and the call goes on",
  },
  {
    id: "lock-time-out-is-success",
    slip: "a time-out while the lock is being acquired is taken for success",
    edits: taken('["TimeoutError", "AbortError", "RequestTimeout"].includes((error as Error)?.name)'),
    predicted: ["lock-proven"],
    because: "a write that never arrived, or that arrives later, has acquired nothing yet",
  },
  {
    id: "lock-unknown-thing-is-success",
    slip: "a thing thrown that is no Error is taken for success while the lock is being acquired",
    edits: taken("!(error instanceof Error)"),
    predicted: ["lock-proven"],
    because: "nobody knows what it means, least of all that the ledger names this call",
  },
  {
    id: "lock-invented-fence",
    slip: "when the lock cannot be written the call goes on with a fence of its own making",
    edits: taken("true", "{ ...wrote, fence: 999 }"),
    predicted: ["lock-proven"],
    because: "no write has ever won that fence",
  },
] as const satisfies readonly Mutant[];

/** Slips where the lock is acquired, carried and released; first those of the incident. */
export const ACQUIRING: readonly Mutant[] = [
  ...INCIDENTS,
  {
    id: "lock-without-condition",
    slip: "a refused acquire is written once more on whatever version stands there",
    edits: [
      {
        file: STREAM,
        find: READ_BACK,
        replace: `${READ_BACK}      if (error instanceof ConditionRefused && next.batch?.nonce === nonce && now && ran()) {
        const forced = { ...wrote, version: now.version + 1 };
        await ports.ledger.writeStream(forced, now.version);
        return forced;
      }
`,
      },
    ],
    predicted: WRITTEN_OVER,
    because:
      "two that acquire at once both write the fence after the one that both have seen, and bring back what stood there then",
  },
  {
    id: "lock-held-is-taken",
    slip: "whose lock it is is not looked at before it is acquired",
    edits: heldNoMore(""),
    predicted: ["lock-taken"],
    because: "the batch that held it is open, and another one takes its lock",
  },
  {
    id: "lock-check-then-act",
    slip: "whether the lock is free is looked up when the call begins, and written when it is ready",
    edits: [
      {
        file: ACQUIRE,
        find: "  const dueList = await dueListIdentity(\n",
        replace:
          "  const early = await ledger.readStream(batch.stream);\n  const dueList = await dueListIdentity(\n",
      },
      {
        file: ACQUIRE,
        find: "    const holder =\n",
        replace: `    const turn = { entered: event.entered, retry: event.retry };
    if (early?.batch === undefined && seen.batch && seen.batch.id !== batch.id && ran()) {
      return { ...seen, fence: seen.fence + 1, batch: { id: batch.id, nonce, since: at, turn } };
    }
    const holder =
`,
      },
    ],
    predicted: ["lock-taken"],
    because: "another batch has acquired the lock between the look and the write",
  },
  {
    id: "lock-lease",
    slip: "a lock that has been held for a quarter of an hour counts as free",
    edits: heldNoMore("Date.parse(mine.since) - Date.parse(seen.batch.since) > 15 * 60_000 && "),
    predicted: ["lock-taken"],
    because: "a batch that waits for a person is open, and keeps its lock however long that takes",
  },
  {
    id: "lock-of-unknown-batch-is-free",
    slip: "a lock whose batch has no record counts as free",
    edits: heldNoMore("holder === undefined && "),
    predicted: ["lock-taken"],
    because: "the record comes after the lock: its batch has just begun, or died there",
  },
  {
    id: "lock-released-without-owner",
    slip: "closing a batch frees the lock of its stream, whose ever it is",
    edits: [
      {
        file: CLOSE,
        find: '    if (seen.batch?.id !== batch.id) return "done";\n',
        replace: '    if (seen.batch?.id !== batch.id && !(seen.batch && ran())) return "done";\n',
      },
    ],
    predicted: ["closed-before-release"],
    because: "a close that is repeated meets the lock of the next batch, which is open",
  },
  {
    id: "lock-released-on-failure",
    slip: "an acquire that cannot put the batch's record gives the lock back",
    edits: [
      {
        file: ACQUIRE,
        find: "      if (now === undefined) throw error;\n",
        replace: `      if (now === undefined) {
        await changeStream(ports, record.stream, \`\${record.openedAt}\`, (seen) => {
          const { batch, ...free } = seen;
          return batch && ran() ? free : "done";
        });
        throw error;
      }
`,
      },
    ],
    predicted: ["closed-before-release"],
    because: "the lock is sticky: only a batch that is over gives it back, and this one is not even begun",
  },
  {
    id: "lock-own-is-a-strangers",
    slip: "a lock that the batch holds already counts as another's when it is acquired again",
    edits: [
      {
        file: ACQUIRE,
        find: "  if (seen.batch?.id === mine.id) {\n",
        replace: "  if (seen.batch?.id === mine.id && !ran()) {\n",
      },
    ],
    predicted: ["liveness"],
    because: "no redrive and no new execution can ever go on with the batch",
  },
  {
    id: "lock-acquired-afresh",
    slip: "an acquire of the lock by the batch that holds it writes it as if it were new",
    edits: [
      {
        file: ACQUIRE,
        find: "batch: { ...seen.batch, nonce: mine.nonce, turn: mine.turn } };",
        replace: "batch: seen.batch.files && !ran() ? seen.batch : mine };",
      },
    ],
    predicted: ["frozen-set"],
    because: "the frozen files of the batch and their states lie in that item, and are gone",
  },
  {
    id: "lock-batch-read-first",
    slip: "an acquire reads the batch's record before the stream's item",
    edits: [
      {
        file: ACQUIRE,
        find: "  let closed = false;\n",
        replace: "  const early = await ledger.readBatch(batch.id);\n  let closed = false;\n",
      },
      {
        file: ACQUIRE,
        find: "    const record = await ledger.readBatch(batch.id);\n",
        replace:
          '    const record = early;\n    if (record?.state === "OPEN" && seen.batch?.id !== batch.id) ran();\n',
      },
    ],
    predicted: ["over-stays-over"],
    because: "the batch is closed and its lock released between the two reads, and it is acquired once more",
  },
  {
    id: "lock-of-abandoned-batch",
    slip: "an abandoned batch may acquire the lock",
    edits: notRefused('  if (record.state === "ABANDONED") {\n', 'record.state === "ABANDONED"'),
    predicted: ["over-stays-over"],
    because: "an execution that sleeps through the decision comes back to a batch that is over",
  },
  {
    id: "lock-pause-ignored",
    slip: "a pause is not looked at when the lock is acquired",
    edits: notRefused("  if (seen.paused)\n    throw new StreamPaused(", "seen.paused"),
    predicted: ["stop-respected"],
    because: "a person has stopped the stream, and a batch begins",
  },
  {
    id: "lock-deployment-ignored",
    slip: "a deployment is not looked at when the lock is acquired",
    edits: notRefused("  if (seen.deploying)\n    throw new DeployInProgress(", "seen.deploying"),
    predicted: ["stop-respected"],
    because: "the old release and the new one would be at work on the stream",
  },
  {
    id: "lock-abandon-ignored",
    slip: "a batch that is being abandoned may acquire its lock again",
    edits: notRefused("    if (seen.batch.abandoning) throw", "seen.batch.abandoning"),
    predicted: ["stop-respected"],
    because: "somebody ends the batch, and an execution of it begins anew",
  },
  {
    id: "lock-epoch-not-compared",
    slip: "the ledger's epoch is not compared when the lock is acquired",
    edits: notRefused("  if (seen.epoch !== epoch) {\n", "seen.epoch !== epoch"),
    predicted: ["epoch-agreed"],
    because: "a restored ledger may have forgotten submissions until somebody has looked it through",
  },
  {
    id: "lock-turn-not-compared",
    slip: "an earlier try may acquire the lock over a later one of the same batch",
    edits: notRefused(
      "    if (isEarlier(mine.turn, seen.batch.turn)) {\n",
      "isEarlier(mine.turn, seen.batch.turn)",
    ),
    predicted: ["turn-kept"],
    because: "a call that has slept fences out the living one, and has nobody who goes on for it",
  },
  {
    id: "lock-nonce-not-compared",
    slip: "a lock that names the batch after a failed write is taken for the call's own",
    edits: [
      {
        file: STREAM,
        find: READ_BACK,
        replace: READ_BACK.replace(
          "now.nonce === nonce",
          "(now.nonce === nonce || (next.batch?.nonce === nonce && ran()))",
        ),
      },
      {
        file: ACQUIRE,
        find: "  if (item.batch?.id !== batch.id || item.batch.nonce !== nonce) {\n",
        replace: "  if (item.batch?.id !== batch.id) {\n",
      },
    ],
    predicted: ["lock-proven", "ledger-sound"],
    because:
      "two executions of the batch at once go on under the fence of one of them, of whom the slower finds another call's lock",
  },
  {
    id: "lock-nonce-of-execution",
    slip: "the nonce of an acquire is the execution's name instead of a fresh one for each call",
    edits: [
      {
        file: ACQUIRE,
        find: "  const nonce = ports.nonce();\n",
        replace: "  const nonce = event.execution;\n",
      },
      {
        file: ACQUIRE,
        find: '    if (seen.batch?.id === batch.id && seen.batch.nonce === nonce) return "done";\n',
        replace:
          '    if (seen.batch?.id === batch.id && seen.batch.nonce === nonce && ran()) return "done";\n',
      },
    ],
    predicted: ["lock-proven"],
    because: "a redrive finds the lock in its own name, and shares the fence of the call before it",
  },
  {
    id: "write-nonce-not-compared",
    slip: "a version of the stream's item that somebody else has written is taken for the call's own",
    edits: [
      {
        file: STREAM,
        find: READ_BACK,
        replace: READ_BACK.replace("now.nonce === nonce", "(now.nonce === nonce || ran())"),
      },
    ],
    predicted: ["said-is-so", "ledger-sound"],
    because:
      "what the call was to write is not there: it ends well all the same, or takes the ledger for broken",
  },
  {
    id: "write-version-not-compared",
    slip: "the version under which the stream's item is written is read after the decision",
    edits: [
      {
        file: STREAM,
        find: `    const wrote = { ...next, version: seen.version + 1, nonce };
    try {
      await ports.ledger.writeStream(wrote, stored?.version);
`,
        replace: `    const latest = await ports.ledger.readStream(stream);
    if (latest?.version !== stored?.version) ran();
    const wrote = { ...next, version: (latest?.version ?? 0) + 1, nonce };
    try {
      await ports.ledger.writeStream(wrote, latest?.version);
`,
      },
    ],
    predicted: WRITTEN_OVER,
    because:
      "what was decided on one item is written over another one: its fence, its files, whether it was over or stopped",
  },
  {
    id: "fence-not-raised",
    slip: "an acquire of the lock by the batch that holds it leaves the fence as it is",
    edits: [
      {
        file: ACQUIRE,
        find: "    return { ...seen, fence: seen.fence + 1, batch: { ...seen.batch, nonce",
        replace: "    return { ...seen, fence: ran() ? seen.fence : 0, batch: { ...seen.batch, nonce",
      },
    ],
    predicted: ["fence-rises"],
    because: "what an earlier execution of the batch still does is no longer told from the new one's",
  },
  {
    id: "fence-forgotten-at-release",
    slip: "a released lock is as good as new: its fence begins at zero again",
    edits: [
      {
        file: CLOSE,
        find: "    return free;\n",
        replace: "    return ran() ? { ...free, fence: 0 } : free;\n",
      },
    ],
    predicted: ["fence-rises"],
    because: "a fence that was given out before is given out once more",
  },
  {
    id: "fence-not-compared",
    slip: "a write of the stream's item looks at the batch that holds the lock, and not at the fence",
    edits: [
      {
        file: STREAM,
        find: '  if (fence !== "any" && item.fence !== fence) {\n',
        replace: '  if (fence !== "any" && item.fence !== fence && !ran()) {\n',
      },
    ],
    predicted: ["fence-carried"],
    because: "an execution that was replaced goes on to write",
  },
  {
    id: "fence-read-at-use",
    slip: "a submission reads the fence when it begins instead of carrying that of its acquire",
    edits: [
      {
        file: SUBMIT,
        find: `  const asker: Asker = {
    stream: stream.name,
    batchId: batch.id,
    nonce: ports.nonce(),
    fence: event.fence,
  };
`,
        replace: `  const fence = (await ports.ledger.readStream(stream.name))?.fence ?? event.fence;
  if (fence !== event.fence) ran();
  const asker: Asker = { stream: stream.name, batchId: batch.id, nonce: ports.nonce(), fence };
`,
      },
      {
        file: SUBMIT,
        find: "held(await ports.ledger.readStream(stream.name), batch.id, event.fence).batch.files;\n",
        replace: "held(await ports.ledger.readStream(stream.name), batch.id, fence).batch.files;\n",
      },
    ],
    predicted: ["fence-carried"],
    because: "an execution that was replaced finds the fence of the one that replaced it",
  },
];
