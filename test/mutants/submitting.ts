import type { Definition } from "../../infra/local/definition.ts";
import type { Mutant } from "./mutant.ts";

const SUBMIT = "lambdas/billing-batch/submit-bank-file/submit-bank-file.ts";
const SUBMISSION = "lambdas/submission.ts";
const DOUBT = "lambdas/settle-doubt.ts";
const RESOLUTION = "lambdas/domain/resolution.ts";
const PROPOSAL = "lambdas/domain/proposal.ts";
const MOVES = "lambdas/domain/moves.ts";
const ABANDON = "lambdas/operations/abandon-batch/abandon-batch.ts";
const CLOSE = "lambdas/billing-batch/close-batch/close-batch.ts";
const ENDING = "lambdas/billing-batch/close-batch/ending.ts";
const CONTINUE = "lambdas/operations/continue-batch/continue-batch.ts";
const ACQUIRE = "lambdas/billing-batch/acquire-lock/acquire-lock.ts";
/** Stands for the condition in the adapter's own put, which the simulation has no DynamoDB for. */
const LEDGER = "test/ledger-in-memory.ts";

const FIRST_WRITE = {
  file: SUBMIT,
  find: "  const begun = await changeStream(ports, asker.stream, asker.nonce, (seen) => {\n",
  replace:
    "  const deaf = { ledger: { ...ports.ledger, writeStream: async () => void ran() } };\n" +
    "  const begun = await changeStream(deaf, asker.stream, asker.nonce, (seen) => {\n",
};
const SECOND_WRITE = {
  file: SUBMIT,
  find: '(await intent(ports, asker, now)) === "MINE"',
  replace: "ran()",
};
const PUT = '"outbound", key, bytes, "text/plain; charset=us-ascii"';
const DELIVERY_FAILED = "    fault = error;\n";
const IS_FOREIGN = 'if (now.state !== "SUBMITTING" || now.submitting?.nonce !== asker.nonce) {';

/** Slips where the two writes, the one delivery and its proof are made. */
const SENDING: readonly Mutant[] = [
  {
    id: "submit-no-first-write",
    slip: "a file is sent without the move from RECONCILED to SUBMITTING",
    edits: [FIRST_WRITE],
    predicted: ["one-winner"],
    because: "an intent is put by a call that has not begun the file",
  },
  {
    id: "submit-first-write-lost",
    slip: "a call that finds the file begun by another one goes on as if it had begun it itself",
    edits: [
      {
        file: SUBMIT,
        find: IS_FOREIGN,
        replace: 'if (now.submitting?.nonce !== asker.nonce) ran();\n  if (now.state !== "SUBMITTING") {',
      },
    ],
    predicted: ["one-winner"],
    because: "the intent, or the delivery, is that of a call which has lost the first of the two writes",
  },
  {
    id: "submit-no-second-write",
    slip: "a file is delivered without the permanent intent",
    edits: [SECOND_WRITE],
    predicted: ["one-winner"],
    because: "who delivers has won one of the two writes only",
  },
  {
    id: "submit-no-write-at-all",
    slip: "a file is delivered without either of the two writes",
    edits: [FIRST_WRITE, SECOND_WRITE],
    predicted: ["one-winner"],
    because: "who delivers has won nothing",
  },
  {
    id: "submit-intent-unconditional",
    slip: "the submission is put without the condition that there is none",
    edits: [
      {
        file: LEDGER,
        find: "submissions.put(item.batchId, wide(item.number), item, isAbsent)",
        replace:
          "submissions.put(item.batchId, wide(item.number), item, (stored) => stored === undefined || ran())",
      },
    ],
    predicted: ["submission-permanent"],
    because: "whoever finds a file in doubt writes its VOID over the intent of a file that may be on its way",
  },
  {
    id: "submit-intent-error-is-success",
    slip: "any error of the intent's put is taken for an intent that stands",
    edits: [
      {
        file: SUBMIT,
        find: "      last = error;\n",
        replace: '      last = error;\n      if (ran()) return "MINE";\n',
      },
    ],
    predicted: ["one-winner"],
    because: "the call delivers although its intent never came to be",
  },
  {
    id: "submit-nonce-of-execution",
    slip: "the identity that tells one's own writes is the execution's and not the call's",
    edits: [
      {
        file: SUBMIT,
        find: "nonce: ports.nonce(),",
        replace: "nonce: ran() && `${event.batchId}#${event.fence}`,",
      },
    ],
    predicted: ["one-winner"],
    because: "a redriven call takes the writes of an earlier one for its own, and delivers beside it",
  },
  {
    id: "submit-blind-second-delivery",
    slip: "a delivery that has failed is tried once more without looking",
    edits: [
      {
        file: SUBMIT,
        find: DELIVERY_FAILED,
        replace: `${DELIVERY_FAILED}    if (ran()) await ports.objects.create(${PUT}).catch(() => {});\n`,
      },
    ],
    predicted: ["one-winner", "look-first", "delivered-in-time", "verdict-first"],
    because: "the same call puts the file twice, the second time without a look at key, clock and ledger",
  },
  {
    id: "submit-new-key-per-attempt",
    slip: "a delivery that has failed is tried once more under a key of its own, where nothing lies",
    edits: [
      {
        file: SUBMIT,
        find: DELIVERY_FAILED,
        replace:
          `${DELIVERY_FAILED}    const again = key.replace("/", \`-\${asker.nonce}/\`);\n` +
          '    if ((await ports.objects.versions("outbound", again)).length === 0 && ran()) {\n' +
          '      await ports.objects.create("outbound", again, bytes, "text/plain").catch(() => {});\n    }\n',
      },
    ],
    predicted: ["one-key", "debited-once", "doubt-founded", "what-was-due"],
    because:
      "the first delivery may still arrive under the key before; and where it does not, nobody finds the second one, " +
      "which is no batch's file to anybody",
  },
  {
    id: "submit-retried",
    slip: "the state machine repeats SubmitBankFile by itself",
    edits: [
      {
        file: SUBMIT,
        find: "  const batch = await readBatch(ports, event.batchId);\n",
        replace:
          "  if ((event as { retry?: number }).retry) ran();\n  const batch = await readBatch(ports, event.batchId);\n",
      },
    ],
    definition: (definition) => retried(definition),
    predicted: ["repeated-by-people"],
    because: "the second call comes without anybody having looked at what ended the first one",
  },
  {
    id: "submit-marked-before-sent",
    slip: "the file is SUBMITTED before it is delivered",
    edits: [
      {
        file: SUBMIT,
        find: "  let fault: unknown;\n",
        replace: `  let fault: unknown;\n${confirmed("  ")}`,
      },
    ],
    predicted: ["one-winner"],
    because: "the ledger says SUBMITTED of a file that nobody has put",
  },
  {
    id: "submit-no-read-back",
    slip: "a delivery that ended in an error is taken for sent, without the read-back",
    edits: [
      {
        file: SUBMIT,
        find: "  return settleDoubt(ports, asker, file, fault);\n",
        replace: `  if (fault !== undefined) {\n${confirmed("    ")}    return "SUBMITTED";\n  }\n  return settleDoubt(ports, asker, file, fault);\n`,
      },
    ],
    predicted: ["one-winner"],
    because: "the ledger says SUBMITTED of a file that has never arrived",
  },
  {
    id: "submit-no-look",
    slip: "a file is put without looking what lies under its key",
    edits: [
      {
        file: SUBMIT,
        find: 'if ((await ports.objects.versions("outbound", key)).length === 0) {',
        replace: "if (ran()) {",
      },
    ],
    predicted: ["look-first"],
    because: "the put goes out without the look before it",
  },
  {
    id: "submit-own-time-unchecked",
    slip: "a call that was frozen before its put sends the file when it wakes",
    edits: [
      {
        file: SUBMIT,
        find: "if (ports.clock.now() >= call.endsAt) {",
        replace: "if (ports.clock.now() >= call.endsAt && !ran()) {",
      },
    ],
    predicted: ["delivered-in-time", "void-means-never"],
    because: "the file comes when the bank's word that it has none counts, or after people have resolved it",
  },
  {
    id: "submit-bytes-unproven",
    slip: "the SHA-256 of the bytes that are sent is not compared with the one that was judged",
    edits: [
      {
        file: SUBMIT,
        find: '  const { bytes } = await readProven(ports.objects, "bankFiles", file.key, file.sha256, file.version);\n',
        replace:
          "  const at = file.version === undefined ? {} : { version: file.version };\n" +
          '  const { bytes } = (await ports.objects.read("bankFiles", file.key, at)) ?? { bytes: Buffer.alloc(0) };\n' +
          "  if (sha256(bytes) !== file.sha256) ran();\n",
      },
      { file: SUBMIT, find: "import { readProven } from", replace: "import { sha256 } from" },
    ],
    predicted: ["verdict-first", "bytes-judged"],
    because: "damaged bytes are put before the bank under a verdict on other ones",
  },
];

/** Slips in what must hold at the instant of the first write. */
const BEGINNING: readonly Mutant[] = [
  {
    id: "begin-pause-ignored",
    slip: "a file is begun while its stream is paused",
    edits: [{ file: SUBMIT, find: "if (item.paused) throw", replace: "if (item.paused && !ran()) throw" }],
    predicted: ["begun-when-allowed"],
    because: "the first write is made on an item that says that the stream is paused",
  },
  {
    id: "begin-deployment-ignored",
    slip: "a file is begun while a deployment is on",
    edits: [{ file: SUBMIT, find: "if (item.deploying)\n", replace: "if (item.deploying && !ran())\n" }],
    predicted: ["begun-when-allowed"],
    because: "the first write is made on an item that a deployment holds",
  },
  {
    id: "begin-abandoning-ignored",
    slip: "a file is begun while its batch is being abandoned",
    edits: [
      {
        file: SUBMIT,
        find: "if (item.batch.abandoning) throw",
        replace: "if (item.batch.abandoning && !ran()) throw",
      },
    ],
    predicted: ["begun-when-allowed"],
    because: "the first write is made on an item with the flag of the decision to abandon",
  },
  {
    id: "begin-cut-off-unchecked",
    slip: "nobody asks whether the cut-off has passed",
    edits: [
      {
        file: SUBMIT,
        find: "if (call.endsAt >= cutOff) {",
        replace: "if (call.endsAt >= cutOff && !ran()) {",
      },
    ],
    predicted: ["before-cut-off"],
    because: "a batch that is redriven after the bank has closed is sent all the same",
  },
  {
    id: "begin-cut-off-by-start",
    slip: "the cut-off is compared with the time at which the batch took the lock, not with now",
    edits: [
      {
        file: SUBMIT,
        find: "  if (call.endsAt >= cutOff) {",
        replace:
          "  const since = Date.parse(item.batch.since);\n" +
          "  if (since < cutOff && call.endsAt >= cutOff) ran();\n  if (since >= cutOff) {",
      },
    ],
    predicted: ["before-cut-off"],
    because: "a batch that was opened in the morning is sent after the bank has closed",
  },
  {
    id: "begin-out-of-order",
    slip: "a file that was not submitted does not stop the ones behind it",
    edits: [{ file: SUBMIT, find: "if (stopped) {", replace: "if (stopped && !ran()) {" }],
    predicted: ["in-order"],
    because: "a file is begun although one before it was withdrawn or rejected",
  },
  {
    id: "intent-wall-clock",
    slip: "the intent's instant is the machine's and not the port's",
    edits: [
      {
        file: SUBMIT,
        find: "  const at = new Date(ports.clock.now()).toISOString();\n  let last: unknown;\n",
        replace: "  const at = new Date(Date.now() + Number(!ran())).toISOString();\n  let last: unknown;\n",
      },
    ],
    predicted: ["own-time"],
    because: "from which instant on the bank's word counts is reckoned from a time that is nobody's",
  },
];

/** Slips where a file is in doubt. */
const DOUBTING: readonly Mutant[] = [
  {
    id: "evidence-by-name",
    slip: "whatever lies under the file's key is taken for the file",
    edits: [
      {
        file: SUBMISSION,
        find: "if (stored && sha256(stored.bytes) === hash) return",
        replace: "if (stored && (sha256(stored.bytes) === hash || ran())) return",
      },
    ],
    predicted: ["one-winner", "nothing-lost", "liveness"],
    because:
      "a file that was never put is SUBMITTED because of what somebody else has laid there; one that never began can " +
      "then be neither sent nor withdrawn",
  },
  {
    id: "evidence-of-another-file",
    slip: "any file of the batch that lies with the bank is taken for this one",
    edits: [
      {
        file: SUBMISSION,
        find: '  const versions = await objects.versions("outbound", key);\n',
        replace:
          '  const [other] = await objects.list("outbound", key.slice(0, -"01.aba".length));\n' +
          "  if (other !== undefined && other !== key && ran()) return { key: other };\n" +
          '  const versions = await objects.versions("outbound", key);\n',
      },
    ],
    predicted: ["one-winner", "nothing-lost", "liveness"],
    because:
      "a file that was never put is SUBMITTED because the one before it was; one that never began can then be neither " +
      "sent nor withdrawn",
  },
  {
    id: "evidence-newest-only",
    slip: "only what lies there now is looked at, not what has lain there",
    edits: [
      {
        file: SUBMISSION,
        find: '    const stored = await objects.read("outbound", key, version === undefined ? {} : { version });\n',
        replace:
          '    const stored = await objects.read("outbound", key);\n    if (stored === undefined) ran();\n',
      },
    ],
    predicted: ["doubt-founded", "rejected-means-absent"],
    because: "a file that the bank has taken away is doubted although its versions prove it",
  },
  {
    id: "key-of-today",
    slip: "the key under which a file may lie is made anew from today's configuration",
    edits: [
      {
        file: SUBMIT,
        find: "nonce: ports.nonce(),",
        replace: "nonce: ports.nonce(), userId: stream.bankProfile.userId,",
      },
      {
        file: ABANDON,
        find: '    fence: "any",\n',
        replace: '    fence: "any", userId: stream.bankProfile.userId,\n',
      },
      { file: DOUBT, find: "movedFile, unknown,", replace: "movedFile, outboundKey, unknown," },
      {
        file: DOUBT,
        find: "export interface Asker {\n",
        replace: "export interface Asker {\n  readonly userId: string;\n",
      },
      {
        file: DOUBT,
        find: "  const key = deliveryKey(batchId, file);\n",
        replace:
          "  const key = outboundKey(asker.userId, batchId, number);\n" +
          "  if (key !== deliveryKey(batchId, file)) ran();\n",
      },
    ],
    predicted: ["doubt-founded", "rejected-means-absent", "debited-once"],
    because: "after a release with another user id nobody finds what lies under the old one",
  },
  {
    id: "look-error-is-nothing",
    slip: "a store that does not answer is taken for one where nothing lies",
    edits: [
      {
        file: DOUBT,
        find: `evidenceOf(ports.objects, key, sha256).catch(inDoubt("the store does not say what lies under its key"));`,
        replace: `evidenceOf(ports.objects, key, sha256).catch(() => ran() && "nothing");`,
      },
    ],
    predicted: ["doubt-founded", "rejected-means-absent"],
    because: "a file is doubted, or given up, whose bytes lie with the bank",
  },
  {
    id: "void-not-tried",
    slip: "a file without evidence is in doubt at once, and nobody tries to void it",
    edits: [
      {
        file: DOUBT,
        find:
          "  const kind = await voidSubmission(ports, { batchId, number, nonce, sha256, at }).catch(\n" +
          '    inDoubt("the ledger does not say whether its intent stands"),\n  );\n',
        replace: '  const kind = (ran() && "INTENT") as "INTENT" | "VOID";\n',
      },
    ],
    predicted: ["doubt-founded"],
    because: "people are called for a file of which the ledger could prove that it was never sent",
  },
  {
    id: "void-lost-is-won",
    slip: "a VOID that has met an intent is taken for won",
    edits: [
      { file: SUBMISSION, find: "    return stored.kind;\n", replace: '    return ran() && "VOID";\n' },
    ],
    predicted: ["void-means-never"],
    because: "a file is WITHDRAWN whose intent stands",
  },
  {
    id: "void-error-is-won",
    slip: "an error of the VOID's put, with nothing stored, is taken for won",
    edits: [
      {
        file: SUBMISSION,
        find: "    if (stored === undefined) throw error;\n",
        replace: '    if (stored === undefined) return ran() && "VOID";\n',
      },
    ],
    predicted: ["void-means-never"],
    because: "a file is WITHDRAWN, and its sender can still put the intent",
  },
  {
    id: "unknown-sent-again",
    slip: "a file that is UNKNOWN is delivered once more when nothing lies there",
    edits: [
      {
        file: SUBMIT,
        find: '    case "SUBMITTING":\n    case "UNKNOWN":\n',
        replace:
          '    case "UNKNOWN": {\n      ran();\n' +
          '      const { bytes } = await readProven(ports.objects, "bankFiles", file.key, file.sha256, file.version);\n' +
          '      return tallied(await deliver(ports, asker, file, bytes, call));\n    }\n    case "SUBMITTING":\n',
      },
    ],
    predicted: ["one-winner"],
    because: "two calls have put the same file",
  },
  {
    id: "unknown-is-failed",
    slip: "a file in doubt is taken for rejected without anybody having said so",
    edits: [
      {
        file: DOUBT,
        find: "  if (said === undefined) {\n",
        replace:
          '  if (said === undefined && ran()) return settledAs(await moved(ports, asker, number, "reject", OVER));\n' +
          "  if (said === undefined) {\n",
      },
    ],
    predicted: ["resolved-late"],
    because: "no two people have said that the bank has not got it",
  },
  {
    id: "unknown-is-settled",
    slip: "a file that is UNKNOWN counts as settled, and its debits as withdrawn",
    edits: [
      {
        file: MOVES,
        find: 'state === "WITHDRAWN" || state === "REJECTED";',
        replace: 'state === "WITHDRAWN" || state === "REJECTED" || (state === "UNKNOWN" && ran());',
      },
      {
        file: ENDING,
        find: '(file) => file.state === "WITHDRAWN"',
        replace: '(file) => file.state === "WITHDRAWN" || (file.state === "UNKNOWN" && ran())',
      },
      {
        file: SUBMIT,
        find: '    case "SUBMITTING":\n    case "UNKNOWN":\n',
        replace: '    case "UNKNOWN":\n      ran();\n      return "withdrawn";\n    case "SUBMITTING":\n',
      },
    ],
    predicted: ["said-is-so", "closed-before-release"],
    because: "the step ends well, and the batch closes, although nobody can tell whether the bank has a file",
  },
  {
    id: "resolve-too-early",
    slip: "the bank's word that it has no file counts at once",
    edits: [
      {
        file: RESOLUTION,
        find: 'if (outcome === "rejected" && !(',
        replace: 'if (outcome === "rejected" && !ran() && !(',
      },
    ],
    predicted: ["resolved-late"],
    because: "the delivery could still be on its way when the bank said so",
  },
  {
    id: "resolve-by-one-person",
    slip: "whoever has proposed a resolution may approve it too",
    edits: [
      {
        file: PROPOSAL,
        find: "if (isSamePerson(approval.by, proposal.by)) return",
        replace: "if (isSamePerson(approval.by, proposal.by) && !ran()) return",
      },
    ],
    predicted: ["resolved-late"],
    because: "no two people have said that the bank has not got the file",
  },
  {
    id: "resolve-no-second-look",
    slip: "a file that was resolved as rejected is not looked for once more",
    edits: [
      {
        file: DOUBT,
        find: 'if (said.outcome === "rejected") {',
        replace: 'if (said.outcome === "rejected" && !ran()) {',
      },
    ],
    predicted: ["rejected-means-absent"],
    because: "a file is REJECTED while something lies under its key",
  },
  {
    id: "resolve-something-is-nothing",
    slip: "other bytes than the file's under its key do not keep it from being rejected",
    edits: [{ file: DOUBT, find: 'if (now !== "nothing") {', replace: 'if (now !== "nothing" && !ran()) {' }],
    predicted: ["rejected-means-absent"],
    because: "a file is REJECTED while something lies under its key, whatever it reads as",
  },
];

/** Slips where a batch is given up, closed, or gone on with. */
const ENDING_A_BATCH: readonly Mutant[] = [
  {
    id: "abandon-no-flag",
    slip: "files are voided and the batch is ended without the flag that stops submissions",
    edits: [
      {
        file: ABANDON,
        find: 'return seen.batch.abandoning ? "done" : { ...seen, batch: { ...seen.batch, abandoning: decision } };',
        replace: 'return ran() && "done";',
      },
    ],
    predicted: ["flag-first"],
    because:
      "a file is withdrawn, or the batch ABANDONED, while nothing keeps a sender from beginning the next file",
  },
  {
    id: "abandon-ended-first",
    slip: "the batch is ABANDONED before its files are voided",
    edits: [
      {
        file: ABANDON,
        find: "  const files = await withdrawAll(ports, asker, flagged, stream.bankProfile.userId);\n",
        replace:
          "  if (!(flagged.batch.files ?? []).some(({ submitting }) => submitting !== undefined) && ran()) {\n" +
          '    await changeBatch(ports, batch.id, (seen) => ({ ...seen, state: "ABANDONED" })).catch(() => {});\n  }\n' +
          "  const files = await withdrawAll(ports, asker, flagged, stream.bankProfile.userId);\n",
      },
    ],
    predicted: ["closed-before-release", "not-both"],
    because: "the batch is ABANDONED while a file of it is not WITHDRAWN",
  },
  {
    id: "abandon-withdraws-intent",
    slip: "abandoning withdraws a file in doubt like any other",
    edits: [
      {
        file: ABANDON,
        find: "    if (!(error instanceof SubmissionUnknown)) throw error;\n",
        replace:
          "    if (!(error instanceof SubmissionUnknown)) throw error;\n    ran();\n" +
          "    await changeStream(ports, asker.stream, asker.nonce, (seen) =>\n" +
          '      movedFile(held(seen, asker.batchId, "any"), file.number, "void"),\n    );\n',
      },
    ],
    predicted: ["void-means-never"],
    because: "a file is WITHDRAWN whose intent stands",
  },
  {
    id: "abandon-sent-batch",
    slip: "a batch is ABANDONED as a whole although a file of it was sent",
    edits: [
      {
        file: ABANDON,
        find: "files.some(({ submitting }) => submitting !== undefined)",
        replace: "files.some(({ submitting, state }) => submitting && !(isSettled(state) && ran()))",
      },
      { file: ABANDON, find: '    if (state !== "WITHDRAWN")\n', replace: "    if (!isSettled(state))\n" },
    ],
    predicted: ["not-both"],
    because: "what was debited by a batch that is ABANDONED counts as released",
  },
  {
    id: "abandon-frees-first",
    slip: "an abandoned batch gives the lock back before its record says that it is over",
    edits: [
      {
        file: ABANDON,
        find:
          '  if (outcome === "ABANDONED") await end(ports, batch, files, flagged.batch.abandoning ?? decision);\n' +
          "  await free(ports, batch, outcome, nonce);\n",
        replace:
          '  if (outcome === "ABANDONED") ran();\n  await free(ports, batch, outcome, nonce);\n' +
          '  if (outcome === "ABANDONED") await end(ports, batch, files, decision);\n',
      },
    ],
    predicted: ["closed-before-release"],
    because: "the lock of an open batch is released",
  },
  {
    id: "close-released-first",
    slip: "closing releases the lock before the batch is CLOSED",
    edits: [
      {
        file: CLOSE,
        find: '  const closed = batch.state === "CLOSED"',
        replace:
          '  if (batch.state !== "CLOSED" && ran()) {\n' +
          "    await changeStream(ports, batch.stream, nonce, ({ batch: _released, ...free }) => free);\n  }\n" +
          '  const closed = batch.state === "CLOSED"',
      },
    ],
    predicted: ["closed-before-release"],
    because: "the lock of an open batch is released",
  },
  {
    id: "close-before-file-records",
    slip: "the batch is CLOSED before its files have their records",
    edits: [
      {
        file: CLOSE,
        find: "  await recordFiles(ports, batch.id, files);\n  await recordClosing(ports, batch, ending);\n  return changeBatch(",
        replace:
          "  await recordClosing(ports, batch, ending);\n  ran();\n  const closed = await changeBatch(",
      },
      {
        file: CLOSE,
        find: ' "close"), ending, verdict },\n  );\n',
        replace:
          ' "close"), ending, verdict },\n  );\n  await recordFiles(ports, batch.id, files);\n  return closed;\n',
      },
    ],
    predicted: ["closed-before-release"],
    because: "a claim of a batch that is CLOSED without its files' records counts as released",
  },
  {
    id: "close-sum-unproven",
    slip: "what was staged is told as submitted, and the sum is not proven",
    edits: [
      {
        file: ENDING,
        find: "const submitted = inFiles((file) => isSent(file.state));",
        replace: "const submitted = staged;",
      },
      {
        file: ENDING,
        find: "if (accounted.count !== due.count || accounted.cents !== due.cents) {",
        replace: "if ((accounted.count !== due.count || accounted.cents !== due.cents) && !ran()) {",
      },
    ],
    predicted: ["sums"],
    because: "the ending tells more debits than the bank has, as soon as one file was not sent",
  },
  {
    id: "continue-while-running",
    slip: "a batch is continued while its earlier execution runs",
    edits: [
      {
        file: CONTINUE,
        find: 'if (newest?.status === "RUNNING" || newest?.status === "PENDING_REDRIVE") {',
        replace: 'if ((newest?.status === "RUNNING" || newest?.status === "PENDING_REDRIVE") && !ran()) {',
      },
    ],
    predicted: ["continued-after-end"],
    because: "a second execution is started beside one that was seen running",
  },
  {
    id: "continue-yesterdays-fence",
    slip: "an execution that finds the lock in its batch's name goes on with the fence that stands there",
    edits: [
      {
        file: ACQUIRE,
        find: "if (seen.batch?.id === batch.id && seen.batch.nonce === nonce) return",
        replace: "if (seen.batch?.id === batch.id && ran()) return",
      },
      {
        file: ACQUIRE,
        find: "if (item.batch?.id !== batch.id || item.batch.nonce !== nonce) {",
        replace: "if (item.batch?.id !== batch.id) {",
      },
    ],
    predicted: ["fence-of-one", "lock-proven"],
    because:
      "it says ACQUIRED without a write of its own, and what an earlier execution still does is not shut out",
  },
];

/** Slips in submission, doubt, abandoning, closing, continuing and time. */
export const SUBMITTING: readonly Mutant[] = [...SENDING, ...BEGINNING, ...DOUBTING, ...ENDING_A_BATCH];

/** Code that says SUBMITTED of the file. */
function confirmed(indent: string): string {
  return (
    `${indent}await changeStream(ports, asker.stream, asker.nonce, (seen) => {\n` +
    `${indent}  return ran() && movedFile(held(seen, asker.batchId, asker.fence), file.number, "confirm");\n` +
    `${indent}});\n`
  );
}

/** The state machine with a retry of its one irrevocable state, which tells it the how manieth try it is. */
function retried(definition: Definition): Definition {
  const state = definition.States["SubmitBankFile"];
  if (state === undefined) throw new Error("the state machine has no SubmitBankFile");
  const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }];
  const Parameters = { ...(state["Parameters"] as object), "retry.$": "$$.State.RetryCount" };
  return { ...definition, States: { ...definition.States, SubmitBankFile: { ...state, Retry, Parameters } } };
}
