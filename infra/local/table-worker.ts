import { parentPort, workerData } from "node:worker_threads";
import { codeOf } from "./local-fault.ts";
import { serveTables } from "./table-server.ts";

/** What the worker thread of the tables tells its parent, once: where it serves, or why it cannot. */
export type TableWorkerNews =
  | { readonly port: number }
  | { readonly refusal: { readonly code?: string; readonly message: string } };

const parent = parentPort;
if (parent === null) throw new Error("table-worker.ts runs as a worker thread only");

try {
  const server = await serveTables(workerData as string);
  parent.once("message", () => void server.close().then(() => parent.close()));
  parent.postMessage({ port: server.port } satisfies TableWorkerNews);
} catch (error) {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  parent.postMessage({ refusal: { message, ...(code && { code }) } } satisfies TableWorkerNews);
  parent.close();
}
