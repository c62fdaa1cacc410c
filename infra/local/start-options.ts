import { type CalendarDate, parseCalendarDate } from "../../lambdas/domain/calendar-date.ts";
import type { Instant } from "../../lambdas/ports.ts";
import { optionsIn } from "../command-options.ts";
import { WrongInput } from "../wrong-input.ts";

export const START_HELP = `Runs one billing batch on this machine, through the state machine that the CDK synthesizes.

  npm start                                     the sample: about 1,000 instalments of 2026-03-02
  npm start -- --due <folder>                   a due list of your own (due.csv and manifest.json)

options
  --due <folder>     the folder with the due list
  --stream <name>    the stream that bills it (default au-cba)
  --date <date>      the billing date, yyyy-mm-dd (default: the day on which the manifest was produced)
  --number <nn>      the batch's number of that day, 1 to 99 (default: the lowest not used by other bytes)
  --now <instant>    what the local clock shows at the start, such as 2026-03-02T15:59:00+11:00
                     (default: the stream's schedule time on the billing date, or where the last
                     command about that date has left it)
  --fresh            forget every batch that ran here before
  --json             print one JSON object and nothing else
  --help             print this

exit codes: 0 done, 1 fault, 2 wrong usage or input, 3 refused, 4 gate failed, 5 unknown
`;

export interface StartOptions {
  readonly due?: string;
  readonly stream: string;
  readonly date?: CalendarDate;
  readonly number?: number;
  readonly now?: Instant;
  readonly fresh: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** Reads the command line. Throws WrongInput with a sentence that names the option. */
export function startOptions(args: readonly string[]): StartOptions {
  const values = optionsIn(args, OPTIONS);
  const date = values.date === undefined ? undefined : parseCalendarDate(values.date);
  if (values.due === "") throw new WrongInput("--due wants a folder");
  if (values.date !== undefined && date === undefined)
    throw new WrongInput("--date wants a day such as 2026-03-02");
  const number = values.number === undefined ? undefined : Number(values.number);
  if (values.number !== undefined && !/^(0?[1-9]|[1-9]\d)$/.test(values.number)) {
    throw new WrongInput("--number wants a number from 1 to 99");
  }
  return {
    stream: values.stream ?? "au-cba",
    fresh: values.fresh ?? false,
    json: values.json ?? false,
    help: values.help ?? false,
    ...(values.due !== undefined && { due: values.due }),
    ...(date !== undefined && { date }),
    ...(number !== undefined && { number }),
    ...(values.now !== undefined && { now: instant(values.now) }),
  };
}

const OPTIONS = {
  due: { type: "string" },
  stream: { type: "string" },
  date: { type: "string" },
  number: { type: "string" },
  now: { type: "string" },
  fresh: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** An instant with its offset: without one it would mean another moment on every machine. */
export function instant(text: string, option = "--now"): Instant {
  if (
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) ||
    parseCalendarDate(text.slice(0, 10)) === undefined ||
    Number.isNaN(Date.parse(text))
  ) {
    throw new WrongInput(`${option} wants an instant with its offset, such as 2026-03-02T07:00:00+11:00`);
  }
  return Date.parse(text) as Instant;
}
