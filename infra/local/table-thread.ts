import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { faultOf } from "./local-fault.ts";
import type { TableServer } from "./table-server.ts";
import type { TableWorkerNews } from "./table-worker.ts";

/**
 * The tables of `<folder>/tables` in a thread of their own, which serves half as many calls again as one that they
 * share with their clients.
 *
 * @param onLost is told what has ended the server in the middle of its work
 * @throws LocalFault
 */
export async function serveInThread(folder: string, onLost: (error: unknown) => void): Promise<TableServer> {
  const worker = new Worker(new URL("./table-worker.ts", import.meta.url), {
    workerData: join(folder, "tables"),
    execArgv: [],
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const news = await new Promise<TableWorkerNews>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  }).catch((error: unknown) => {
    throw faultOf(folder, error);
  });
  if ("refusal" in news) {
    await ended;
    throw faultOf(folder, Object.assign(new Error(news.refusal.message), { code: news.refusal.code }));
  }
  worker.on("error", onLost);
  return {
    port: news.port,
    close: async () => {
      worker.postMessage("close");
      await ended;
    },
  };
}
