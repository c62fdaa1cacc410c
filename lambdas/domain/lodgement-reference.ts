import { type CalendarDate, parseCalendarDate } from "./calendar-date.ts";
import { checkCharacter, CROCKFORD, decodeCrockford, encodeCrockford } from "./crockford.ts";

/** Where a debit comes from: readable from its lodgement reference alone, without the ledger. */
export interface DebitOrigin {
  /** The stream's code, 1–4 Crockford characters. */
  readonly code: string;
  readonly billingDate: CalendarDate;
  /** The batch's number on that day, 1–99. */
  readonly number: number;
  /** The due list's data row, from 1. */
  readonly line: number;
}

const CODE = new RegExp(`^[${CROCKFORD}]{1,4}$`);
const LINE_WIDTH = 6;
/** Stream code, year, month, day, batch number, line, check character: read from the right, so the code may vary. */
const FORM = new RegExp(
  `^([${CROCKFORD}]{1,4})(\\d{2})([1-9A-C])([${CROCKFORD}])(\\d{2})([${CROCKFORD}]{${LINE_WIDTH}})([${CROCKFORD}])$`,
);

type Groups = readonly [string, string, string, string, string, string, string, string];

/**
 * The key in columns 63–80 of a debit, at most 17 characters, returned by the bank unchanged.
 * @throws RangeError for a part out of its range: code, date (2000–2099), batch number (1–99), line (1–32^6 - 1)
 */
export function lodgementReference(origin: DebitOrigin): string {
  if (!(origin.line >= 1)) throw new RangeError("lines are numbered from 1");
  const body =
    checkedCode(origin.code) +
    dayAndNumber(origin.billingDate, origin.number) +
    encodeCrockford(origin.line, LINE_WIDTH);
  return body + checkCharacter(body);
}

/** Reads {@link lodgementReference}; undefined for any other text, and for one whose check character is wrong. */
export function parseLodgementReference(text: string): DebitOrigin | undefined {
  const match = FORM.exec(text);
  if (!match || checkCharacter(text.slice(0, -1)) !== match[7]) return undefined;
  // FORM has let nothing but Crockford's characters through.
  const [, code, year, month, day, number, line] = match as unknown as Groups;
  const billingDate = parseCalendarDate(`20${year}-${decimal(month)}-${decimal(day)}`);
  const origin = { number: Number(number), line: decodeCrockford(line) as number };
  if (billingDate === undefined || origin.number === 0 || origin.line === 0) return undefined;
  return { code, billingDate, ...origin };
}

/**
 * Columns 63–74 of the header: twelve characters that no other file of the stream repeats, since ANZ finds
 * duplicates by them. Streams that share a user id need codes that differ after padding with zeros.
 * @throws RangeError for a part out of its range; file and batch numbers are 1–99
 */
export function description(file: Omit<DebitOrigin, "line"> & { readonly file: number }): string {
  return (
    checkedCode(file.code).padEnd(4, "0") +
    dayAndNumber(file.billingDate, file.number) +
    twoDecimals(file.file, "a file's number is 1 to 99")
  );
}

function checkedCode(code: string): string {
  if (!CODE.test(code)) throw new RangeError("a stream's code is 1 to 4 Crockford characters");
  return code;
}

function dayAndNumber(date: CalendarDate, number: number): string {
  if (parseCalendarDate(date) === undefined || !date.startsWith("20"))
    throw new RangeError("the billing date lies outside 2000 to 2099");
  const month = encodeCrockford(Number(date.slice(5, 7)), 1);
  const day = encodeCrockford(Number(date.slice(8, 10)), 1);
  return date.slice(2, 4) + month + day + twoDecimals(number, "a batch's number is 1 to 99");
}

function twoDecimals(number: number, rule: string): string {
  if (!Number.isInteger(number) || number < 1 || number > 99) throw new RangeError(rule);
  return String(number).padStart(2, "0");
}

/** One Crockford character as two decimal digits. */
function decimal(character: string): string {
  return String(decodeCrockford(character)).padStart(2, "0");
}
