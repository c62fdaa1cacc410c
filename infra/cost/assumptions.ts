/**
 * What no run on this machine can tell, because its processor, its stores and its clock are not AWS's. Each is meant
 * to be too dear rather than too cheap, and the output names it as an assumption.
 */
export const ASSUMED = {
  /** Of every call of a function: a cold start, each time. */
  secondsPerCall: 1,
  /** Of every request of a function, as though none overlapped another. */
  secondsPerRequest: 0.01,
  /** Of what a function sends and receives: parsing, judging, hashing. */
  bytesPerSecond: 5_000_000,
  /** What Lambda itself writes to the log around a call: start, end, report. */
  logBytesPerCall: 1500,
  /** What Step Functions logs of a transition at level ALL without execution data. */
  logBytesPerTransition: 2500,
  /** Into and out of an execution: the start and the end of each are counted like a state. */
  transitionsPerExecution: 2,
  /** DynamoDB's own addition to the size of an item that it stores. */
  bytesPerItem: 100,
} as const;

/** The same for a reader, in the order of their weight. */
export const ASSUMPTIONS: readonly string[] = [
  `Lambda time is not measured: a call is ${ASSUMED.secondsPerCall} s (a cold start each time), each of its requests ` +
    `${ASSUMED.secondsPerRequest * 1000} ms and none beside another, and its bytes pass at ${ASSUMED.bytesPerSecond / 1e6} MB/s.`,
  "Every debit is due for the first time and staged; a refused row costs less, a redrive more.",
  "One bank file per batch. Between the Lambdas, the tables and the buckets, in one region, transfer is free.",
  "KMS is asked once for every object request, as if the buckets had no bucket keys; every call is traced.",
  `Step Functions counts the start and the end of an execution; its log is ${ASSUMED.logBytesPerTransition} bytes per ` +
    `transition, Lambda's own ${ASSUMED.logBytesPerCall} per call.`,
];
