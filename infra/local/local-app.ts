import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Runtime } from "../../lambdas/adapters/lambda.ts";
import type { Configuration } from "../../lambdas/domain/stream.ts";
import type { Clock, Instant } from "../../lambdas/ports.ts";
import { type LocalAccount, OPEN_ACCOUNT, serveAccount } from "./account-endpoint.ts";
import type { Assembly, LocalFunction } from "./assembly.ts";
import { localClock } from "./clock.ts";
import { type ExecutionRecord, openExecutionRecords } from "./execution-records.ts";
import type { ExecutionEvent } from "./execution-run.ts";
import { Executions } from "./executions.ts";
import { localFunctions } from "./local-functions.ts";
import { openLog } from "./log-file.ts";
import { type ClientSettings, LOCAL_REGION, loopback } from "./loopback.ts";
import { type RecordedCall, recording } from "./recorded-calls.ts";
import { serveStates } from "./states-endpoint.ts";
import { createTables, openStores, type Storage } from "./stores.ts";

export interface LocalAppOptions {
  /** Where everything is kept: tables/, objects/, executions/ and logs/. One app at a time has it. */
  readonly folder: string;
  readonly assembly: Assembly;
  readonly configuration: Configuration;
  /** What the local clock shows when the app is open. */
  readonly startAt: Instant;
  readonly onEvent?: (event: ExecutionEvent) => void;
  /** Where the tables live; "disk" unless told. Objects and executions are always on disk. */
  readonly storage?: Storage;
  /** Stands around every call of a function: to watch it, or to let it fail before or after its effect. */
  readonly around?: Around;
  /** Is told every request of a function to a store or to Step Functions, once it is answered. */
  readonly onCall?: (call: RecordedCall) => void;
  /** What change calendar and stacks say; unless told, everything is deployed and nothing is closed. */
  readonly account?: LocalAccount;
  /** Instead of the waits that the definition's Retry fields name. */
  readonly retryDelayMs?: number;
}

/** Stands around every call of a function: makes the call, or not, and answers or throws in its place. */
export type Around = (functionName: string, event: unknown, call: () => Promise<unknown>) => Promise<unknown>;

/** The app on this machine. */
export interface LocalApp {
  readonly clock: Clock;
  /** Environment variable → bucket, table or ARN, such as `DUE_BUCKET`. */
  readonly names: Readonly<Record<string, string>>;
  /** Settings for clients of one's own. */
  readonly clients: ClientSettings;
  /** Calls a Lambda function by the name in its metadata; throws what the handler throws. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  execution(name: string): ExecutionRecord | undefined;
  /** Starts a failed execution again at the state that failed, as the Step Functions service would. */
  redrive(executionName: string): Promise<void>;
  /** Waits until an execution has ended. */
  waitFor(executionName: string): Promise<ExecutionRecord>;
  close(): Promise<void>;
}

/**
 * Opens the synthesized app on this machine: real handlers in this process, on stores of its own.
 *
 * @throws LocalFault when the folder cannot be used
 */
export async function openLocalApp(options: LocalAppOptions): Promise<LocalApp> {
  const { folder, assembly, storage = "disk" } = options;
  const clock = localClock(options.startAt);
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    const faults: unknown[] = [];
    for (const end of opened.splice(0).reverse()) await end().catch((error: unknown) => faults.push(error));
    if (faults.length > 0) throw faults[0];
  };
  try {
    const stores = await openStores({ folder, storage, buckets: assembly.buckets });
    opened.push(stores.close);
    let statesPort = 0;
    const account = await serveAccount(options.account ?? OPEN_ACCOUNT);
    opened.push(account.close);
    const clients = loopback({ ...stores.ports, sfn: () => statesPort, account: () => account.port });
    opened.push(async () => clients.close());
    await createTables(clients.dynamodb, assembly.tables, folder);
    const log = openLog(join(folder, "logs"));
    opened.push(async () => log.close());

    // Read on use: a test may put a request handler of its own into these settings first.
    const settings = (name: string): ClientSettings => {
      const { dynamodb, s3, sfn, ssm, cloudformation } = clients;
      const own = { dynamodb, s3, sfn, ssm, cloudformation };
      return options.onCall ? recording(own, name, options.onCall) : own;
    };
    const runtime = (name: string, { env }: LocalFunction): Runtime => ({
      env: { ...env, AWS_REGION: LOCAL_REGION, AWS_LAMBDA_FUNCTION_NAME: name },
      configuration: options.configuration,
      clock,
      nonce: randomUUID,
      write: log.write,
      ...settings(name),
    });
    const functions = localFunctions(assembly, runtime, options.around ?? ((_name, _event, call) => call()));
    const invoke = async (name: string, event: unknown) => {
      try {
        return await functions(name, event);
      } catch (error) {
        log.write(JSON.stringify(errorLine(name, error)));
        // Without its tables nothing works, and what every call then says is not the reason.
        throw stores.fault() ?? error;
      }
    };
    const executions = new Executions({
      definition: assembly.definition,
      stateMachineArn: assembly.stateMachineArn,
      records: await openExecutionRecords(join(folder, "executions"), clock.now),
      clock,
      call: invoke,
      onEvent: options.onEvent ?? (() => {}),
      ...(options.retryDelayMs !== undefined && { retryDelayMs: options.retryDelayMs }),
    });
    const endpoint = await serveStates(assembly.stateMachineArn, executions);
    statesPort = endpoint.port;
    opened.push(endpoint.close, () => executions.close());
    return {
      clock,
      names: assembly.names,
      clients,
      invoke,
      execution: (name) => executions.find(name),
      redrive: async (name) => {
        await executions.redrive(name);
      },
      waitFor: (name) => executions.wait(name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function errorLine(name: string, error: unknown): object {
  const { name: type, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { level: "ERROR", function: name, errorType: type, errorMessage: message, stack };
}
