import { parentPort, workerData } from "node:worker_threads";
import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { type ChangedCell, type ChangedSeed, runChanged, runChangedCell } from "./changed-run.ts";

/** Runs one seed, or one cell of the crash matrix, of an app with some changes, and answers with what that has broken. */
Error.stackTraceLimit = 1;
const app = workerData as SimulatedApp;

parentPort?.on("message", (piece: ChangedSeed | ChangedCell) => {
  void answer(piece);
});

async function answer(piece: ChangedSeed | ChangedCell): Promise<void> {
  parentPort?.postMessage(await ("cell" in piece ? runChangedCell(piece, app) : runChanged(piece, app)));
}
