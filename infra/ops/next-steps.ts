import { twoDigits } from "../../lambdas/domain/batch.ts";
import type { BatchView } from "../../lambdas/operations/show-batch/show-batch.ts";
import { configuration } from "../config/configuration.ts";

/** What a person does next: one sentence, and the commands it needs. */
export interface NextSteps {
  readonly text: string;
  readonly commands: readonly string[];
}

const show = (id: string) => `npm run ops -- show ${id}`;
const redrive = (id: string) => `npm run ops -- redrive ${id} --reason "…" --yes`;
const goOn = (id: string) => `npm run ops -- continue ${id} --reason "…" --yes`;
const propose = (id: string, check: string, as: string) =>
  `npm run ops -- propose accept-suspicion ${id} ${check} --reason "…"${as} --yes`;
const resolve = (id: string, file: string, as: string) =>
  `npm run ops -- resolve ${id} ${file} <--submitted|--rejected> --evidence <file> --reference "…" --channel <channel> --stated-at <instant> --reason "…"${as} --yes`;
const abandon = (id: string) => `npm run ops -- abandon ${id} --reason "…" --yes`;

/**
 * By the name of the error that stopped a batch.
 * @param message the error's own, which names what stands in the way
 * @param stage on AWS; every command carries it, so that a pasted line acts where the batch is
 * @param view what the ledger says by now, which may be more than the error knew
 */
export function nextSteps(
  errorName: string,
  batchId: string,
  stream: string,
  stage?: string,
  message = "",
  view?: BatchView,
): NextSteps {
  const { text, commands } =
    stepsByNow(errorName, view, stage) ?? stepsFor(errorName, batchId, stream, message, stage);
  return {
    text,
    commands: stage === undefined ? commands : commands.map((line) => `${line} --stage ${stage}`),
  };
}

/** The same for what was asked about overrides of the deploy blackout: no batch has stopped. */
export function overrideSteps(errorName: string, stage?: string): NextSteps {
  const asked = ["CallerRefused", "NotAllowed", "RequestMalformed"].includes(errorName);
  const text = {
    ProposalUnknown: "Check the id and the stage: show lists the overrides.",
    ApprovalRefused:
      "Another person than the proposer approves, once, within the hour. If that is over, propose again.",
  }[errorName];
  if (asked) return nextSteps(errorName, "", "", stage);
  return {
    text: text ?? "Nothing is overridden that show does not call valid. Look there first, then ask again.",
    commands: [`${show("overrides")}${stage === undefined ? "" : ` --stage ${stage}`}`],
  };
}

/** Where what stood in the way is gone, or what was to be decided is decided. */
function stepsByNow(errorName: string, view?: BatchView, stage?: string): NextSteps | undefined {
  if (view?.record?.state !== "OPEN" && errorName !== "LockHeld") return undefined;
  if (errorName === "LockHeld" && view?.stream && view.stream.lock === undefined) {
    return { text: "The lock is free by now: redrive.", commands: [redrive(view.batchId)] };
  }
  const isDecided = view?.files.some(({ state }) => state === "WITHDRAWN") ?? false;
  const isSendable = view?.files.some(({ state }) => state === "COMPOSED" || state === "RECONCILED") ?? true;
  if (
    !view ||
    !isDecided ||
    isSendable ||
    (errorName !== "SubmissionStopped" && errorName !== "CutOffPassed")
  )
    return undefined;
  const doubtful = view.files.find(({ state }) => state === "UNKNOWN" || state === "SUBMITTING");
  const withdrawn = "What has not been sent is withdrawn already.";
  if (!doubtful) {
    return {
      text: `${withdrawn} Redrive, so that the batch closes with what was sent.`,
      commands: [redrive(view.batchId)],
    };
  }
  const file = twoDigits(doubtful.number);
  return stepsFor("SubmissionUnknown", view.batchId, "", `file ${file} of batch ${view.batchId}`, stage);
}

function stepsFor(
  errorName: string,
  batchId: string,
  stream: string,
  message: string,
  stage: string | undefined,
): NextSteps {
  const isLocal = stage === undefined;
  switch (errorName) {
    case "LockHeld": {
      const holder = /batch (\S+) has held/.exec(message)?.[1] ?? "<the batch that holds the lock>";
      return {
        text: "Another batch of the stream is not over. End that one first, then redrive this one.",
        commands: [show(holder), redrive(holder), redrive(batchId)],
      };
    }
    case "StreamPaused":
      return {
        text: "A person has paused the stream. When the reason is gone, resume it and redrive.",
        commands: [`npm run ops -- resume ${stream} --reason "…" --yes`, redrive(batchId)],
      };
    case "DeployInProgress":
      return { text: "Wait for the deployment's end, then redrive.", commands: [redrive(batchId)] };
    case "DueListMismatch":
      return {
        text: "Bill the right list under the next number. If this batch has opened on a wrong one, look at it, and abandon it if it has not closed.",
        commands: [show(batchId), abandon(batchId), `npm start -- --due <folder> --stream ${stream}`],
      };
    case "DueListMissing":
      return {
        text: "Put the list and its manifest where the message says, then redrive.",
        commands: [redrive(batchId)],
      };
    case "GateFailed":
      return gateSteps(batchId, message, isLocal);
    case "ProposalRefused":
      return proposalSteps(batchId, message, isLocal);
    case "ProposalUnknown":
      return { text: "Check the id: show lists the batch's proposals.", commands: [show(batchId)] };
    case "ApprovalRefused":
      if (message.startsWith("the evidence is not what was proposed")) return tamperedSteps(batchId, isLocal);
      return {
        text: "Another person than the proposer approves, within the hour, for the files that were proposed. If that is over, propose again.",
        commands: [show(batchId)],
      };
    case "CallerRefused":
    case "NotAllowed":
      return {
        text: "Proposals are made in a session of the Proposer role and approved in one of the Approver role, each under your own user name. The stack's outputs name both roles.",
        commands: [],
      };
    case "RequestMalformed":
      return { text: "Mend what the message names, and ask again.", commands: [] };
    case "CutOffPassed":
    case "SubmissionStopped":
      return {
        text: "What has not been sent stays unsent: abandon it, and redrive only after that. If abandon answers OPEN, some file was on its way: redrive, so that the batch closes with what was sent. If it answers ABANDONED, the batch is over, and its rows are billed under the next number.",
        commands: [show(batchId), abandon(batchId), redrive(batchId)],
      };
    case "SubmissionUnknown": {
      const file = /^file (\d\d) /.exec(message)?.[1] ?? "<nn>";
      const [one, another] = isLocal ? [" --as <one person>", " --as <another>"] : ["", ""];
      return {
        text: "Nobody can tell from here whether the bank has the file. Do not send it again by hand. Ask the bank for its record of this file. Either redrive now, which only looks for evidence and never sends again, or one person proposes what the bank has stated, a second one approves within the hour, and a redrive goes on.",
        commands: [
          show(batchId),
          redrive(batchId),
          resolve(batchId, file, one),
          `npm run ops -- approve <the id that resolve printed>${another} --yes`,
          redrive(batchId),
        ],
      };
    }
    case "TimeShort":
      return { text: "Redrive: it goes on with the file that was not begun.", commands: [redrive(batchId)] };
    case "BatchAbandoned":
      return {
        text: "This batch was abandoned and stays so. Its rows are billed by a list under the next number.",
        commands: [show(batchId)],
      };
    case "BatchAbandoning":
      return {
        text: "Somebody began to abandon this batch: finish that first.",
        commands: [abandon(batchId)],
      };
    case "StaleFence":
      return {
        text: "Another execution of this batch has taken over, or the batch is over: show tells which. If it was abandoned, bill its rows under the next number.",
        commands: [show(batchId)],
      };
    case "not-a-business-day":
    case "past-cut-off":
    case "too-late":
      return {
        text: "Bill the list on the next business day, with that day as its billing date.",
        commands: [`npm start -- --due <folder> --stream ${stream} --date <the next business day>`],
      };
    case "ExecutionNotRedrivable":
      return {
        text: "What has ended cannot be started again: its execution ended more than 14 days ago, has a full history, or is forgotten. Continue the batch: a new execution finds all the work that is done.",
        commands: [show(batchId), goOn(batchId)],
      };
    case "ExecutionNotEnded":
      return { text: "It still runs. Wait for its end; show tells of it.", commands: [show(batchId)] };
    case "LocalFault":
      return { text: "The local store cannot be used as it is.", commands: ["npm start -- --fresh"] };
    case "BatchClosed":
      return { text: "The batch is closed: there is nothing left to decide.", commands: [show(batchId)] };
    case "StreamUnknown": {
      const streams = Object.keys(configuration(stage === "prod" ? "prod" : "dev").streams).join(", ");
      return { text: `Check the stream's name: there are ${streams}.`, commands: [] };
    }
    case "BatchUnknown":
      return { text: "Check the name: batches are called <stream>-<yyyy-mm-dd>-<nn>.", commands: [] };
    case "LedgerBroken":
      return {
        text: "The ledger says something that cannot be. Stop the stream, keep everything, and find out why.",
        commands: [`npm run ops -- pause ${stream} --reason "…" --yes`, show(batchId)],
      };
    default:
      return {
        text: "Either redrive, which is safe from any state, any number of times (if it fails again for the same reason, that reason must be mended first), or, where the mend is in code, deploy it and continue the batch, because a redrive runs the versions that failed, or abandon what was not sent.",
        commands: [show(batchId), redrive(batchId), goOn(batchId), abandon(batchId)],
      };
  }
}

/** By what the refusal says: each of them is mended in another way. */
function proposalSteps(batchId: string, message: string, isLocal: boolean): NextSteps {
  const file = /file (\d\d) of batch/.exec(message)?.[1] ?? "<nn>";
  const again = resolve(batchId, file, isLocal ? " --as <one person>" : "");
  const arrived = /until (\S+) file \d\d .* may still have been on its way/.exec(message)?.[1];
  if (arrived !== undefined) {
    const text = `Too early: ask the bank again after ${arrived}, and propose with the time of that answer.`;
    return { text, commands: [again] };
  }
  if (message.startsWith("the bank's statement is dated later than now")) {
    const local = isLocal ? " On this machine --now says how late it is." : "";
    return { text: `Give the time at which the bank made its statement.${local}`, commands: [again] };
  }
  if (message.startsWith("the bank's statement is dated before the intent")) {
    return {
      text: "Ask the bank about this file, and propose with the time of that answer.",
      commands: [again],
    };
  }
  if (message.startsWith("there is no file")) {
    return { text: "Check the file's number: show lists the files of the batch.", commands: [show(batchId)] };
  }
  if (/ is not in doubt: | so a redrive proves /.test(message)) {
    const text =
      "There is nothing to resolve: show tells where the file stands, and a redrive goes on from there.";
    return { text, commands: [show(batchId), redrive(batchId)] };
  }
  if (/^the (?:evidence has|intent that stands)/.test(message)) {
    return { text: "Mend what the message names, and propose again.", commands: [show(batchId), again] };
  }
  return {
    text: "Only a suspicion that the gate has failed for the files of an open batch can be accepted: the newest report lists them.",
    commands: [show(batchId)],
  };
}

/** What was to prove something has been exchanged: that is never passed over. */
function tamperedSteps(batchId: string, isLocal: boolean): NextSteps {
  return {
    text: "Somebody has changed or removed the evidence since it was proposed. Keep everything, find out who it was, and propose again with the bank's own statement.",
    commands: [show(batchId), resolve(batchId, "<nn>", isLocal ? " --as <one person>" : "")],
  };
}

/**
 * A gate that suspects only, and has proven nothing wrong, can be passed by two people; its message tells which. On
 * AWS they are who they are; locally they say so.
 */
function gateSteps(batchId: string, message: string, isLocal: boolean): NextSteps {
  const named = /failed: (.+); see /.exec(message)?.[1]?.split(", ") ?? [];
  const suspicions = named.flatMap((one) => /^suspicion ([a-z-]+)/.exec(one)?.[1] ?? []);
  const nothingSent = "Nothing was sent. The report says which check failed and by how much.";
  const elseAbandon = "find the cause, then abandon the batch and bill its rows under the next number.";
  if (suspicions.length === 0 || suspicions.length < named.length) {
    return {
      text: `${nothingSent} A failed suspicion can be accepted by two people, a failed proof by nobody: ${elseAbandon}`,
      commands: [show(batchId), abandon(batchId)],
    };
  }
  return {
    text: `${nothingSent} Look at what it suspects. Either all is well: one person proposes to accept it, a second one approves within the hour, and a redrive goes on. Or it is not: ${elseAbandon}`,
    commands: [
      show(batchId),
      ...suspicions.map((check) => propose(batchId, check, isLocal ? " --as <one person>" : "")),
      `npm run ops -- approve <the id that propose printed>${isLocal ? " --as <another>" : ""} --yes`,
      redrive(batchId),
      abandon(batchId),
    ],
  };
}
