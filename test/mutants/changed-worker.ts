import { parentPort, workerData } from "node:worker_threads";
import type { BankMode, Violation } from "../simulation/events.ts";
import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { changesThatRan, importChanged } from "./mutated.ts";
import { partOf } from "./parts.ts";

/** Runs one seed of an app with some changes, and answers with what that has broken. */
export interface ChangedSeed {
  /** Ids of mutants and layers that are put in or taken out together; none is the app as built. */
  readonly parts: readonly string[];
  readonly seed: number;
  readonly mode: BankMode;
  /** "end-to-end": only what the bank got is judged, so that layers that cover for each other are seen to. */
  readonly judges: "all" | "end-to-end";
}

export interface ChangedSeedResult extends ChangedSeed {
  readonly violations: readonly Violation[];
  /** Which of the parts have run at all. */
  readonly ran: readonly string[];
}

Error.stackTraceLimit = 1;
const app = workerData as SimulatedApp;

parentPort?.on("message", (piece: ChangedSeed) => {
  void answer(piece);
});

async function answer(piece: ChangedSeed): Promise<void> {
  parentPort?.postMessage(await runChanged(piece, app));
}

/** Runs one seed of a changed app in this thread. */
export async function runChanged(piece: ChangedSeed, built: SimulatedApp): Promise<ChangedSeedResult> {
  const parts = piece.parts.map((id) => ({ id, change: partOf(id) }));
  const { runSeed } = await importChanged<typeof import("../simulation/run-seed.ts")>(
    piece.parts.join("+"),
    parts,
    "test/simulation/run-seed.ts",
  );
  const definition = parts.reduce((so, { change }) => change.definition?.(so) ?? so, built.definition);
  changesThatRan();
  const { violations } = await runSeed(piece.seed, piece.mode, {
    app: { ...built, definition },
    judges: piece.judges,
  });
  return { ...piece, violations, ran: [...changesThatRan()] };
}
