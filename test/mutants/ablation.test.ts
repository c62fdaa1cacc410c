import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { beforeAll, describe, expect, test } from "vitest";
import { type SimulatedApp, simulatedApp } from "../simulation/simulated-app.ts";
import { onThreads } from "../simulation/threads.ts";
import type { LayersOff, LayersOffResult } from "./ablation-run.ts";
import { ALONE, LAYERS } from "./layers-off.ts";
import { MARKS, surprises, tableOf, withTable } from "./layers-table.ts";
import {
  layerPairs,
  layersAlone,
  partsOf,
  type Place,
  PLACES,
  type StoredAblation,
  type Tried,
} from "./layers-tried.ts";
import { edited } from "./mutated.ts";

const text = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const README = text("../../README.md");
const stored = JSON.parse(text("ablation.json")) as StoredAblation;

/** Zero cells that are run again, and of each so many seeds or matrix cells in which its layers were missing. */
const ZEROS = 20;

interface Again {
  readonly name: string;
  readonly place: Place;
  readonly keys: readonly string[];
  readonly invariants: readonly string[];
}

const cells = Object.entries(stored.tried).flatMap(([name, places]) =>
  PLACES.map((place) => ({ name, place, tried: places[place] })),
);

/** Every cell that is not zero, by the first run that has broken it in the first of the ways that are stored. */
function notZero(): Again[] {
  return cells.flatMap(({ name, place, tried }) =>
    Object.entries(tried.broken)
      .slice(0, 1)
      .map(([invariant, { first }]) => ({
        name,
        place,
        keys: [first],
        invariants: [invariant],
      })),
  );
}

/** Twenty of the zero cells whose layers were missing together, at even distances through all of them. */
function zeros(): Again[] {
  const all = cells.filter(({ tried }) => isZero(tried) && tried.together > 0 && tried.clean !== "");
  const step = Math.max(1, all.length / ZEROS);
  return Array.from({ length: Math.min(ZEROS, all.length) }, (_, index) => {
    const { name, place, tried } = all[Math.floor(index * step)] as (typeof all)[number];
    return { name, place, keys: tried.clean.split(" "), invariants: [] };
  });
}

function isZero({ broken }: Tried): boolean {
  return Object.keys(broken).length === 0;
}

let app: SimulatedApp;
beforeAll(async () => {
  app = await simulatedApp();
});

/** Runs them on two threads, one set of layers at a time. */
async function ranAgain(what: readonly Again[]): Promise<Map<string, LayersOffResult["tried"]>> {
  const sets = new Map<string, LayersOff>();
  for (const { name, place, keys } of what) {
    const known = sets.get(name)?.keys ?? { "books-everything": [], deduplicates: [], matrix: [] };
    sets.set(name, { name, keys: { ...known, [place]: keys.map((key) => ({ key, isAsBuilt: false })) } });
  }
  const results = new Map<string, LayersOffResult["tried"]>();
  const worker = new URL("./ablation-worker.ts", import.meta.url);
  await onThreads(
    worker,
    { workerData: app },
    [...sets.values()],
    Math.min(2, availableParallelism()),
    (answer) => {
      const { name, tried } = answer as LayersOffResult;
      results.set(name, tried);
    },
  );
  return results;
}

describe("the layers of the promise, taken out", () => {
  test("are each in the store alone, and in every pair", () => {
    expect(Object.keys(stored.tried).toSorted()).toEqual([...layersAlone(), ...layerPairs()].toSorted());
    for (const { tried } of cells) expect(tried.tried).toBeGreaterThan(0);
  });

  test("are told in the README as they are stored", () => {
    expect(withTable(README, stored)).toBe(README);
  });

  test("debit nothing twice, lose, send and tell nothing wrong while one alone is out, but for those of which it is said", () => {
    expect(surprises(stored)).toEqual([]);
    for (const why of Object.values(ALONE)) expect(README).toContain(why);
  });

  const marksIn = (code: string) => code.split("ran()").length - 1;

  test("can be out together, all of them: no edit takes away what another one changes", () => {
    const files = new Set(LAYERS.flatMap(({ edits }) => edits.map(({ file }) => file)));
    for (const file of files) {
      const edits = LAYERS.flatMap((layer) => layer.edits.filter((edit) => edit.file === file));
      const source = edited(file, text(`../../${file}`), edits);
      expect(marksIn(source)).toBe(edits.reduce((sum, { replace }) => sum + marksIn(replace), 0));
    }
    for (const { edits } of LAYERS) expect(edits.some(({ replace }) => replace.includes("ran()"))).toBe(true);
  });

  test("break again what they are stored to have broken, and break nothing where they are stored to break nothing", async () => {
    const [bad, good] = [notZero(), zeros()];
    const results = await ranAgain([...bad, ...good]);
    const seen = (all: readonly Again[]) =>
      all.map(({ name, place }) => {
        const tried = results.get(name)?.[place];
        if (tried === undefined) throw new Error(`${name} was not run again`);
        const broken = Object.keys(tried.broken);
        return { name, place, broken, unmissed: partsOf(name).filter((id) => !tried.ran[id]) };
      });
    expect(
      seen(bad).filter(({ broken }, index) => !broken.includes(bad[index]?.invariants[0] as string)),
    ).toEqual([]);
    expect(good).toHaveLength(ZEROS);
    expect(seen(good).filter(({ broken, unmissed }) => broken.length + unmissed.length > 0)).toEqual([]);
  });
});

describe("the table", () => {
  const { "fail-closed": one, fence: other } = stored.tried;
  const tried = { "fail-closed": one, fence: other, "fail-closed+fence": stored.tried["fail-closed+fence"] };
  const some = { ...stored, tried } as StoredAblation;

  test("has a row for each layer alone, and names a pair that does what neither does", () => {
    const broken = { "debited-once": { times: 3, first: "7" } };
    const worse = {
      ...some,
      tried: {
        ...some.tried,
        "fail-closed+fence": { ...some.tried["fail-closed+fence"], matrix: { ...one?.matrix, broken } },
      },
    } as StoredAblation;
    expect(tableOf(worse)).toContain("- `fail-closed` and `fence`: crash matrix 3 debited twice of ");
    expect(tableOf(some)).toContain(
      "| `fence`: no step asks whose lock it is, and under which fence | 0 of ",
    );
    expect(surprises(worse)).toEqual(surprises(some));
  });

  test("is red where a layer alone debits twice, where it was never missing, and where the code itself fails", () => {
    const but = (over: Partial<Tried>) => {
      const changed = Object.fromEntries(PLACES.map((place) => [place, { ...one?.[place], ...over }]));
      return surprises({ ...some, tried: { "fail-closed": changed } } as unknown as StoredAblation);
    };
    expect(but({ broken: {} })).toEqual([]);
    expect(but({ broken: { "debited-once": { times: 1, first: "1" } } })).toEqual([
      "without fail-closed alone: debited twice",
    ]);
    for (const [invariant, words] of [
      ["bytes-judged", "sent without a verdict"],
      ["sums", "closed with a wrong sum"],
    ] as const) {
      expect(but({ broken: { [invariant]: { times: 1, first: "1" } } })).toEqual([
        `without fail-closed alone: ${words}`,
      ]);
    }
    expect(but({ broken: {}, ran: { "fail-closed": 0 } })).toEqual([
      "fail-closed was out, and never missing: its edit takes nothing out",
    ]);
    expect(but({ broken: { "no-mistake": { times: 1, first: "1" } } })).toHaveLength(1);
  });

  test("needs its two marks", () => {
    expect(() => withTable("no marks", some)).toThrow("once");
    expect(() => withTable(README.replace(MARKS.begin, `${MARKS.begin}${MARKS.begin}`), some)).toThrow(
      "once",
    );
  });
});
