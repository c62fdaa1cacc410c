import { parentPort, workerData } from "node:worker_threads";
import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { runLayersOff, type LayersOff } from "./ablation-run.ts";

/** Runs everything that is tried of one set of layers, and answers with what it has come to. */
Error.stackTraceLimit = 1;
const app = workerData as SimulatedApp;

parentPort?.on("message", (piece: LayersOff) => {
  void answer(piece);
});

async function answer(piece: LayersOff): Promise<void> {
  parentPort?.postMessage(await runLayersOff(piece, app));
}
