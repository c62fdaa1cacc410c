import { describe, expect, test } from "vitest";
import { changeCalendar } from "../../infra/config/change-calendar.ts";
import { type CalendarEvent, checkChangeCalendar } from "../../infra/config/check-change-calendar.ts";
import { streams } from "../../infra/config/streams.ts";
import { STAGES } from "../../infra/stage.ts";

const EVENT = `BEGIN:VEVENT
UID:nights@here
DTSTAMP:20261122T000000Z
DTSTART;TZID=Australia/Sydney:20261123T160000
DTEND;TZID=Australia/Sydney:20261124T100000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU
SUMMARY:Nights
END:VEVENT
`;
const ZONE = `BEGIN:VTIMEZONE
TZID:Australia/Sydney
BEGIN:STANDARD
DTSTART:20080406T030000
TZOFFSETFROM:+1100
TZOFFSETTO:+1000
END:STANDARD
END:VTIMEZONE
`;
const GOOD = `BEGIN:VCALENDAR
PRODID:-//AWS//Change Calendar 1.0//EN
VERSION:2.0
X-CALENDAR-TYPE:DEFAULT_OPEN
${ZONE}${EVENT}END:VCALENDAR
`;

const checked = (text: string) => () => checkChangeCalendar(text, "a.ics");

describe("a change calendar", () => {
  test("is read with its events, whether its lines end with a carriage return, and folded or not", () => {
    const nights: CalendarEvent = {
      uid: "nights@here",
      start: "20261123T160000",
      end: "20261124T100000",
      timeZone: "Australia/Sydney",
      rule: { FREQ: "WEEKLY", BYDAY: "MO,TU" },
      summary: "Nights",
    };
    const folded = GOOD.replace("SUMMARY:Nights", "SUMMARY:Ni\n ghts");
    for (const text of [GOOD, folded, GOOD.replaceAll("\n", "\r\n")]) {
      expect(checked(text)()).toEqual({ type: "DEFAULT_OPEN", events: [nights] });
    }
    expect(checked(GOOD.replace("DEFAULT_OPEN", "DEFAULT_CLOSED"))().type).toBe("DEFAULT_CLOSED");
    const [once] = checked(GOOD.replace(/RRULE.*\n/, ""))().events;
    expect(once).not.toHaveProperty("rule");
  });

  test.each([
    ["another product", "-//AWS//Change Calendar 1.0//EN", "-//Me//EN", "PRODID must be"],
    ["another version", "VERSION:2.0", "VERSION:1.0", "VERSION must be 2.0"],
    ["no version", "VERSION:2.0\n", "", "VCALENDAR has not one VERSION"],
    ["another type", "DEFAULT_OPEN", "OPEN", "X-CALENDAR-TYPE must be DEFAULT_OPEN or DEFAULT_CLOSED"],
    ["a zone that nobody defines", ZONE, "", "in one time zone that the file defines"],
    ["a zone twice", ZONE, ZONE + ZONE, "Australia/Sydney is there twice"],
    [
      "a zone that there is not",
      /Australia\/Sydney/g,
      "Australia/Moon",
      "there is no time zone Australia/Moon",
    ],
    ["two zones", ";TZID=Australia/Sydney:20261124", ";TZID=Etc/UTC:20261124", "in one time zone"],
    ["an end in no zone", ";TZID=Australia/Sydney:20261124", ":20261124", "in one time zone"],
    ["an end before its start", "20261124T10", "20261122T10", "ends before it has begun"],
    ["a day that there is not", "20261124T10", "20261131T10", "no local times"],
    ["an hour that there is not", "20261124T10", "20261124T25", "no local times"],
    ["a date for a time", "20261124T100000", "20261124", "no local times"],
    ["a stamp that is not in UTC", "T000000Z", "T000000", "DTSTAMP is no instant in UTC"],
    ["an event without an id", "UID:nights@here\n", "", "VEVENT has not one UID"],
    ["an event without a reason", "SUMMARY:Nights\n", "", "VEVENT has not one SUMMARY"],
    ["an event twice", EVENT, EVENT + EVENT, "two events have the same UID"],
    ["an exception", "SUMMARY", "EXDATE:20261124T000000Z\nSUMMARY", "a rule has no exceptions"],
    ["two rules", "SUMMARY", "RRULE:FREQ=DAILY\nSUMMARY", "one rule at most"],
    ["a rule of hours", "FREQ=WEEKLY", "FREQ=HOURLY", "FREQ must be one of"],
    ["a rule with a part too much", "FREQ=WEEKLY", "FREQ=WEEKLY;BYSETPOS=1", "RRULE takes each of"],
    ["a rule with a part twice", "FREQ=WEEKLY", "FREQ=WEEKLY;FREQ=DAILY", "RRULE takes each of"],
    ["a rule for days that there are not", "BYDAY=MO,TU", "BYDAY=MO,WED", "BYDAY names days"],
    ["a rule that ends in a comma", "BYDAY=MO,TU", "BYDAY=MO,", "BYDAY names days"],
    ["a part that no calendar has", /VEVENT/g, "VALARM", "VALARM is nothing that a change calendar holds"],
    ["a line that is none", "SUMMARY:Nights", "Nights", "line 19 is no line of a calendar"],
    ["a line outside", "BEGIN:VCALENDAR", "SUMMARY:x\nBEGIN:VCALENDAR", "line 1 stands outside"],
    ["an end of something else", "END:VEVENT", "END:VTODO", "ends what has not begun"],
    ["two calendars", /$/, GOOD, "it is not one whole VCALENDAR"],
    ["half a calendar", "END:VCALENDAR\n", "", "it is not one whole VCALENDAR"],
    ["no calendar", /[^]*/, "", "it is not one whole VCALENDAR"],
    ["no end of the last line", /\n$/, "", "the last line has no end"],
    ["too long a text", "Nights", "Nights".repeat(11_000), "is longer than 65536 bytes"],
  ])("with %s is refused by name", (_what, from, to, message) => {
    const text = GOOD.replace(from, () => to);
    expect(text).not.toBe(GOOD);
    expect(checked(text)).toThrow(message);
    expect(checked(text)).toThrow(/^a\.ics: /);
  });
});

describe("the calendars of the stages", () => {
  test("are stored with the line ends of the standard, and hold nothing but printable text", () => {
    for (const stage of STAGES) {
      const { text } = changeCalendar(stage);
      expect(text.replaceAll("\r\n", "")).toMatch(/^[ -~]+$/);
      expect(text).toMatch(/^BEGIN:VCALENDAR\r\n[^]+\r\nEND:VCALENDAR\r\n$/);
    }
  });

  test("dev's is always open", () => {
    expect(changeCalendar("dev")).toMatchObject({ type: "DEFAULT_OPEN", events: [] });
  });

  test("prod's is open unless it says why not, and closes at each cut-off until after the next batches' start", () => {
    const { type, events } = changeCalendar("prod");
    expect(type).toBe("DEFAULT_OPEN");
    for (const { timeZone, cutOff, schedule, maxStartDelayMinutes } of streams) {
      for (const weekday of schedule.weekdays) {
        const night = events.find((event) => daysOf(event).includes(weekday));
        expect(night?.timeZone).toBe(timeZone);
        expect(timeOf(night?.start) <= cutOff).toBe(true);
        const [hours = 0, minutes = 0] = schedule.time.split(":").map(Number);
        const lastStart = hours * 60 + minutes + maxStartDelayMinutes;
        const [opens = 0, past = 0] = timeOf(night?.end).split(":").map(Number);
        expect(opens * 60 + past).toBeGreaterThan(lastStart);
      }
    }
  });

  test("prod's is open for hours on every working day, or nothing could ever be mended", () => {
    const { events } = changeCalendar("prod");
    const nights = events.filter(({ rule }) => rule?.["FREQ"] === "WEEKLY");
    expect(nights.flatMap(daysOf).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    for (const { start, end, rule } of nights) {
      const first = new Date(start.replace(/^(\d{4})(\d\d)(\d\d).*/, "$1-$2-$3T00:00:00Z")).getUTCDay();
      expect(daysOf({ rule } as CalendarEvent)).toContain(first);
      const [closes, opens] = [timeOf(start), timeOf(end)];
      expect(Number(closes.slice(0, 2)) - Number(opens.slice(0, 2))).toBeGreaterThanOrEqual(4);
    }
  });
});

/** The weekdays on which a weekly event begins, from 1 for Monday. */
function daysOf({ rule }: CalendarEvent): number[] {
  if (rule?.["FREQ"] !== "WEEKLY") return [];
  return (rule["BYDAY"] ?? "").split(",").map((day) => 1 + ["MO", "TU", "WE", "TH", "FR"].indexOf(day));
}

/** `20261123T160000` is `16:00`. */
function timeOf(local = ""): string {
  return local.replace(/^\d{8}T(\d\d)(\d\d)\d\d$/, "$1:$2");
}
