import type { BatchItem, Claim, SegmentItem, StagedRow, StreamItem } from "../../lambdas/domain/records.ts";
import type { StoredObject } from "../../lambdas/ports.ts";
import type { Caller, Effect, SimulationEvent } from "./events.ts";
import { hashOf, isLanded } from "./picture.ts";
import type { Random } from "./random.ts";
import type { Scene } from "./scene.ts";
import type { BatchList } from "./workload.ts";

/** What a process makes of a port's answer: the answer itself, unless its code is mistaken. */
export type Misread = (caller: Caller, method: string, args: readonly unknown[], answer: unknown) => unknown;

/** What one actor among the mistakes does, and sees. */
interface Mistake {
  readonly misread?: Misread;
  readonly happened?: (event: SimulationEvent) => void;
}

/**
 * Code before the gate that is wrong, and agrees with itself: staging that misreads a row, composing that takes one
 * twice, a claim that is gone, a list or a file that somebody has written anew. Whatever comes of it the gate must stop,
 * or pinned versions must keep away. In one run of a few, and there in one batch.
 */
export function mistakes(scene: Scene): Mistake {
  const random = scene.random.fork("mistakes");
  const draw = random.next();
  const kinds = draw < GRAVE ? GRAVE_KINDS : draw < GRAVE + HARMLESS ? HARMLESS_KINDS : [];
  if (kinds.length === 0) return {};
  // The first list of a stream, which comes as far as composing nearly always, and whose rows later lists repeat.
  const list = random.pick(scene.lists.filter(({ stream }, at) => scene.lists[at - 1]?.stream !== stream));
  const [, what, mistake] = random.pick(kinds.flatMap((kind) => Array.from({ length: kind[0] }, () => kind)));
  let told = false;
  return mistake({
    scene,
    list,
    random,
    tell: () => {
      if (!told) scene.act("mistaken code", what, list.batchId);
      told = true;
    },
  });
}

/** The share of runs with a mistake for which a batch cannot be sent, and of those with one that pinned versions undo. */
const GRAVE = 0.07;
const HARMLESS = 0.1;

interface Given {
  readonly scene: Scene;
  readonly list: BatchList;
  readonly random: Random;
  /** Says in the trace that it has come to pass. */
  readonly tell: () => void;
}

type Rows = readonly StagedRow[];

/** How often, relative to the others; and what only one check finds comes oftener than what several find. */
type Kind = readonly [weight: number, what: string, mistake: (given: Given) => Mistake];

const GRAVE_KINDS: readonly Kind[] = [
  [3, "composes a row twice", composing((rows, at) => [...rows.slice(0, at + 1), ...rows.slice(at)])],
  [1, "composes without a row", composing((rows, at) => rows.filter((_, index) => index !== at))],
  [2, "composes with exchanged amounts", composing((rows, at) => exchanged(rows, at, ["cents"]))],
  [
    1,
    "composes with exchanged bank accounts",
    composing((rows, at) => exchanged(rows, at, ["bsb", "accountNumber"])),
  ],
  [1, "stages another amount", staging((row) => row.replace(/\d$/, otherDigit))],
  [3, "stages without a good row", staging((row) => row.replace(/,(gym|pool|club),[^,]*,/, ",$1,,"))],
  [3, "stages one row for another", staging((_, other) => other)],
  [1, "loses a claim", losesAClaim],
];
const HARMLESS_KINDS: readonly Kind[] = [
  [1, "writes the list anew", writesTheListAnew],
  [1, "writes a bank file anew", writesAFileAnew],
];

function otherDigit(digit: string): string {
  return String((Number(digit) + 1) % 10);
}

/** Two rows with their values of these columns exchanged. */
function exchanged(rows: Rows, at: number, columns: readonly ("cents" | "bsb" | "accountNumber")[]): Rows {
  const other = (at + 1) % rows.length;
  const having = (row: StagedRow, from: StagedRow | undefined) =>
    columns.reduce((so, column) => ({ ...so, [column]: from?.[column] ?? so[column] }), row);
  return rows.map((row, index) =>
    index === at ? having(row, rows[other]) : index === other ? having(row, rows[at]) : row,
  );
}

/** Composing reads other rows than those that were staged, with a hash and sums that fit them. */
function composing(change: (rows: Rows, at: number) => Rows): (given: Given) => Mistake {
  return ({ list, random, tell }) => {
    const draw = random.int(0, 99);
    const staged = new Map<string, Buffer>();
    const misread = new Map<string, Buffer>();
    return {
      happened: (event) => {
        if (event.type !== "effect" || event.method !== "create" || event.args[0] !== "work") return;
        const [, key, bytes] = event.args as [string, string, Buffer];
        if (key.startsWith(`${list.batchId}/staged/`)) staged.set(key, bytes);
      },
      misread: ({ name, event }, method, args, answer) => {
        if (name !== "ComposeBankFile" || (event as { batchId?: string }).batchId !== list.batchId)
          return answer;
        if (method === "read" && args[0] === "work") {
          const bytes = misread.get(args[1] as string);
          return bytes && answer ? { ...answer, bytes } : answer;
        }
        if (method !== "readSegments") return answer;
        const segments = answer as SegmentItem[];
        const index = segments.findIndex(({ staged: { count } }) => count > 1);
        const item = segments[index];
        const bytes = item && staged.get(item.key);
        if (item === undefined || bytes === undefined) return answer;
        tell();
        const rows = lines(bytes).map((line) => JSON.parse(line) as StagedRow);
        const read = change(rows, draw % rows.length);
        const written = Buffer.from(read.map((row) => `${JSON.stringify(row)}\n`).join(""), "utf8");
        misread.set(item.key, written);
        const sums = { count: read.length, cents: read.reduce((sum, { cents }) => sum + cents, 0) };
        return segments.with(index, { ...item, sha256: hashOf(written), staged: sums });
      },
    };
  };
}

/** Staging reads one good row of the list as another text. */
function staging(change: (row: string, other: string) => string): (given: Given) => Mistake {
  return ({ list, random, tell }) => {
    const good = list.rows.filter(({ reason }) => reason === undefined);
    if (good.length < 2) return {};
    const [row, other] = random.shuffle(good).map(({ line }) => rowAt(list, line)) as [Text, Text];
    return {
      misread: ({ name, event }, method, args, answer) => {
        if (name !== "StageSegment" || (event as { batchId?: string }).batchId !== list.batchId)
          return answer;
        if (method !== "read" || args[0] !== "due" || answer === undefined) return answer;
        const { from = 0, to = Infinity } = (args[2] ?? {}) as { from?: number; to?: number };
        if (row.from < from || row.from >= to) return answer;
        tell();
        const { bytes, ...stored } = answer as StoredObject;
        const before = bytes.subarray(0, row.from - from);
        const after = bytes.subarray(row.to - from);
        const read = Buffer.from(change(row.text, other.text), "utf8");
        return { ...stored, bytes: Buffer.concat([before, read, after]) };
      },
    };
  };
}

interface Text {
  readonly text: string;
  /** Where its bytes begin in the list, and where they end, without the line end. */
  readonly from: number;
  readonly to: number;
}

function rowAt({ csv }: BatchList, line: number): Text {
  let from = 0;
  for (let before = 0; before < line; before += 1) from = csv.indexOf(10, from) + 1;
  const end = csv.indexOf(10, from);
  const to = csv[end - 1] === 13 ? end - 1 : end;
  return { text: csv.toString("utf8", from, to), from, to };
}

/** When a segment is stored, the claim of one of its rows is gone. */
function losesAClaim({ scene, list, tell }: Given): Mistake {
  const claims: Claim[] = [];
  let lost = false;
  return {
    happened: (event) => {
      if (event.type !== "effect" || lost) return;
      const [item] = event.args as [Claim | SegmentItem];
      if (item?.batchId !== list.batchId) return;
      if (isLanded(event, "writeClaim")) claims.push(item as Claim);
      if (!isLanded(event, "createSegment")) return;
      const claim = claims.find(({ segment }) => segment === item.segment);
      if (claim === undefined) return;
      lost = true;
      tell();
      scene.ledger.dropClaim(claim);
    },
  };
}

/** As soon as the batch has pinned its list, the billing system lays another version of the rows over it. */
function writesTheListAnew({ scene, list, tell }: Given): Mistake {
  return once(
    (event) => isLanded(event, "writeBatch") && (event.args[0] as BatchItem).id === list.batchId,
    () => {
      tell();
      const text = list.csv.toString("utf8").replaceAll(/\d(?=\r?\n)/g, otherDigit);
      scene.buckets.put("due", `${list.prefix}due.csv`, Buffer.from(text, "utf8"));
    },
  );
}

/** As soon as the files are frozen, somebody lays another version over one of them. */
function writesAFileAnew({ scene, list, random, tell }: Given): Mistake {
  return once(
    (event) => {
      if (!isLanded(event, "writeStream")) return false;
      const { batch } = event.args[0] as StreamItem;
      return batch?.id === list.batchId && (batch.files?.length ?? 0) > 0;
    },
    ({ args }) => {
      tell();
      const { key } = random.pick((args[0] as StreamItem).batch?.files ?? []);
      scene.buckets.put("bankFiles", key, Buffer.from("what somebody else has written", "ascii"));
    },
  );
}

function once(isIt: (event: Effect) => boolean, then: (event: Effect) => void): Mistake {
  let done = false;
  return {
    happened: (event) => {
      if (done || event.type !== "effect" || !isIt(event)) return;
      done = true;
      then(event);
    },
  };
}

function lines(bytes: Buffer): string[] {
  return bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
}
