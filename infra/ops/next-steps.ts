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
const abandon = (id: string) => `npm run ops -- abandon ${id} --reason "…" --yes`;

/**
 * By the name of the error that stopped a batch.
 * @param message the error's own, which names what stands in the way
 * @param stage on AWS; every command carries it, so that a pasted line acts where the batch is
 */
export function nextSteps(
  errorName: string,
  batchId: string,
  stream: string,
  stage?: string,
  message = "",
): NextSteps {
  const { text, commands } = stepsFor(errorName, batchId, stream, message, stage === undefined);
  return {
    text,
    commands: stage === undefined ? commands : commands.map((line) => `${line} --stage ${stage}`),
  };
}

function stepsFor(
  errorName: string,
  batchId: string,
  stream: string,
  message: string,
  isLocal: boolean,
): NextSteps {
  switch (errorName) {
    case "LockHeld": {
      const holder = /batch (\S+) (?:has held|holds)/.exec(message)?.[1] ?? "<the batch that holds the lock>";
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
      return {
        text: "Only a suspicion that the gate has failed for the files of an open batch can be accepted (the newest report lists them), and only a file in doubt be resolved, on a statement of the bank that can be about it.",
        commands: [show(batchId)],
      };
    case "ProposalUnknown":
      return { text: "Check the id: show lists the batch's proposals.", commands: [show(batchId)] };
    case "ApprovalRefused":
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
        text: "What has not been sent stays unsent: abandon it. If abandon answers OPEN, some file was on its way: redrive, so that the batch closes with what was sent. If it answers ABANDONED, the batch is over, and its rows are billed under the next number.",
        commands: [show(batchId), abandon(batchId), redrive(batchId)],
      };
    case "SubmissionUnknown": {
      const file = /^file (\d\d) /.exec(message)?.[1] ?? "<nn>";
      const [one, another] = isLocal ? [" --as <one person>", " --as <another>"] : ["", ""];
      return {
        text: "Nobody can tell from here whether the bank has the file. Do not send it again by hand. Ask the bank for its record of this file. A redrive only looks for evidence and never sends again. Otherwise one person proposes what the bank has stated, a second one approves within the hour, and a redrive goes on.",
        commands: [
          show(batchId),
          redrive(batchId),
          `npm run ops -- resolve ${batchId} ${file} <--submitted|--rejected> --evidence <file> --reference "…" --channel <channel> --stated-at <instant> --reason "…"${one} --yes`,
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
    case "BatchUnknown":
    case "StreamUnknown":
      return { text: "Check the name: batches are called <stream>-<yyyy-mm-dd>-<nn>.", commands: [] };
    case "LedgerBroken":
      return {
        text: "The ledger says something that cannot be. Stop the stream, keep everything, and find out why.",
        commands: [`npm run ops -- pause ${stream} --reason "…" --yes`, show(batchId)],
      };
    default:
      return {
        text: "Redrive is safe from any state, any number of times. If it fails again for the same reason, that reason must be mended first; where the mend is in code, deploy it and continue the batch, because a redrive runs the versions that failed. What was not sent can be abandoned.",
        commands: [show(batchId), redrive(batchId), goOn(batchId), abandon(batchId)],
      };
  }
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
    text: `${nothingSent} Look at what it suspects. If all is well, one person proposes to accept it, a second one approves within the hour, and a redrive goes on. If not: ${elseAbandon}`,
    commands: [
      show(batchId),
      ...suspicions.map((check) => propose(batchId, check, isLocal ? " --as <one person>" : "")),
      `npm run ops -- approve <the id that propose printed>${isLocal ? " --as <another>" : ""} --yes`,
      redrive(batchId),
      abandon(batchId),
    ],
  };
}
