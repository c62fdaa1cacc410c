import { columns } from "../columns.ts";

/** One line of the table: what was measured, and what it must reach. */
export interface Figure {
  readonly bench: string;
  readonly what: string;
  readonly value: number;
  readonly unit: "×" | "MB" | "s";
  /** Absent for a figure that is only told. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
  /** What else there is to know: how much was done, how often, in which time. */
  readonly detail: string;
}

/** How a bench is run. */
export interface Effort {
  /** A tiny one says only that the bench works; a quick one is less sure; a full one counts. */
  readonly size: "tiny" | "quick" | "full";
  /** Says what is under way. */
  readonly tell: (what: string) => void;
}

export function isMissed({ value, target }: Figure): boolean {
  if (target === undefined) return false;
  return "atLeast" in target ? !(value >= target.atLeast) : !(value <= target.atMost);
}

export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.bench,
    figure.what,
    `${figure.value.toFixed(figure.unit === "MB" ? 0 : 2)} ${figure.unit}`,
    wanted(figure),
    figure.target === undefined ? "" : isMissed(figure) ? "MISSED" : "ok",
    figure.detail,
  ]);
  return columns([["bench", "what", "measured", "wanted", "", "how"], ...rows]);
}

function wanted({ target, unit }: Figure): string {
  if (target === undefined) return "";
  return "atLeast" in target ? `≥ ${target.atLeast} ${unit}` : `≤ ${target.atMost} ${unit}`;
}
