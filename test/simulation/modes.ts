import type { BankMode } from "./events.ts";

export const MODES: readonly BankMode[] = ["books-everything", "deduplicates"];

/** The bank mode that a seed runs in: the modes take turns. */
export function modeOf(seed: number, modes: readonly BankMode[] = MODES): BankMode {
  return modes[seed % modes.length] as BankMode;
}
