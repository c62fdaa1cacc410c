import type { Edit, Layer } from "./mutant.ts";

const STREAM = "lambdas/stream-change.ts";
const SUBMIT = "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
const CLAIM = "lambdas/billing-batch/stage-segment/claim-row.ts";
const DOUBT = "lambdas/settle-doubt.ts";
/** Where the conditions of writes stand in the simulation; on AWS they are the adapter's. */
const LEDGER = "test/ledger-in-memory.ts";
const OBJECTS = "test/objects-in-memory.ts";

/** A refusal that is no longer made; the place has run where it would have been. */
function unrefused(file: string, condition: string, then: string): Edit {
  return { file, find: `if (${condition})${then}`, replace: `if ((${condition}) && !ran())${then}` };
}

/** A refusal that another layer forestalls as long as it is there: the place has run where nobody asks any more. */
function unasked(file: string, condition: string, then: string): Edit {
  return { file, find: `if (${condition})${then}`, replace: `if (!ran() && (${condition}))${then}` };
}

/**
 * The guards of the promise, each of which can be taken out alone and together with others: a layer is out in all its
 * places at once. No two of them edit the same words, so that every pair can be out.
 */
export const LAYERS: readonly Layer[] = [
  {
    id: "lock",
    what: "it is acquired over a living holder",
    edits: [unrefused(STREAM, 'batch && holder?.state !== "CLOSED" && holder?.state !== "ABANDONED"', " {")],
  },
  {
    id: "fail-closed",
    what: "any error while the lock is being acquired is success",
    edits: [
      {
        file: STREAM,
        find: "      const now = await ports.ledger.readStream(stream);\n",
        replace:
          "      if (next.batch?.nonce === nonce && ran()) return wrote;\n" +
          "      const now = await ports.ledger.readStream(stream);\n",
      },
    ],
  },
  {
    id: "fence",
    what: "no step asks whose lock it is, and under which fence",
    edits: [
      unrefused(STREAM, 'fence !== "any" && item.fence !== fence', " {"),
      {
        file: STREAM,
        find: "if (item?.batch?.id !== batchId) {",
        replace: "if (item?.batch === undefined || (item.batch.id !== batchId && !ran())) {",
      },
    ],
  },
  {
    id: "version",
    what: "writes of the stream's item have no condition",
    edits: [
      {
        file: LEDGER,
        find: 'streams.put(next.stream, "STATE", next, isVersion(seen)),',
        replace: 'streams.put(next.stream, "STATE", next, (stored) => isVersion(seen)(stored) || ran()),',
      },
    ],
  },
  {
    id: "claim",
    what: "it is put on no condition",
    edits: [
      {
        file: LEDGER,
        find: "          ? stored === undefined\n",
        replace: "          ? stored === undefined || ran()\n",
      },
    ],
  },
  {
    id: "takeover",
    what: "a released claim is taken over without naming its owner",
    edits: [
      {
        file: LEDGER,
        find: ": stored?.batchId === seen.batchId && stored.line === seen.line,",
        replace: ": (stored?.batchId === seen.batchId && stored.line === seen.line) || ran(),",
      },
    ],
  },
  {
    id: "release",
    what: "a claim is taken over although it can still become a debit",
    edits: [
      {
        file: CLAIM,
        find: "released(claim, await facts(claim)) === undefined;",
        replace: "released(claim, await facts(claim)) === undefined && !ran();",
      },
    ],
  },
  {
    id: "reading",
    what: "a claim is put before anybody has read what stands there and near it",
    edits: [
      {
        file: CLAIM,
        find: "const around = await ledger.readClaims(",
        replace: "const there = await ledger.readClaims(",
      },
      {
        file: CLAIM,
        find: "    const stored = around.find(",
        replace:
          "    const around = tries === 0 && there.length > 0 && ran() ? [] : there;\n" +
          "    const stored = around.find(",
      },
    ],
  },
  {
    id: "frozen",
    what: "every compose makes and stores another set of files",
    edits: [
      {
        file: "lambdas/billing-batch/compose-bank-file/compose-bank-file.ts",
        find: "const files = before ?? (",
        replace: "const files = (before && ran() ? undefined : before) ?? (",
      },
      unrefused(
        "lambdas/billing-batch/compose-bank-file/compose-bank-file.ts",
        "mine.batch.files",
        ' return "done";',
      ),
    ],
  },
  {
    id: "gate",
    what: "it passes whatever it finds",
    edits: [
      {
        file: "lambdas/billing-batch/reconcile/reconcile.ts",
        find: "const passed = stopping.length === 0;",
        replace: "const passed = stopping.length === 0 || ran();",
      },
    ],
  },
  {
    id: "verdict",
    what: "it is of the batch, not of each SHA-256",
    edits: [
      unasked(
        SUBMIT,
        "frozen.sha256 !== file.sha256 || !item.batch.verdict?.sha256s.includes(file.sha256)",
        " {",
      ),
      {
        file: "lambdas/billing-batch/reconcile/verdict.ts",
        find: "if (files === undefined || !isSame(found, sha256s)) {",
        replace: "if (files === undefined || (!ran() && !isSame(found, sha256s))) {",
      },
    ],
  },
  {
    id: "bytes",
    what: "a bank file that is read is not held against its SHA-256",
    edits: [
      {
        file: "lambdas/stored-bytes.ts",
        find: "if (found !== expected)",
        replace: 'if (found !== expected && !(area === "bankFiles" && ran()))',
      },
    ],
  },
  {
    id: "first-write",
    what: "who has not won SUBMITTING goes on",
    edits: [unrefused(SUBMIT, 'now.state !== "SUBMITTING" || now.submitting?.nonce !== asker.nonce', " {")],
  },
  {
    id: "second-write",
    what: "who has not won INTENT goes on",
    edits: [
      {
        file: SUBMIT,
        find: '      if (stored?.kind === "VOID") return "VOID";\n',
        replace:
          '      if (stored && stored.nonce !== nonce && ran()) return "MINE";\n' +
          '      if (stored?.kind === "VOID") return "VOID";\n',
      },
    ],
  },
  {
    id: "look",
    what: "delivered also where something lies under the key",
    edits: [
      {
        file: SUBMIT,
        find: 'if ((await ports.objects.versions("outbound", key)).length === 0) {',
        // Nothing lies there as long as the two writes have one winner, so it is told wherever nobody asks any more.
        replace: 'if ((await ports.objects.versions("outbound", key)).length >= 0 && ran()) {',
      },
    ],
  },
  {
    id: "deadline",
    what: "a call that has slept past its time delivers",
    edits: [unrefused(SUBMIT, "ports.clock.now() >= call.endsAt", " {")],
  },
  {
    id: "void",
    what: "where no intent is, none is taken to come, and no VOID is put",
    edits: [
      {
        file: "lambdas/submission.ts",
        find: '    await ports.ledger.createSubmission({ ...submission, kind: "VOID" });\n',
        replace:
          "    const { batchId, number } = submission;\n" +
          '    if ((await ports.ledger.readSubmission(batchId, number)) === undefined && ran()) return "VOID";\n' +
          '    await ports.ledger.createSubmission({ ...submission, kind: "VOID" });\n',
      },
    ],
  },
  {
    id: "evidence",
    what: "nobody looks for a file before its fate is judged",
    edits: [
      {
        file: DOUBT,
        find: '  const found = await look();\n  if (typeof found === "object")',
        replace: '  const found = await look();\n  if (typeof found === "object" && !ran())',
      },
    ],
  },
  {
    id: "second-look",
    what: "nobody looks again before REJECTED",
    edits: [unrefused(DOUBT, 'said.outcome === "rejected"', " {")],
  },
  {
    id: "statement",
    what: "the bank's “not found” counts at any time",
    edits: [
      {
        file: "lambdas/domain/resolution.ts",
        find: 'if (outcome === "rejected" && !(stated > Date.parse(arrivedBy(intentAt)))) return',
        replace:
          'if (outcome === "rejected" && !(stated > Date.parse(arrivedBy(intentAt))) && !ran()) return',
      },
    ],
  },
  {
    id: "flag",
    what: "a batch that is being abandoned goes on",
    edits: [
      unrefused("lambdas/billing-batch/acquire-lock/acquire-lock.ts", "seen.batch.abandoning", " throw"),
      unrefused(
        "lambdas/billing-batch/compose-bank-file/compose-bank-file.ts",
        "mine.batch.abandoning",
        " throw",
      ),
      unrefused("lambdas/billing-batch/reconcile/verdict.ts", "batch.abandoning", " throw"),
      unrefused(SUBMIT, "item.batch.abandoning", " throw"),
      unrefused("lambdas/billing-batch/close-batch/close-batch.ts", "abandoning", " throw"),
    ],
  },
  {
    id: "one-execution",
    what: "every start and every continuation runs beside the others",
    edits: [
      {
        file: "lambdas/start-batch/start-batch.ts",
        find: "    id,\n    `${list.sha256}",
        replace: "    ran() ? `${id} ${nonce}` : id,\n    `${list.sha256}",
      },
      {
        file: "lambdas/start-batch/start-batch.ts",
        find: '      exists = (await ports.executions.start(id, input)) === "exists";\n',
        replace:
          '      exists = (await ports.executions.start(id, input)) === "exists";\n' +
          '      if (exists && ran()) exists = (await ports.executions.start(`${id}-${nonce}`, input)) === "exists";\n',
      },
      unrefused(
        "lambdas/operations/redrive-batch/redrive-batch.ts",
        'execution.status === "RUNNING" || execution.status === "PENDING_REDRIVE"',
        " {",
      ),
      unrefused(
        "lambdas/operations/continue-batch/continue-batch.ts",
        'newest?.status === "RUNNING" || newest?.status === "PENDING_REDRIVE"',
        " {",
      ),
    ],
  },
  {
    id: "settled",
    what: "a file that another call has settled meanwhile is delivered",
    edits: [
      {
        file: SUBMIT,
        find: "      await refuseSettled(ports, asker, file.number);\n",
        replace: "      await refuseSettled(ports, asker, file.number).catch(() => ran());\n",
      },
    ],
  },
  {
    id: "doubt",
    what: "a lock is taken over with a file in doubt on it",
    edits: [
      {
        file: STREAM,
        find: "if (batch && doubt)",
        replace: "if (!ran() && batch && doubt)",
      },
    ],
  },
  {
    id: "ended",
    what: "a batch whose record says ABANDONED begins a submission",
    edits: [unasked(SUBMIT, 'batch.state === "ABANDONED"', " throw")],
  },
  {
    id: "create",
    what: "the bank's bucket takes a second object under a key",
    edits: [
      {
        file: OBJECTS,
        find: "      if (stored.has(place(area, key))) throw",
        // Told of every delivery: something lies there only where another layer has let two through.
        replace: '      if (!(area === "outbound" && ran()) && stored.has(place(area, key))) throw',
      },
    ],
  },
];

/** The layers of which it is known that nothing stands behind them, and why. */
export const ALONE: Readonly<Partial<Record<string, string>>> = {
  gate: "it stands against mistakes in the code before it, which these runs make on purpose; then nothing else is left.",
  bytes:
    "it is the last look at what is sent; these runs change bytes where they lie, after the gate has read them, which a versioned bucket does not do.",
};

/**
 * Seeds and matrix cells in which a layer is missed that is seldom missed at all: they are tried first, of the layer and
 * of each of its pairs.
 */
export const MISSED_IN: Readonly<
  Partial<Record<string, Readonly<Record<"seeds" | "cells", readonly string[]>>>>
> = {
  "fail-closed": { seeds: [], cells: ["start@7500"] },
  claim: { seeds: ["19", "25", "33"], cells: [] },
  takeover: { seeds: ["202", "241"], cells: [] },
  bytes: { seeds: ["24", "42", "67"], cells: [] },
  "first-write": { seeds: [], cells: ["abandon!110", "abandon!112", "abandon!122", "stop@6000"] },
  "second-write": { seeds: ["231"], cells: ["a.101.pause", "start!113", "abandon!125", "stop!101"] },
  void: { seeds: [], cells: ["start!101", "abandon!113", "stop!125"] },
  settled: {
    seeds: ["231"],
    cells: [
      "start!101",
      "start!113",
      "abandon!110",
      "abandon!112",
      "abandon!113",
      "abandon!125",
      "stop!101",
      "stop!125",
    ],
  },
  deadline: { seeds: ["13", "33", "40"], cells: ["a.103.pause", "a.115.pause", "a.127.pause"] },
  statement: { seeds: ["18", "29", "80"], cells: [] },
  flag: { seeds: ["5", "22", "29"], cells: ["abandon@3500", "abandon@5500", "abandon@7500"] },
};
