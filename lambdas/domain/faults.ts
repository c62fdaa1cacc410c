/**
 * Faults: thrown, never caught on the way, so that their names reach Step Functions, the alarms and the
 * command line as they are. Each message names things, places and both figures, never a row's values.
 */
export abstract class Fault extends Error {}

/** Another batch that is not over holds the stream's lock. */
export class LockHeld extends Fault {
  override readonly name = "LockHeld";
}

/** A person has paused the stream. */
export class StreamPaused extends Fault {
  override readonly name = "StreamPaused";
}

/** A deployment holds the stream. */
export class DeployInProgress extends Fault {
  override readonly name = "DeployInProgress";
}

/** The ledger is older than the configuration says: it may have forgotten submissions. */
export class EpochMismatch extends Fault {
  override readonly name = "EpochMismatch";
}

/** The batch was abandoned; its list needs a new number. */
export class BatchAbandoned extends Fault {
  override readonly name = "BatchAbandoned";
}

/** Somebody is abandoning this batch right now; only `abandon` may go on. */
export class BatchAbandoning extends Fault {
  override readonly name = "BatchAbandoning";
}

/** The batch is closed: there is nothing left to decide. */
export class BatchClosed extends Fault {
  override readonly name = "BatchClosed";
}

/** A later acquire of the lock has replaced this one; its writes are refused. */
export class StaleFence extends Fault {
  override readonly name = "StaleFence";
}

/** The configuration has no stream of that name. */
export class StreamUnknown extends Fault {
  override readonly name = "StreamUnknown";
}

/** The ledger has no record of that batch. */
export class BatchUnknown extends Fault {
  override readonly name = "BatchUnknown";
}

/** There is no due list where the batch looks for it. */
export class DueListMissing extends Fault {
  override readonly name = "DueListMissing";
}

/** The due list is not what its manifest, or the batch's own record, says. */
export class DueListMismatch extends Fault {
  override readonly name = "DueListMismatch";
}

/** Stored bytes are not those that the ledger froze. */
export class BankFileDamaged extends Fault {
  override readonly name = "BankFileDamaged";
}

/** A file without the gate's verdict for its SHA-256 was about to go on. */
export class NotReconciled extends Fault {
  override readonly name = "NotReconciled";
}

/** The reconciliation found a difference; nothing is submitted. */
export class GateFailed extends Fault {
  override readonly name = "GateFailed";
}

/** Too little time is left before the bank's cut-off. */
export class CutOffPassed extends Fault {
  override readonly name = "CutOffPassed";
}

/** Too little of a call's time is left to begin another file; a redrive goes on with it. */
export class TimeShort extends Fault {
  override readonly name = "TimeShort";
}

/** It cannot be told whether the bank has the file. Doubt is never "failed". */
export class SubmissionUnknown extends Fault {
  override readonly name = "SubmissionUnknown";
}

/** An earlier file was not submitted, so the later ones stay back until they are abandoned. */
export class SubmissionStopped extends Fault {
  override readonly name = "SubmissionStopped";
}

/** The due rows are not the sum of excluded, submitted, withdrawn and rejected ones. */
export class SumNotProven extends Fault {
  override readonly name = "SumNotProven";
}

/** Something is larger than a limit that the design sets. */
export class LimitExceeded extends Fault {
  override readonly name = "LimitExceeded";
}

/** A conditional write lost its race several times in a row. */
export class LedgerBusy extends Fault {
  override readonly name = "LedgerBusy";
}

/** The ledger says something that cannot be. */
export class LedgerBroken extends Fault {
  override readonly name = "LedgerBroken";
}

/** The batch's execution is still running. */
export class ExecutionNotEnded extends Fault {
  override readonly name = "ExecutionNotEnded";
}

/** No execution of the batch can be started again; Step Functions calls it so too. A new one can. */
export class ExecutionNotRedrivable extends Fault {
  override readonly name = "ExecutionNotRedrivable";
}

/** What a person asks for is not to be had, or not in this way: nothing has failed. */
export abstract class RequestRefused extends Fault {}

/** The caller is not a person in the role that this function is for. */
export class CallerRefused extends RequestRefused {
  override readonly name = "CallerRefused";
}

/** A person's request is not of the form that the function takes. */
export class RequestMalformed extends RequestRefused {
  override readonly name = "RequestMalformed";
}

/** What is proposed is not open to be decided by people, or not now. */
export class ProposalRefused extends RequestRefused {
  override readonly name = "ProposalRefused";
}

/** The ledger has no proposal under that id. */
export class ProposalUnknown extends RequestRefused {
  override readonly name = "ProposalUnknown";
}

/** This person cannot approve this proposal, or not now. */
export class ApprovalRefused extends RequestRefused {
  override readonly name = "ApprovalRefused";
}
