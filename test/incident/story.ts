import { dollars } from "../../lambdas/domain/cents.ts";
import type { Time } from "../simulation/events.ts";
import { MINUTE } from "../simulation/scene.ts";
import { A, B, FAULTS, LOCK_ERROR, PAYERS, secondName } from "./day.ts";
import { guardOf, OUT, type Variant } from "./guards.ts";
import type { Batch } from "./moments.ts";
import type { Day, Replays } from "./replays.ts";
import type { Rung } from "./rung.ts";
import { bookedOf, clock, dueOf, timeline } from "./timeline.ts";

/** What a newcomer needs to know before the days are run. */
export function introduction(): string {
  const lost = FAULTS.filter(({ kind }) => kind === "lose").length;
  const late = FAULTS.find(({ kind }) => kind === "late")?.ms ?? 0;
  return `THE INCIDENT, REPLAYED

What happened elsewhere, by a public post-mortem: a rolling deployment ran two instances of a
billing service at once. Acquiring the lock threw an exception, which was taken for success. Both
staged batch A, and its bank file was written with each transaction two to four times. Batch B
collided on its file and kept the team busy, who forgot to reconcile A. Customers in Australia were
debited two to four times.

Here that day runs on debit-once's own steps and state machine, in virtual time: ${dueOf("A")} payers in batch
A, ${dueOf("B")} in batch B. Each run meets the same: acquiring a lock throws ${LOCK_ERROR} at instance 2 (which
goes past the starter), up to ${lost} answers of the ledger are lost (two instances alone would make two),
B's file is ${late / MINUTE} minutes on its way, and nobody reconciles A by hand. Only the guards differ. Every
figure is counted: from the bank's inbox, the ledger, the log, and what the app's alarms hear.
`;
}

/** What the days have come to. */
export function story(days: Replays): string {
  const { built, out } = days;
  const outOf = (variant: Variant) => `${inWords(OUT[variant].length)} guards out`;
  const again = OUT["two-files"].filter((id) => OUT["one-file"].includes(id));
  return `
1  ${outOf("one-file")} (named below): one bank file, with each transaction 2 to 4 times
${timeline(out["one-file"], ["A", "B"])}

2  ${outOf("two-files")} (${again.join(" and ")} again): two bank files, each right by itself; B as before
${timeline(out["two-files"], ["A"])}

3  As built: the same day with every guard in
${timeline(built, ["A", "B"])}

THE BANK'S INBOX              owes     1 one file          2 two files         3 as built
${inbox(days)}

WHAT RANG, AND WHEN (a page wakes somebody, a ticket waits; most ring once in half an hour)
${alarms(days)}

WHAT THE ON-CALL ENGINEER DOES
${onCall(days)}

ONE GUARD BACK, the others of its set still out               A's payers    paged about A by
${oneBack(days)}

${closing(days)}
`;
}

const NUMBERS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];

function inWords(count: number): string {
  return NUMBERS[count] ?? String(count);
}

/** The three days in the order of the columns. */
function columns({ out, built }: Replays): readonly Day[] {
  return [out["one-file"], out["two-files"], built];
}

/** How often each payer was debited, and how much that is in all. */
function inbox(replays: Replays): string {
  const days = columns(replays);
  const row = (name: string, owes: string, cell: (day: Day) => string) =>
    `  ${name.padEnd(24)}${owes.padStart(8)}    ${days.map((day) => cell(day).padEnd(20)).join("")}`.trimEnd();
  const amount = (count: number, sign: string, cents: number) =>
    `${String(count).padStart(2)} ${sign} ${dollars(cents).padStart(7)}`;
  const payers = PAYERS.filter(({ batch }) => batch === "A").map(({ number, cents }) =>
    row(`payer ${number}`, dollars(cents), ({ debited }) =>
      amount(debited.find(({ payer }) => payer === number)?.times ?? 0, "x", cents),
    ),
  );
  const totals = (["A", "B"] as const).map((batch) => {
    const owed = PAYERS.filter((payer) => payer.batch === batch).reduce((all, { cents }) => all + cents, 0);
    return row(`batch ${batch}, ${dueOf(batch)} instalments`, dollars(owed), (day) => {
      const { count, cents } = bookedOf(day, batch);
      return amount(count, "=", cents);
    });
  });
  return [
    ...payers,
    ...totals,
    row("bank files of A", "", ({ files }) => String(filesOfA(files)).padStart(2)),
  ].join("\n");
}

function filesOfA(files: Day["files"]): number {
  return files.filter(({ batch }) => batch === "A").length;
}

/** Each alarm that rang on one of the three days, with what it rang for. */
function alarms(replays: Replays): string {
  const days = columns(replays);
  const name = ({ at, topic, alarm }: Rung) => `${minute(at)}  ${topic.padEnd(6)}  ${alarm.padEnd(17)}`;
  const names = [...new Set(days.flatMap(({ rung }) => rung.map(name)))].sort();
  const rows = names.map((one) => {
    const cells = days.map(({ rung }) => aboutText(rung.find((other) => name(other) === one)?.of ?? []));
    return `  ${one}   ${cells.map((cell) => cell.padEnd(20)).join("")}`.trimEnd();
  });
  const about = isSilentAboutA(replays)
    ? "Guards out, nothing rings about A: to the app all is well, and no alarm reads the bank's inbox."
    : "Guards out, something rings about A.";
  return [...rows, `  ${about}`].join("\n");
}

/** `A1` is batch A of instance 1. */
function aboutText(of: readonly string[]): string {
  const batches = Map.groupBy(of, (one) => one.slice(0, 1));
  const texts = [...batches].map(([batch, own]) =>
    own.length === 2 ? `${batch}, both instances` : `${batch}, instance ${own[0]?.slice(1)}`,
  );
  return texts.join("; ") || "-";
}

/** The pages about a batch, in order. */
export function pagesAbout(day: Day, batch: Batch): readonly Rung[] {
  return rungAbout(day, batch).filter(({ topic }) => topic === "page");
}

function rungAbout({ rung }: Day, batch: Batch): readonly Rung[] {
  return rung.filter(({ of }) => of.some((one) => one.startsWith(batch)));
}

/** Whether nobody is told anything about batch A where the guards are out. */
function isSilentAboutA({ out }: Pick<Replays, "out">): boolean {
  return Object.values(out).every((day) => rungAbout(day, "A").length === 0);
}

/** By the runbook, which has a section for each alarm. */
function onCall({ built, out }: Replays): string {
  const [failed] = pagesAbout(built, "A");
  const unknown = pagesAbout(built, "B").find(({ alarm }) => alarm === "SubmissionUnknown");
  const closed = built.moments.find(({ what, batch }) => what === "closed" && batch === "A");
  if (!failed || !unknown || !closed) throw new Error("as built, the day rings otherwise than is told");
  const ops = "npm run ops --";
  return `  ${minute(failed.at)}  ${failed.alarm}: the page names execution ${secondName("A")}
         ${ops} show ${A.batchId}   CLOSED at ${clock(closed.at)}; mends instance 2
  ${minute(unknown.at)}  ${unknown.alarm}: nobody can tell whether the bank has B's file; never sends it by hand
         ${ops} show ${B.batchId}   which file, and when the bank can be asked
         ${ops} redrive ${B.batchId} --reason "its file is in doubt" --yes
         looks for the file and sends nothing twice; if it never comes: resolve and approve, by two
  With the guards out ${isSilentAboutA({ out }) ? "the same for B, and nothing for A: nobody looks at A" : "somebody is called about A too"}.`;
}

function oneBack({ back }: Replays): string {
  const rows = back.map(({ variant, guard, day }) => {
    const set = variant === "one-file" ? 1 : 2;
    return `  ${set} ${guardOf(guard).says.padEnd(59)}${timesText(day).padEnd(14)}${pagesText(day)}`;
  });
  return `${rows.join("\n")}
  After GateFailed: npm run ops -- abandon ${A.batchId} --reason "…" --yes, and bill anew
  The claims were in: they keep another batch from a debit, and both instances run the same one.`;
}

/** The first page about batch A; where an alarm of its own names the cause, that one. */
function pagesText(day: Day): string {
  const pages = pagesAbout(day, "A");
  const [first] = pages;
  if (first === undefined) return "nobody";
  const together = pages.filter(({ at }) => at === first.at);
  const { at, alarm } = together.find((one) => one.alarm !== "ExecutionFailed") ?? first;
  return `${minute(at)} ${alarm}`;
}

/** How often batch A's payers were debited. */
export function timesText({ debited }: Day): string {
  const times = debited.filter(({ batch }) => batch === "A").map((payer) => payer.times);
  const [least, most] = [Math.min(...times), Math.max(...times)];
  if (least !== most) return `${least} to ${most} times`;
  return ["not at all", "once", "twice"][most] ?? `${most} times`;
}

function closing({ built, out }: Replays): string {
  const [one, two] = [timesText(out["one-file"]), timesText(out["two-files"])];
  return `Guards out, A's payers are debited ${one}, or ${two}; as built, ${timesText(built)}: any of these guards
would have meant fewer debits or a page within the minute, and debit-once has them all.`;
}

/** Whether the days have come out as the story says. */
export function isAsTold({ built, out, back }: Replays): boolean {
  return (
    timesText(out["one-file"]) === "2 to 4 times" &&
    timesText(out["two-files"]) === "twice" &&
    built.debited.every(({ times }) => times === 1) &&
    isSilentAboutA({ out }) &&
    back.every(({ variant, day }) => isLess(day, out[variant]))
  );
}

/** Whether fewer debits were made of batch A, or somebody was told of it who was not. */
function isLess(day: Day, than: Day): boolean {
  const isTold = pagesAbout(day, "A").length > 0 && pagesAbout(than, "A").length === 0;
  return isTold || bookedOf(day, "A").count < bookedOf(than, "A").count;
}

function minute(at: Time): string {
  return clock(at).slice(0, 5);
}
