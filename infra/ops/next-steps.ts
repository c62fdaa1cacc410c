/** What a person does next: one sentence, and the commands it needs. */
export interface NextSteps {
  readonly text: string;
  readonly commands: readonly string[];
}

const show = (id: string) => `npm run ops -- show ${id}`;
const redrive = (id: string) => `npm run ops -- redrive ${id} --reason "…" --yes`;
const abandon = (id: string) => `npm run ops -- abandon ${id} --reason "…" --yes`;

/** By the name of the error that stopped a batch. `stage` is what every command line must carry, or nothing. */
export function nextSteps(errorName: string, batchId: string, stream: string): NextSteps {
  switch (errorName) {
    case "LockHeld":
      return {
        text: "Another batch of the stream is not over. End that one first, then redrive this one.",
        commands: [show(batchId), redrive(batchId)],
      };
    case "StreamPaused":
      return {
        text: "A person has paused the stream. When the reason is gone, resume it and redrive.",
        commands: [`npm run ops -- resume ${stream} --reason "…" --yes`, redrive(batchId)],
      };
    case "DeployInProgress":
      return { text: "Wait for the deployment's end, then redrive.", commands: [redrive(batchId)] };
    case "DueListMismatch":
      return {
        text: "Let the billing system write the list again, under the next number; this batch is abandoned.",
        commands: [abandon(batchId)],
      };
    case "DueListMissing":
      return {
        text: "Put the list and its manifest where the message says, then redrive.",
        commands: [redrive(batchId)],
      };
    case "GateFailed":
      return {
        text: "Nothing was sent. The report says which check failed and by how much. A failed proof cannot be passed: find the cause, then abandon the batch and bill its rows under the next number.",
        commands: [show(batchId), abandon(batchId)],
      };
    case "CutOffPassed":
    case "SubmissionStopped":
      return {
        text: "What has not been sent stays unsent: abandon it, then redrive, so that the batch closes with what was sent.",
        commands: [show(batchId), abandon(batchId), redrive(batchId)],
      };
    case "SubmissionUnknown":
      return {
        text: "Nobody can tell from here whether the bank has the file. Do not send it again by hand. Ask the bank for its record of this file; a redrive only looks for evidence and never sends again.",
        commands: [show(batchId), redrive(batchId)],
      };
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
        text: "A later execution of this batch has taken over; look at that one.",
        commands: [show(batchId)],
      };
    case "not-a-business-day":
      return { text: "Bill the list on a business day, with that day as its billing date.", commands: [] };
    case "past-cut-off":
    case "too-late":
      return {
        text: "Bill the list on the next business day, with that day as its billing date.",
        commands: [],
      };
    default:
      return {
        text: "Redrive is safe from any state, any number of times. If it fails again for the same reason, that reason must be mended first; what was not sent can be abandoned.",
        commands: [show(batchId), redrive(batchId), abandon(batchId)],
      };
  }
}
