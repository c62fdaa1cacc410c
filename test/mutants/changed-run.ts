import type { BankMode, Violation } from "../simulation/events.ts";
import type { JudgedBy } from "../simulation/judges.ts";
import { cellOf } from "../simulation/matrix.ts";
import type { SimulatedApp } from "../simulation/simulated-app.ts";
import { changesThatRan, forgetWhatRan, importChanged } from "./mutated.ts";
import { partOf } from "./parts.ts";

/** One seed of an app with some changes. */
export interface ChangedSeed {
  /** Ids of mutants and layers that are put in or taken out together; none is the app as built. */
  readonly parts: readonly string[];
  readonly seed: number;
  readonly mode: BankMode;
  /** "end-to-end": only what the bank got is judged, so that layers that cover for each other are seen to. */
  readonly judges: JudgedBy;
}

/** One cell of the crash matrix of such an app. It is found in the app as built, by its id, and its faults are then those of the changed one. */
export interface ChangedCell extends Pick<ChangedSeed, "parts" | "judges"> {
  /** Such as `b.131.lose` or `stop!117`. */
  readonly cell: string;
}

/** What a run of a changed app has come to. */
export interface Changed {
  readonly violations: readonly Violation[];
  /** Which of the parts have run at all. */
  readonly ran: readonly string[];
}

export type ChangedSeedResult = ChangedSeed & Changed;
export type ChangedCellResult = ChangedCell & Changed;

/** Runs one seed of a changed app in this thread. */
export async function runChanged(piece: ChangedSeed, built: SimulatedApp): Promise<ChangedSeedResult> {
  const { parts, judges } = piece;
  const { runSeed } = await changed<typeof import("../simulation/run-seed.ts")>(parts, "run-seed.ts");
  forgetWhatRan();
  const { violations } = await runSeed(piece.seed, piece.mode, { app: changedApp(parts, built), judges });
  return { ...piece, violations, ran: [...changesThatRan()] };
}

/** Runs one cell of the crash matrix of a changed app in this thread. */
export async function runChangedCell(piece: ChangedCell, built: SimulatedApp): Promise<ChangedCellResult> {
  const { parts, judges } = piece;
  const { scenario, faults, mode } = await cellOf(piece.cell, built);
  const { runScenario } = await changed<typeof import("../simulation/matrix-run.ts")>(parts, "matrix-run.ts");
  forgetWhatRan();
  const { violations } = await runScenario(scenario, { app: changedApp(parts, built), mode, faults, judges });
  return { ...piece, violations, ran: [...changesThatRan()] };
}

function changed<Module>(parts: readonly string[], module: string): Promise<Module> {
  const changes = parts.map((id) => ({ id, change: partOf(id) }));
  return importChanged<Module>(parts.join("+"), changes, `test/simulation/${module}`);
}

function changedApp(parts: readonly string[], built: SimulatedApp): SimulatedApp {
  const definition = parts.reduce((so, id) => partOf(id).definition?.(so) ?? so, built.definition);
  return { ...built, definition };
}
