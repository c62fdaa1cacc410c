import { dollars } from "../../lambdas/domain/cents.ts";
import type { Sum } from "../../lambdas/domain/records.ts";
import type { Time } from "../simulation/events.ts";
import { MINUTE } from "../simulation/scene.ts";
import { PAYERS } from "./day.ts";
import type { Batch, Moment } from "./moments.ts";
import type { Day } from "./replays.ts";

/** Sydney in daylight saving time, as the whole day is. */
const ZONE_MS = 11 * 60 * MINUTE;

/** `07:00:02`, as clocks in Sydney show it that day. */
export function clock(at: Time): string {
  return new Date(at + ZONE_MS).toISOString().slice(11, 19);
}

/** How many instalments of a batch are due: each payer has one. */
export function dueOf(batch: Batch): number {
  return PAYERS.filter((payer) => payer.batch === batch).length;
}

/** What the bank has booked of a batch. */
export function bookedOf(day: Day, batch: Batch): Sum {
  const own = day.debited.filter((payer) => payer.batch === batch);
  return {
    count: own.reduce((all, { times }) => all + times, 0),
    cents: own.reduce((all, { cents }) => all + cents, 0),
  };
}

interface Line {
  readonly at: Time;
  readonly who: string;
  readonly text: string;
}

/** What happened to these batches, line by line, and at the end what nobody has looked at. */
export function timeline(day: Day, batches: readonly Batch[]): string {
  const lines = batches.flatMap((batch) => linesOf(day, batch));
  const over = day.moments.findLast(({ batch, what }) => batch === "B" && what === "closed")?.at ?? 0;
  return [...lines, { at: over, who: "the team", text: forgotten(day) }]
    .map(({ at, who, text }) => `  ${clock(at)}  ${who.padEnd(10)}  ${text}`)
    .join("\n");
}

/** What a comparison of A by hand would have shown. */
function forgotten(day: Day): string {
  const claimed = day.claimed.A;
  const booked = bookedOf(day, "A");
  const isSame = claimed.count === booked.count && claimed.cents === booked.cents;
  return isSame
    ? `has forgotten A all the same: ledger and bank have ${figures(booked)}`
    : `has forgotten A: ledger ${figures(claimed)}; bank ${figures(booked)}`;
}

function figures({ count, cents }: Sum): string {
  return `${count} debits, ${dollars(cents)}`;
}

/** What is told of each batch: of A how it is billed, of B how it keeps the team busy. */
const TOLD: Readonly<Record<Batch, readonly Moment["what"][]>> = {
  A: ["locked", "lock threw", "lost answer", "composed", "judged", "delivered", "stopped", "closed"],
  B: ["locked", "lock threw", "stopped", "redriven"],
};

/** Of these both instances' are told, of the others the first. */
const OF_BOTH: readonly Moment["what"][] = ["locked", "lock threw", "delivered", "stopped", "redriven"];

function linesOf(day: Day, batch: Batch): Line[] {
  const own = day.moments.filter((moment) => moment.batch === batch);
  return own.flatMap((moment) => {
    const { at, what } = moment;
    const isFirst = own.find((other) => other.what === what) === moment;
    if (!TOLD[batch].includes(what) || !(isFirst || OF_BOTH.includes(what))) return [];
    const text = textOf(moment, day, own);
    return text === undefined ? [] : [{ at, who: whoOf(moment, own), text }];
  });
}

function whoOf(moment: Moment, own: readonly Moment[]): string {
  if (moment.what === "redriven") return "the team";
  const instances = new Set(own.flatMap((one) => (one.what === "lost answer" ? [one.instance] : [])));
  if (moment.what === "lost answer" && instances.size > 1) return "both";
  return `instance ${moment.instance}`;
}

function isAfterRedrive({ at }: Moment, own: readonly Moment[]): boolean {
  return own.some(({ what, at: then }) => what === "redriven" && then < at);
}

function textOf(moment: Moment, day: Day, own: readonly Moment[]): string | undefined {
  const { batch } = moment;
  switch (moment.what) {
    case "locked":
      return `starts batch ${batch} and acquires its lock`;
    case "lock threw":
      return moment.wentOn
        ? `starts batch ${batch} too; acquiring throws ${moment.error}: taken for success`
        : `starts batch ${batch} too; acquiring throws ${moment.error} ${moment.tries} times: no lock, it stops`;
    case "lost answer":
      return lostText(own, day.missed.includes("segment"));
    case "composed":
      return `writes ${batch}'s bank file: ${figures({ count: moment.debits, cents: moment.cents })}, for ${dueOf(batch)} instalments`;
    case "judged":
      return moment.failed > 0
        ? `fails ${moment.failed} of the gate's ${moment.checks} checks, and goes on: the gate is out`
        : `passes the gate's ${moment.checks} checks: list, ledger and file agree to the cent`;
    case "delivered": {
      const before = own.filter(({ what, at }) => what === "delivered" && at < moment.at).length;
      const file = before > 0 ? "the file once more, under a new name" : `${batch}'s file`;
      return `gives the bank ${file}: ${moment.debits} debits`;
    }
    case "stopped":
      return isAfterRedrive(moment, own) ? undefined : stoppedText(moment);
    case "closed":
      return `closes batch ${batch}: ${moment.due} instalments due, ${moment.submitted} debits submitted`;
    case "redriven":
      return `redrives batch ${batch}: ${outcomeOf(moment, own)}`;
    case "started":
      return undefined;
  }
}

function lostText(own: readonly Moment[], isStagedAgain: boolean): string {
  const times = own.filter(({ what }) => what === "lost answer").length;
  const lost = times === 1 ? "one answer of the ledger is lost" : `${times} answers of the ledger are lost`;
  return `${lost}: ${isStagedAgain ? "each time the same rows are staged again" : "the rows are found staged"}`;
}

function stoppedText({ batch, error, instance, state }: Moment & { readonly what: "stopped" }): string {
  if (error !== "SubmissionUnknown") return `stops at ${state}: ${error}`;
  return instance === 2
    ? `collides on ${batch}'s file, which instance 1 has begun: ${error}`
    : `gets no answer to ${batch}'s file, and will not guess: ${error}`;
}

/** What a redrive has come to. */
function outcomeOf({ at }: Moment, own: readonly Moment[]): string {
  const end = own.find((one) => one.at >= at && (one.what === "stopped" || one.what === "closed"));
  if (end?.what === "closed") return `its file lies at the bank; closed, ${end.submitted} debits submitted`;
  return end?.what === "stopped" ? `still ${end.error}` : "nothing comes of it";
}
