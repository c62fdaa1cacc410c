import { parentPort, workerData } from "node:worker_threads";
import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { type ChangedSeed, runChanged } from "./changed-run.ts";

/** Runs one seed of an app with some changes, and answers with what that has broken. */
Error.stackTraceLimit = 1;
const app = workerData as SimulatedApp;

parentPort?.on("message", (piece: ChangedSeed) => {
  void answer(piece);
});

async function answer(piece: ChangedSeed): Promise<void> {
  parentPort?.postMessage(await runChanged(piece, app));
}
