import { type OperationId, matrixCells, rowOf, variantsAt } from "../simulation/matrix.ts";
import { runScenario } from "../simulation/matrix-run.ts";
import { isDecisive, isRead, scenarioOf } from "../simulation/matrix-scenarios.ts";
import type { SimulatedApp } from "../simulation/simulated-app.ts";

/** How a decisive write fails here: the kinds that differ in what lands, and in who lives on to see it. */
const OF_WRITES: readonly string[] = ["drop", "lose", "late-15s", "crash-before", "crash-after", "pause"];
/** A read that fails changes nothing; who sleeps over it acts later on what it said. */
const OF_READS: readonly string[] = ["pause"];

/** Moments at which people interfere that are tried here: every other one of those of `npm test`. */
const EVERY = 2;

/**
 * The part of the crash matrix in which layers are taken out, in a fixed order: in the batch of the first scenario every
 * operation that decides whether something is debited, and people who start, abandon, or stop and redrive it at any
 * moment and while each of those operations is slow. The bank's mode changes from cell to cell.
 */
export async function ablationCells(app: SimulatedApp): Promise<OperationId[]> {
  const { operations } = await runScenario(scenarioOf("a"), { app, mode: "books-everything", faults: [] });
  const single = operations.flatMap((op, index) => {
    if (!isDecisive(rowOf(op))) return [];
    const kinds = isRead(op.label) ? OF_READS : OF_WRITES;
    return variantsAt(op).flatMap(({ name }) => (kinds.includes(name) ? [`a.${index}.${name}`] : []));
  });
  const overlaps = await matrixCells("overlaps", app, "test");
  const moments = overlaps.filter((id) => id.includes("@")).filter((_, index) => index % EVERY === 0);
  return [...single, ...overlaps.filter((id) => id.includes("!")), ...moments];
}
