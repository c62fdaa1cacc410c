import type { ExecutionStatus } from "../../infra/local/execution-records.ts";
import type { Configuration, Stream } from "../../lambdas/domain/stream.ts";

/** What a worker process is told about its surroundings, once, as its only argument in JSON. */
export interface Surroundings {
  /** The worker's number in the race, which all its requests carry. */
  readonly worker: number;
  readonly ports: { readonly dynamodb: number; readonly s3: number };
  /** The folder of the synthesized templates. */
  readonly templates: string;
  /** Given, because to make it anew takes as long as to load all the rest. */
  readonly configuration: Configuration;
}

/** One run: an execution that a worker starts, or takes up from the records that another process has left. */
export interface Order {
  readonly run: number;
  /** The execution's records: a batch service's own memory, which outlives its process. */
  readonly folder: string;
  readonly execution: string;
  /** The execution's input, if it has none on record. */
  readonly input: string;
  /** Whether a person first decides that what was not sent stays unsent. */
  readonly abandon: boolean;
  readonly stream: Stream;
  /** When the round has begun, on {@link now}'s clock; every process shows the same time of day for it. */
  readonly roundBegan: number;
}

export type News =
  | { readonly type: "ready" }
  | {
      readonly type: "state";
      readonly run: number;
      readonly state: string;
      readonly event: "entered" | "exited" | "failed";
      readonly at: number;
    }
  | ({ readonly type: "ended"; readonly run: number } & Ended);

/** How a run has ended. */
export interface Ended {
  readonly status: ExecutionStatus;
  /** The error's name, and that of a failed map's child. */
  readonly error?: string;
  readonly cause?: string;
}

/** The header by which the stores' wire knows whose request it sees: worker, run and function. */
export const MARK = "x-race";

/** Milliseconds of the operating system's own counter, which all processes share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
