import { parentPort, workerData } from "node:worker_threads";
import { type MatrixChunk, runOperation } from "./matrix.ts";
import type { SimulatedApp } from "./simulated-app.ts";

/** Runs all cells of the operations that it is sent, and answers with what they have come to. */
const app = workerData as SimulatedApp;

parentPort?.on("message", ({ kind, id }: MatrixChunk) => {
  void answer(kind, id);
});

async function answer(kind: MatrixChunk["kind"], id: MatrixChunk["id"]): Promise<void> {
  parentPort?.postMessage(await runOperation(kind, id, app));
}
