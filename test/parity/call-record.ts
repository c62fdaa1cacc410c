import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RecordedCall } from "../../infra/local/recorded-calls.ts";

/** The variable of the environment that names the folder of this test run's records; without it nothing is kept. */
export const RECORDS_FOLDER = "DEBIT_ONCE_RECORDED_CALLS";

/** A request as a permission sees it: what it asks of which thing, with patterns where the values were. */
export interface SeenCall {
  readonly functionName: string;
  /** As IAM names it, such as `s3:PutObject`. */
  readonly action: string;
  /** The variable by which the function knows the thing, such as `LEDGER_TABLE`; `STATE_MACHINE_ARN` also of its executions. */
  readonly resource: string;
  /** Of an object, or the prefix of a listing, such as `<batch>/plan-<hash>.jsonl`. */
  readonly key?: string;
  /** Partition keys up to their first `#`, such as `MANDATE#`. */
  readonly leadingKeys?: readonly string[];
  readonly ifNoneMatch?: boolean;
  /** What the store found: nothing under the key (404), or something where nothing should be (412). */
  readonly found?: "nothing" | "something";
}

/** What one test file has made the functions of one app do. */
export interface CallRecord {
  /** Its name without the folder, such as `redrive.test.ts`. */
  readonly testFile: string;
  /** Every function that was called, also one that asked nothing of anybody. */
  readonly functions: readonly string[];
  readonly calls: readonly { readonly call: SeenCall; readonly times: number }[];
}

/** Gathers what the functions of one app send, as patterns: no value of a row is kept. */
export class CallRecorder {
  readonly #variables: ReadonlyMap<string, string>;
  readonly #functions = new Set<string>();
  readonly #calls = new Map<string, { call: SeenCall; times: number }>();

  /** @param names of the app: variable → bucket, table or ARN */
  constructor(names: Readonly<Record<string, string>>) {
    this.#variables = new Map(Object.entries(names).map(([variable, name]) => [name, variable]));
  }

  invoked(functionName: string): void {
    this.#functions.add(functionName);
  }

  sent(sent: RecordedCall): void {
    const call = seenCall(sent, this.#variables);
    const name = JSON.stringify(call);
    const seen = this.#calls.get(name) ?? { call, times: 0 };
    seen.times += 1;
    this.#calls.set(name, seen);
  }

  record(testFile: string): CallRecord {
    return { testFile, functions: [...this.#functions], calls: [...this.#calls.values()] };
  }

  /** Adds the record to this process's file, if this is a test run that keeps records. */
  keep(testFile: string): void {
    const folder = process.env[RECORDS_FOLDER];
    if (folder === undefined) return;
    appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(this.record(testFile))}\n`);
  }
}

/** All records of this test run. */
export function keptRecords(): CallRecord[] {
  const folder = process.env[RECORDS_FOLDER];
  if (folder === undefined) return [];
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as CallRecord),
  );
}

function seenCall(sent: RecordedCall, variables: ReadonlyMap<string, string>): SeenCall {
  const { functionName, action, key, leadingKeys, ifNoneMatch, status } = sent;
  const machine = sent.resource.replace(/:execution:([^:]+):.*$/, ":stateMachine:$1");
  const resource = variables.get(machine);
  // Without a variable nobody granted it: the evaluation must meet it, and not take it for something else.
  if (resource === undefined) throw new Error(`${functionName} ${action}: no function has a variable for it`);
  const found = status === 404 ? "nothing" : status === 412 ? "something" : undefined;
  return {
    functionName,
    action,
    resource,
    ...(key !== undefined && { key: keyPattern(key) }),
    ...(leadingKeys && { leadingKeys: [...new Set(leadingKeys.map(leadingPattern))].sort() }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
    ...(found && { found }),
  };
}

/** A key without the names, dates and hashes of its batch. */
export function keyPattern(key: string): string {
  return key
    .replace(/[0-9a-f]{64}/g, "<hash>")
    .replace(/[a-z][a-z0-9-]*-\d{4}-\d\d-\d\d-\d\d/g, "<batch>")
    .replace(/\d{4}-\d\d-\d\d/g, "<date>")
    .replace(/^[^/<]+(?=\/<date>\/)/, "<stream>")
    .replace(/^\d{6}(?=\/)/, "<user id>")
    .replace(/\d+/g, "<n>");
}

function leadingPattern(key: string): string {
  const end = key.indexOf("#");
  return end === -1 ? "<key>" : key.slice(0, end + 1);
}
