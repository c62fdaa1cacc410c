import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Stage } from "../stage.ts";
import { type ChangeCalendar, checkChangeCalendar } from "./check-change-calendar.ts";

export interface StageCalendar extends ChangeCalendar {
  /** As Systems Manager stores it: lines end as RFC 5545 asks. */
  readonly text: string;
}

/**
 * When a stage takes no deployments, in `change-calendar.<stage>.ics`. It is open unless an event closes it, so that
 * closures add up: nights, weekends and the turn of the year are each an event that says why. (A calendar that is closed
 * unless opened cannot hold a freeze inside its openings, since Systems Manager takes no rule with exceptions.) What
 * nobody thought of is open, and there the batches themselves still stand in the way: none is open, and none is due.
 *
 * Prod is open when people are there to watch, from after the morning's batches to the bank's cut-off, on Fridays to
 * two o'clock. Dev is always open.
 * @throws WrongInput for a text that Systems Manager would not take, or would take for another
 */
export function changeCalendar(stage: Stage): StageCalendar {
  const name = `infra/config/change-calendar.${stage}.ics`;
  const text = readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), "utf8");
  return { ...checkChangeCalendar(text, name), text: text.replace(/\r?\n/g, "\r\n") };
}
