import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { synthesize } from "../../infra/local/synthesis.ts";
import { alarmsOf, type FoundAlarm } from "../infra/alarms-of.ts";
import type { Template } from "../infra/synthesized.ts";
import { INCIDENTS } from "../mutants/acquiring.ts";
import { LAYERS } from "../mutants/layers-off.ts";
import { changesThatRan, forgetWhatRan, importChanged } from "../mutants/mutated.ts";
import { TEMPLATES } from "../simulation/definition.ts";
import { type SimulatedApp, simulatedApp } from "../simulation/simulated-app.ts";
import type { LockThrows } from "./day.ts";
import { type GuardId, guardOf, guardsOfTheirOwn, OUT, type Variant } from "./guards.ts";
import type { Replay } from "./replay.ts";
import { type Rung, rung } from "./rung.ts";

/** A day, what rang on it, and which of the guards that were out were missed at all. */
export interface Day extends Replay {
  readonly rung: readonly Rung[];
  readonly missed: readonly GuardId[];
}

/** All days that the demo tells of. */
export interface Replays {
  readonly built: Day;
  readonly out: Readonly<Record<Variant, Day>>;
  /** With all guards of the variant out but one. */
  readonly back: readonly { readonly variant: Variant; readonly guard: GuardId; readonly day: Day }[];
}

const VARIANTS: readonly Variant[] = ["one-file", "two-files"];

/** The same day again and again: as built, with the guards out, and with each one of them back. */
export async function replays(): Promise<Replays> {
  const from = await synthesized();
  const back: Replays["back"][number][] = [];
  for (const variant of VARIANTS) {
    for (const guard of OUT[variant]) {
      const others = OUT[variant].filter((id) => id !== guard);
      back.push({ variant, guard, day: await day(from, others) });
    }
  }
  return { ...(await threeDays()), back };
}

/** As built, and with the guards of either variant out. */
export async function threeDays(): Promise<Omit<Replays, "back">> {
  const from = await synthesized();
  const built = await day(from, []);
  const oneFile = await day(from, OUT["one-file"]);
  const twoFiles = await day(from, OUT["two-files"]);
  return { built, out: { "one-file": oneFile, "two-files": twoFiles } };
}

/** The day of one of the incident's own slips, with every layer and every guard out but the one that the slip is in. */
export interface BareDay {
  readonly slip: IncidentId;
  /** Whether the bad line ran. */
  readonly ran: boolean;
  /** What was out besides, and what of it the day has come by. */
  readonly out: readonly string[];
  readonly met: readonly string[];
  readonly slipped: Replay;
  /** The same without the slip: all that still stands is that an error is no lock. */
  readonly held: Replay;
}

type IncidentId = (typeof INCIDENTS)[number]["id"];

/** A change, and by which id a run tells that it has met it. */
type Part = Parameters<typeof importChanged>[1][number];

/** What each of the incident's slips mistakes for a lock. */
const MISTAKEN: Readonly<Record<IncidentId, LockThrows>> = {
  "lock-any-error-is-success": { kind: "error", error: "ECONNRESET" },
  "lock-all-but-refused-is-success": { kind: "error", error: "AccessDeniedException" },
  "lock-time-out-is-success": { kind: "error", error: "TimeoutError" },
  "lock-unknown-thing-is-success": { kind: "unknown", error: "undefined" },
  "lock-invented-fence": { kind: "error", error: "ECONNRESET" },
};

/** The incident's slips one after the other, in an app in which no other layer is left. */
export async function bareDays(): Promise<readonly BareDay[]> {
  const app = await simulatedApp();
  const others = nothingLeft();
  const days: BareDay[] = [];
  const out = others.map(({ id }) => id);
  for (const { id: slip, edits } of INCIDENTS) {
    const held = await bareDay(app, others, MISTAKEN[slip]);
    const { replay, ran } = await bareDay(app, [{ id: slip, change: { edits } }, ...others], MISTAKEN[slip]);
    const met = out.filter((id) => ran.has(id));
    days.push({ slip, ran: ran.has(slip), out, met, slipped: replay, held: held.replay });
  }
  return days;
}

/** Every layer but the one that the slips are in, and every guard of the incident that is no layer. */
function nothingLeft(): readonly Part[] {
  const layers = LAYERS.filter(({ id }) => id !== "fail-closed");
  return [...layers, ...guardsOfTheirOwn()].map(({ id, ...change }) => ({ id, change }));
}

async function bareDay(app: SimulatedApp, parts: readonly Part[], lock: LockThrows) {
  const { replay } = await importChanged<typeof import("./replay.ts")>(
    `bare ${parts.map(({ id }) => id).join(" and ")}`,
    parts,
    "test/incident/replay.ts",
  );
  forgetWhatRan();
  return { replay: await replay(app, lock), ran: changesThatRan() };
}

/** What the synthesized app brings to a day. */
interface Synthesized {
  readonly app: SimulatedApp;
  readonly alarms: readonly FoundAlarm[];
}

async function synthesized(): Promise<Synthesized> {
  const [app, alarms] = await Promise.all([simulatedApp(), appAlarms()]);
  return { app, alarms };
}

/** The day of an app without those guards. */
async function day({ app, alarms }: Synthesized, without: readonly GuardId[]): Promise<Day> {
  const { replay } = await importChanged<typeof import("./replay.ts")>(
    `without ${without.join(" and ")}`,
    without.map((id) => ({ id, change: guardOf(id) })),
    "test/incident/replay.ts",
  );
  forgetWhatRan();
  const replayed = await replay(app);
  const ran = changesThatRan();
  const missed = without.filter((id) => ran.has(id));
  return { ...replayed, rung: rung(alarms, replayed.counts), missed };
}

/** The alarms that the app defines; what it defines for prod alone waits for silence, and there is none that day. */
async function appAlarms(): Promise<readonly FoundAlarm[]> {
  const folder = await synthesize({ stage: "dev", outdir: TEMPLATES });
  const template = await readFile(join(folder, "DebitOnce-dev-Billing.template.json"), "utf8");
  return alarmsOf(JSON.parse(template) as Template);
}
