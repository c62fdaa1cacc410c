import type { Layer } from "./mutant.ts";

/** The guards of the promise, each of which can be taken out alone and together with others. */
export const LAYERS: readonly Layer[] = [];
