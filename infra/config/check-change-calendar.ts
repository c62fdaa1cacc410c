import { WrongInput } from "../wrong-input.ts";

/** An event of a change calendar, with local times as the file has them: `20261123T160000`. */
export interface CalendarEvent {
  readonly uid: string;
  readonly start: string;
  readonly end: string;
  readonly timeZone: string;
  /** How it comes back; absent where it does not. */
  readonly rule?: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** A change calendar, as far as anything here asks. */
export interface ChangeCalendar {
  readonly type: "DEFAULT_OPEN" | "DEFAULT_CLOSED";
  /** When a calendar of type DEFAULT_OPEN is closed, or one of type DEFAULT_CLOSED open. */
  readonly events: readonly CalendarEvent[];
}

/** What Systems Manager writes into its own calendars. */
const PRODUCT = "-//AWS//Change Calendar 1.0//EN";
const TYPES = ["DEFAULT_OPEN", "DEFAULT_CLOSED"] as const;
/** What the console offers, and so what Systems Manager is known to follow. */
const FREQUENCIES = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const RULE_PARTS = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY"];
/** Of all that is imported into a calendar; nothing says that a text of our own may be longer. */
const MOST_BYTES = 65_536;

interface Line {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly value: string;
}

interface Component {
  readonly name: string;
  readonly lines: Line[];
  readonly inside: Component[];
}

/**
 * Reads a change calendar (RFC 5545, with what Systems Manager asks beside it), so that a text that it would take for
 * another, or not at all, is found before it is deployed: a calendar that nobody can read blocks every deployment.
 * @param name of the file, for the message
 * @throws WrongInput naming the file and what is wrong in it
 */
export function checkChangeCalendar(text: string, name: string): ChangeCalendar {
  const refuse = (what: string): never => {
    throw new WrongInput(`${name}: ${what}`);
  };
  if (Buffer.byteLength(text) > MOST_BYTES) refuse(`is longer than ${MOST_BYTES} bytes`);
  const calendar = read(text, refuse);
  const only = (component: Component, property: string): string => {
    const [line, ...more] = component.lines.filter((one) => one.name === property);
    if (line === undefined || more.length > 0) return refuse(`${component.name} has not one ${property}`);
    return line.value;
  };
  if (only(calendar, "PRODID") !== PRODUCT) refuse(`PRODID must be ${PRODUCT}`);
  if (only(calendar, "VERSION") !== "2.0") refuse("VERSION must be 2.0");
  const type = TYPES.find((known) => known === only(calendar, "X-CALENDAR-TYPE"));
  if (type === undefined) return refuse(`X-CALENDAR-TYPE must be ${TYPES.join(" or ")}`);
  const zones = calendar.inside.filter((one) => one.name === "VTIMEZONE").map((zone) => only(zone, "TZID"));
  for (const zone of zones) {
    if (zones.indexOf(zone) !== zones.lastIndexOf(zone)) refuse(`the time zone ${zone} is there twice`);
    if (!Intl.supportedValuesOf("timeZone").includes(zone)) refuse(`there is no time zone ${zone}`);
  }
  const strange = calendar.inside.find((one) => !["VTIMEZONE", "VEVENT", "VTODO"].includes(one.name));
  if (strange) refuse(`${strange.name} is nothing that a change calendar holds`);
  const events = calendar.inside
    .filter((one) => one.name === "VEVENT")
    .map((event) => eventOf(event, zones, only, refuse));
  const uids = calendar.inside.filter((one) => one.name !== "VTIMEZONE").map((one) => only(one, "UID"));
  if (new Set(uids).size < uids.length) refuse("two events have the same UID");
  return { type, events };
}

type Refuse = (what: string) => never;

function eventOf(
  event: Component,
  zones: readonly string[],
  only: (component: Component, property: string) => string,
  refuse: Refuse,
): CalendarEvent {
  const uid = only(event, "UID");
  if (!/^\d{8}T\d{6}Z$/.test(only(event, "DTSTAMP"))) refuse(`${uid}: DTSTAMP is no instant in UTC`);
  const [start, end] = [only(event, "DTSTART"), only(event, "DTEND")];
  const [timeZone, ...others] = event.lines
    .filter(({ name }) => name === "DTSTART" || name === "DTEND")
    .map(({ parameters }) => parameters["TZID"] ?? "");
  if (timeZone === undefined || !zones.includes(timeZone) || others.some((other) => other !== timeZone)) {
    return refuse(`${uid}: DTSTART and DTEND are not both in one time zone that the file defines`);
  }
  if (![start, end].every(isLocalTime)) refuse(`${uid}: DTSTART and DTEND are no local times`);
  if (start >= end) refuse(`${uid}: it ends before it has begun`);
  const rules = event.lines.filter(({ name }) => name === "RRULE");
  // Systems Manager takes no calendar whose rules have exceptions.
  const excepted = event.lines.find(({ name }) =>
    ["EXDATE", "EXRULE", "RDATE", "RECURRENCE-ID"].includes(name),
  );
  if (excepted || rules.length > 1) refuse(`${uid}: a rule has no exceptions, and an event one rule at most`);
  const [rule] = rules.map(({ value }) => ruleOf(value, uid, refuse));
  return { uid, start, end, timeZone, summary: only(event, "SUMMARY"), ...(rule && { rule }) };
}

/** A local time of a date that there is. */
function isLocalTime(text: string): boolean {
  const instant = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:$6.000Z");
  const read = new Date(instant);
  return instant !== text && !Number.isNaN(read.getTime()) && read.toISOString() === instant;
}

function ruleOf(value: string, uid: string, refuse: Refuse): Record<string, string> {
  const parts = value.split(";").map((part) => part.split("="));
  const rule = Object.fromEntries(parts.map(([key = "", given = ""]) => [key, given]));
  const known = parts.every(
    ([key, given, more]) => RULE_PARTS.includes(key ?? "") && given && more === undefined,
  );
  if (!known || Object.keys(rule).length < parts.length) {
    refuse(`${uid}: RRULE takes each of ${RULE_PARTS.join(", ")} once, and nothing else`);
  }
  if (!FREQUENCIES.includes(rule["FREQ"] ?? ""))
    refuse(`${uid}: FREQ must be one of ${FREQUENCIES.join(", ")}`);
  if (!/^((-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,(?=[-\dA-Z])|$))+$/.test(rule["BYDAY"] ?? "MO")) {
    refuse(`${uid}: BYDAY names days that there are not`);
  }
  return rule;
}

/** The one VCALENDAR of a text; its lines may be folded, and end with or without a carriage return. */
function read(text: string, refuse: Refuse): Component {
  const top: Component = { name: "", lines: [], inside: [] };
  const open = [top];
  const unfolded = text.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
  if (unfolded.pop() !== "") refuse("the last line has no end");
  for (const [index, written] of unfolded.entries()) {
    const line = lineOf(written) ?? refuse(`line ${index + 1} is no line of a calendar`);
    const inner = open.at(-1) ?? top;
    if (line.name === "BEGIN") {
      const begun: Component = { name: line.value, lines: [], inside: [] };
      inner.inside.push(begun);
      open.push(begun);
    } else if (line.name === "END") {
      if (inner === top || inner.name !== line.value) refuse(`line ${index + 1} ends what has not begun`);
      open.pop();
    } else if (inner === top) {
      refuse(`line ${index + 1} stands outside of the calendar`);
    } else {
      inner.lines.push(line);
    }
  }
  const [calendar, ...more] = top.inside;
  if (open.length > 1 || calendar?.name !== "VCALENDAR" || more.length > 0) {
    return refuse("it is not one whole VCALENDAR");
  }
  return calendar;
}

/** `NAME;PARAMETER=VALUE:value`; quoted parameters are not among what is known here. */
function lineOf(text: string): Line | undefined {
  const [, name, given = "", value] =
    /^([A-Z][A-Z0-9-]*)((?:;[A-Z-]+=[^;:",]+)*):([^\p{Cc}]*)$/u.exec(text) ?? [];
  if (name === undefined || value === undefined) return undefined;
  const parameters = given
    .split(";")
    .slice(1)
    .map((parameter) => parameter.split("=") as [string, string]);
  return { name, parameters: Object.fromEntries(parameters), value };
}
