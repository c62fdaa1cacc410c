import { beforeAll, describe, expect, it } from "vitest";
import type { BatchItem, FileItem, SegmentItem, StreamItem } from "../../lambdas/domain/records.ts";
import { Bank } from "./bank.ts";
import type { Effect, SimulationEvent } from "./events.ts";
import { runInOrder } from "./in-order.ts";
import { Judges } from "./judges.ts";
import { hashOf, outboundName } from "./picture.ts";
import { random } from "./random.ts";
import { type BatchList, type Workload, workload } from "./workload.ts";

/** What a run without faults has told, and what it bills. */
interface Told {
  readonly billed: Workload;
  readonly events: readonly SimulationEvent[];
}

async function run(seed: number): Promise<Told> {
  const billed = workload(random(seed));
  const events: SimulationEvent[] = [];
  const bank = new Bank("books-everything");
  await runInOrder(
    billed,
    (event) => {
      bank.see(event);
      events.push(event);
    },
    (one) => bank.inbox.some((debit) => isOf(billed, debit, one)),
  );
  return { billed, events };
}

function isOf(
  { instalmentOf }: Workload,
  { bsb, account, cents }: { bsb: string; account: string; cents: number },
  { mandateId, dueDate }: { mandateId: string; dueDate: string },
): boolean {
  const found = instalmentOf(bsb, account, cents);
  return found?.mandateId === mandateId && found.dueDate === dueDate;
}

/** Judges a run in which some events are others, and returns the invariants that it breaks. */
function judged(
  { billed, events }: Told,
  change: (event: SimulationEvent, index: number) => readonly SimulationEvent[] = (event) => [event],
  bank = new Bank("books-everything"),
): {
  readonly broken: string[];
  readonly first: string | undefined;
  readonly whats: string[];
  readonly judges: Judges;
} {
  const judges = new Judges(billed, bank, "end-to-end");
  const violations = events
    .flatMap(change)
    .flatMap((event) => {
      bank.see(event);
      return judges.see(event);
    })
    .concat(judges.atRest());
  const broken = [...new Set(violations.map(({ invariant }) => invariant))].sort();
  const whats = violations.map(({ what }) => what);
  return { broken, first: whats[0], whats, judges };
}

const isPut = (event: SimulationEvent): event is Effect =>
  event.type === "effect" && event.method === "create" && event.args[0] === "outbound" && !("error" in event);
const isWrite = (event: SimulationEvent, method: string): event is Effect =>
  event.type === "effect" && event.method === method && !("error" in event);

/** The event with other bytes put before the bank. */
function sending(event: Effect, change: (text: string) => string, key = event.args[1]): Effect {
  const bytes = Buffer.from(change((event.args[2] as Buffer).toString("latin1")), "latin1");
  return { ...event, args: ["outbound", key, bytes, ""] };
}

let told: Told;
/** A batch of the run that was closed with at least two files, and excluded some rows. */
let closed: BatchList;

beforeAll(async () => {
  told = await run(2);
  const { judges } = judged(told);
  const found = told.billed.lists.find(
    ({ batchId }) =>
      judges.picture.batches.get(batchId)?.state === "CLOSED" &&
      judges.picture.filesOf(batchId).length > 1 &&
      (judges.picture.exclusions(batchId)?.length ?? 0) > 0,
  );
  if (!found) throw new Error("the seed has no such batch: take another one");
  closed = found;
});

/** Whether the event is the n-th delivery of the closed batch. */
function isDelivery(event: SimulationEvent, number = 1): event is Effect {
  const name = isPut(event) ? outboundName(event.args[1] as string) : undefined;
  return name?.batchId === closed.batchId && name.number === number;
}

/** The run with the closed batch's first delivery as another one. */
const delivered = (change: (event: Effect) => readonly SimulationEvent[]) =>
  judged(told, (event) => (isDelivery(event) ? change(event) : [event]));

describe("runs without faults", () => {
  it("break nothing", async () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
      const { broken, first } = judged(await run(seed));
      expect([seed, broken, first]).toEqual([seed, [], undefined]);
    }
  });
});

describe("debited-once", () => {
  it("finds a file that the bank has booked twice", () => {
    const { broken } = delivered((event) => [event, event]);
    expect(broken).toContain("debited-once");
  });

  it("finds an instalment in two files of a batch", () => {
    const { broken } = judged(told, (event) => {
      if (!isDelivery(event)) return [event];
      const [, key] = event.args as [string, string];
      return [event, sending(event, (text) => text, key.replace("-01.aba", "-02.aba"))];
    });
    expect(broken).toContain("debited-once");
  });

  it("counts nothing that the bank has rejected or refused", () => {
    const twice = (event: SimulationEvent) => (isDelivery(event) ? [event, event] : [event]);
    expect(judged(told, twice, new Bank("deduplicates")).broken).not.toContain("debited-once");
    const rejecting = new Bank("books-everything", (key) => outboundName(key)?.batchId === closed.batchId);
    const { broken } = judged(told, (event) => [event], rejecting);
    // A second attempt of what the bank has rejected is not due, and that is all.
    for (const name of ["debited-once", "nothing-lost", "sums"]) expect(broken).not.toContain(name);
  });
});

describe("what-was-due", () => {
  const departs = (change: (text: string) => string) =>
    expect(delivered((event) => [sending(event, change)]).broken).toContain("what-was-due");
  /** The first debit's record with some columns as others; columns count from 1. */
  const column = (from: number, value: string) => (text: string) =>
    text.slice(0, 122 + from - 1) + value + text.slice(122 + from - 1 + value.length);

  it("finds another amount in a file whose totals agree with it", () => {
    const { broken, whats } = delivered((event) => [
      sending(event, (text) => {
        const totals = text.lastIndexOf("7999-999");
        const wide = (cents: number) => String(cents).padStart(10, "0");
        const more = (sum: string, cents: number) => sum.replaceAll(wide(cents), wide(cents + 1));
        const sum = Number(text.slice(totals + 40, totals + 50));
        const cents = Number(text.slice(122 + 20, 122 + 30));
        return cents === sum ? more(text, sum) : more(more(text, sum), cents);
      }),
    ]);
    expect(broken).toContain("what-was-due");
    expect(whats.filter((what) => what.includes("nobody owes that"))).toHaveLength(1);
  });

  const changes: Readonly<Record<string, (text: string) => string>> = {
    "another BSB": column(2, "999-998"),
    "another bank account number": column(9, "987654321"),
    "another title": column(31, "X"),
    "another remitter": column(97, "X"),
    "another line in the reference": column(63, "SA26A601ZZZZZZZZZZ"),
    "another day": (text) => `${text.slice(0, 74)}071026${text.slice(80)}`,
    "another user id": (text) => `${text.slice(0, 56)}111111${text.slice(62)}`,
    "a file that cannot be read": (text) => text.slice(1),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`finds ${what}`, () => departs(change));
  }

  it("finds a file of another batch, and one of no batch", () => {
    const other = told.billed.lists.find(({ stream }) => stream !== closed.stream) as BatchList;
    const named = (key: string) => delivered((event) => [sending(event, (text) => text, key)]).broken;
    expect(named(`999901/${other.batchId}-01.aba`)).toContain("what-was-due");
    expect(named("999901/nobody.aba")).toContain("what-was-due");
  });

  it("finds a debit of a row that was not to be debited, and of a second attempt without a first", () => {
    const line = closed.rows.find(({ reason }) => reason === undefined)?.line;
    const withRow = (over: object): Told => {
      const lists = told.billed.lists.map((list) =>
        list === closed ? { ...list, rows: list.rows.map((row) => ({ ...row, ...over })) } : list,
      );
      const listOf = (batchId: string) => lists.find((list) => list.batchId === batchId);
      return { ...told, billed: { ...told.billed, lists, listOf } };
    };
    expect(line).toBeDefined();
    expect(judged(withRow({ reason: "bad-title" })).broken).toContain("what-was-due");
    expect(judged(withRow({ attempt: 3 })).broken).toContain("what-was-due");
  });
});

describe("bytes-judged", () => {
  it("finds bytes for which the gate's verdict never stood", () => {
    const { broken } = judged(told, (event) => {
      if (!isWrite(event, "writeStream")) return [event];
      const [next, seen] = event.args as [StreamItem, number];
      if (next.batch?.id !== closed.batchId) return [event];
      const { verdict, ...batch } = next.batch;
      expect(verdict === undefined || verdict.sha256s.length > 0).toBe(true);
      return [{ ...event, args: [{ ...next, batch }, seen] }];
    });
    expect(broken).toContain("bytes-judged");
  });

  it("finds one byte more", () => {
    expect(delivered((event) => [sending(event, (text) => `${text}\n`)]).broken).toContain("bytes-judged");
  });

  it("finds more files than were frozen, though their bytes were judged", () => {
    const { broken } = delivered((event) => {
      const [, key] = event.args as [string, string];
      return [
        event,
        ...[7, 8, 9].map((nn) => sending(event, (text) => text, key.replace("-01.aba", `-0${nn}.aba`))),
      ];
    });
    expect(broken).toContain("bytes-judged");
    expect(hashOf(Buffer.from("a"))).not.toBe(hashOf(Buffer.from("b")));
  });
});

describe("nothing-lost", () => {
  const recorded = (change: (item: BatchItem) => BatchItem | undefined) =>
    judged(told, (event) => {
      if (!isWrite(event, "writeBatch")) return [event];
      const [item, seen] = event.args as [BatchItem, number];
      if (item.id !== closed.batchId) return [event];
      const other = change(item);
      return other ? [{ ...event, args: [other, seen] }] : [];
    });

  it("finds a file that the bank never had", () => {
    expect(delivered(() => []).broken).toContain("nothing-lost");
  });

  it("finds a row that no file has and nobody excludes", () => {
    const { broken } = judged(told, (event) => {
      if (!isWrite(event, "createFile") || event.args[0] !== closed.batchId) return [event];
      const file = event.args[1] as FileItem;
      return file.number === 1 ? [] : [event];
    });
    expect(broken).toContain("nothing-lost");
  });

  it("finds rows whose exclusion nobody has stored", () => {
    const { broken } = judged(told, (event) =>
      isWrite(event, "create") && String(event.args[1]).startsWith(`${closed.batchId}/exclusions/`)
        ? []
        : [event],
    );
    expect(broken).toContain("nothing-lost");
  });

  it("finds an exclusion whose reason is not so", () => {
    const reasons = ["already-claimed", "too-near", "no-proven-dishonour", "bad-bsb", "remitter-too-long"];
    for (const reason of reasons) {
      const { broken } = judged(told, (event) => {
        if (!isWrite(event, "create")) return [event];
        const [area, key, bytes] = event.args as [string, string, Buffer];
        if (!key.startsWith(`${closed.batchId}/exclusions/`)) return [event];
        const text = bytes.toString("utf8").replaceAll(/"reason":"[a-z-]+"/g, `"reason":"${reason}"`);
        return [{ ...event, args: [area, key, Buffer.from(text.replaceAll('"claim"', '"was"'))] }];
      });
      expect([reason, broken]).toEqual([reason, ["nothing-lost"]]);
    }
  });

  const claims: Readonly<Record<string, readonly [what: string, claim: object]>> = {
    "no other batch": ["no other batch is named", { batchId: undefined }],
    "another mandate": ["for another mandate", { mandateId: "nobody" }],
    "another debit": ["for another debit", { attempt: 9 }],
    "a row that claims nothing": ["for a row that claims nothing", { line: 999 }],
  };
  for (const [name, [what, other]] of Object.entries(claims)) {
    it(`finds a row that is kept out by the claim of ${name}`, async () => {
      const own = await run(1);
      const { whats } = judged(own, (event) => {
        if (!isWrite(event, "create") || !String(event.args[1]).includes("/exclusions/")) return [event];
        const [area, key, bytes] = event.args as [string, string, Buffer];
        const lines = bytes.toString("utf8").split("\n").slice(0, -1);
        const changed = lines.map((line) => {
          const read = JSON.parse(line) as { reason: string; claim?: { batchId: string } };
          if (read.reason !== "already-claimed") return line;
          const batchId = name === "no other batch" ? key.slice(0, key.indexOf("/")) : read.claim?.batchId;
          return JSON.stringify({ ...read, claim: { ...read.claim, ...other, batchId } });
        });
        return [{ ...event, args: [area, key, Buffer.from(changed.map((line) => `${line}\n`).join(""))] }];
      });
      expect(whats.length).toBeGreaterThan(0);
      expect(whats.every((one) => one.includes(what))).toBe(true);
    });
  }

  it("finds a batch that is not over, and of which nobody was told", () => {
    const open = (item: BatchItem): BatchItem => ({ ...item, state: "OPEN" });
    expect(recorded(open).broken).toContain("nothing-lost");
    const { first } = judged({ ...told, events: [] });
    expect(first).toContain("is not over, and no alarm was counted");
  });

  it("takes an alarm of the batch, or a failed execution, for a batch that is parked", () => {
    const caller = { id: "p", name: "Reconcile", event: { batchId: "" } };
    const atRest = (of: (list: BatchList) => SimulationEvent) =>
      judged({ ...told, events: told.billed.lists.map(of) }).broken;
    const count = { type: "count", at: 1, value: 1 } as const;
    const alarm = (name: string) => (list: BatchList) =>
      ({
        ...count,
        caller: { ...caller, event: { batchId: list.batchId } },
        name,
        stream: list.stream,
      }) as const;
    expect(atRest(alarm("GateFailed"))).toEqual([]);
    expect(atRest(alarm("GatePassed"))).toEqual(["nothing-lost"]);
    const execution = { type: "execution", at: 1, release: "r1", redrives: 0 } as const;
    expect(atRest(({ batchId }) => ({ ...execution, name: batchId, status: "FAILED" }))).toEqual([]);
    expect(atRest(({ batchId }) => ({ ...execution, name: `${batchId}-c2`, status: "TIMED_OUT" }))).toEqual(
      [],
    );
    expect(atRest(({ batchId }) => ({ ...execution, name: batchId, status: "RUNNING" }))).toEqual([
      "nothing-lost",
    ]);
  });

  it("finds a row that was kept out by a claim that was released long before", async () => {
    // A successor list whose rows are excluded although the batch before it is over and has sent nothing.
    const { billed, events } = await run(1);
    const [first, second] = successors(billed);
    const released = events.map((event): SimulationEvent => {
      if (!isWrite(event, "writeBatch")) return event;
      const [item, seen] = event.args as [BatchItem, number];
      const isOver = item.id === first.batchId && item.state === "CLOSED";
      return isOver ? { ...event, args: [{ ...item, state: "ABANDONED" }, seen] } : event;
    });
    const { judges } = judged({ billed, events: released });
    const lost = judges.atRest().filter(({ what }) => what.includes(`had released it`));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.every(({ what }) => what.includes(second.batchId))).toBe(true);
  });

  /** Two lists of a stream of which the second one repeats rows of the first. */
  function successors({ lists }: Workload): readonly [BatchList, BatchList] {
    for (const first of lists) {
      for (const second of lists) {
        if (first.stream !== second.stream || first.batchId >= second.batchId) continue;
        const names = new Set(first.rows.filter(isGood).map(({ instalment }) => JSON.stringify(instalment)));
        const again = second.rows
          .filter(isGood)
          .some(({ instalment }) => names.has(JSON.stringify(instalment)));
        if (again) return [first, second];
      }
    }
    throw new Error("the seed has no such lists: take another one");
  }

  function isGood({ reason, attempt }: BatchList["rows"][number]): boolean {
    return reason === undefined && attempt === 1;
  }
});

describe("sums", () => {
  const ended = (change: (ending: NonNullable<BatchItem["ending"]>) => Partial<BatchItem["ending"]>) =>
    judged(told, (event) => {
      if (!isWrite(event, "writeBatch")) return [event];
      const [item, seen] = event.args as [BatchItem, number];
      if (item.id !== closed.batchId || !item.ending) return [event];
      const ending = { ...item.ending, ...change(item.ending) };
      return [{ ...event, args: [{ ...item, ending }, seen] }];
    }).broken;

  it("finds an ending that is not what the bank has", () => {
    const more = { count: 99, cents: 99 };
    expect(ended(({ submitted }) => ({ submitted: { ...submitted, cents: submitted.cents + 1 } }))).toEqual([
      "sums",
    ]);
    expect(ended(() => ({ submitted: more }))).toEqual(["sums"]);
    expect(ended(() => ({ due: more }))).toEqual(["sums"]);
    expect(ended(({ excluded }) => ({ excluded: { ...excluded, count: 99 } }))).toEqual(["sums"]);
    expect(ended(() => ({ withdrawn: more }))).toEqual(["sums"]);
    expect(ended(() => ({}))).toEqual([]);
  });

  it("finds an abandoned batch of which the bank has a file", () => {
    const { broken } = judged(told, (event) => {
      if (!isWrite(event, "writeBatch")) return [event];
      const [item, seen] = event.args as [BatchItem, number];
      if (item.id !== closed.batchId || item.state !== "CLOSED") return [event];
      return [{ ...event, args: [{ ...item, state: "ABANDONED" }, seen] }];
    });
    expect(broken).toContain("sums");
  });
});

describe("the picture", () => {
  it("knows a batch's segments, and nothing of a batch that it has not seen", () => {
    const { judges } = judged(told);
    const segments = judges.picture.segments.get(closed.batchId);
    const rows = [...(segments?.values() ?? [])].reduce(
      (sum, { item }: { item: SegmentItem }) => sum + item.rows,
      0,
    );
    expect(rows).toBe(closed.rows.length);
    expect(judges.picture.exclusions("au-2026-10-06-01")).toBeUndefined();
    expect(judges.picture.filesOf("au-2026-10-06-01")).toEqual([]);
  });
});
