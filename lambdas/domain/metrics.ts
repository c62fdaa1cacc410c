/** The namespace of every metric in CloudWatch. */
export const NAMESPACE = "DebitOnce";

/**
 * Everything that is counted, under the name it has in CloudWatch (namespace `DebitOnce`, dimension `Stream`). A
 * count says that something happened, and how often or how many; an alarm names one of these and nothing else.
 */
export const METRICS = {
  BatchStarted: "executions started by the schedule",
  StartRefused: "starts that came too late or after the cut-off, so nobody billed the list",
  LockAcquired: "locks acquired",
  RowsDue: "rows of due lists planned",
  RowsStaged: "rows staged",
  RowsExcluded: "rows excluded, for whatever reason",
  DuplicateExcluded: "rows excluded because they would debit an instalment a second time",
  FilesComposed: "bank files frozen",
  GatePassed: "sets of bank files that the gate let pass",
  GateFailed: "sets of bank files that the gate stopped",
  SuspicionRaised: "suspicions that nobody has accepted",
  FilesSubmitted: "bank files proven to lie where the bank picks them up",
  FilesWithdrawn: "bank files that will never be sent",
  SubmissionUnknown: "submissions of which nobody can tell whether the bank has the file",
  BatchClosed: "batches closed",
  DebitsSubmitted: "debits submitted by closed batches",
  DebitsNotSubmitted: "due rows of closed batches that were not submitted, for whatever reason",
  NothingSubmitted: "batches that closed without sending any of the debits that were staged",
  BatchAbandoned: "decisions that what a batch has not sent is never sent",
  BatchRedriven: "redrives that a person asked for",
  BatchContinued: "new executions of a batch that a person asked for",
  StreamPaused: "pauses begun",
  StreamResumed: "pauses ended",
  DeployBegan: "streams that a deployment has taken",
  DeployEnded: "streams that a deployment has given back",
  DeployRefused: "deployments, or changes of the stacks beside one, that were refused",
  DeployHookFailed: "answers of CloudFormation's hook that it could not decide, once in every stream",
  Proposed: "decisions proposed",
  Approved: "decisions approved by a second person",
  OverrideApproved: "approvals that let a deployment through the blackout, asked for or given",
  DueListMissing: "due lists that were not there when their batch was to start",
  BatchMissing: "business days on which no batch of the stream was closed by the expected time",
  DeploymentLong: "looks at a stream that a deployment has held for longer than the longest one takes",
  Watched: "looks of the watch at a stream: it is alive",
  StepFailed: "calls that ended in an error, whichever it was",
} as const satisfies Record<string, string>;

export type MetricName = keyof typeof METRICS;

/**
 * The faults that are counted under their own names too, because an alarm waits for each. Other faults share a name
 * with something that is counted, such as a pause, and are not that.
 */
export const COUNTED_FAULTS = [
  "GateFailed",
  "SubmissionUnknown",
  "DueListMissing",
] as const satisfies readonly MetricName[];
