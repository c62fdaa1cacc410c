import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, it } from "vitest";
import { EXCLUSION_REASONS } from "../../lambdas/domain/exclusion.ts";
import { sha256 } from "../builders.ts";
import { type Ended, runInOrder } from "./in-order.ts";
import { Picture } from "./picture.ts";
import { random } from "./random.ts";
import { release, type Workload, workload } from "./workload.ts";

const SEEDS = Array.from({ length: 120 }, (_, index) => index + 1);
const workloads = new Map(SEEDS.map((seed) => [seed, workload(random(seed))]));
const all = <Value>(of: (one: Workload) => readonly Value[]): Value[] => [...workloads.values()].flatMap(of);

describe("what a seed bills", () => {
  it("is the same for the same seed", () => {
    const again = workload(random(3));
    expect(again.lists).toEqual(workloads.get(3)?.lists);
    expect(again.configuration).toEqual(workloads.get(3)?.configuration);
  });

  it("has two streams, two batches or more, and 20 to 60 instalments", () => {
    for (const { configuration, lists, instalments } of workloads.values()) {
      expect(Object.keys(configuration.streams)).toEqual(["sim-a", "sim-b"]);
      expect(new Set(lists.map(({ stream }) => stream)).size).toBe(2);
      expect(new Set(lists.map(({ batchId }) => batchId)).size).toBe(lists.length);
      expect(instalments.length).toBeGreaterThanOrEqual(20);
      expect(instalments.length).toBeLessThanOrEqual(60);
    }
  });

  it("gives every instalment a bank account and amounts that are nobody else's", () => {
    for (const { instalments, lists, instalmentOf } of workloads.values()) {
      const owners = new Map<string, string>();
      for (const { bsb, account, mandateId, dueDate, cents } of instalments as Owed[]) {
        const place = `${bsb} ${account.replaceAll("-", "").replace(/^0+/, "")}`;
        expect(owners.get(place) ?? mandateId).toBe(mandateId);
        owners.set(place, mandateId);
        expect(instalmentOf(bsb, account, cents)).toMatchObject({ mandateId, dueDate });
      }
      for (const { instalment, cents } of lists.flatMap(({ rows }) => rows)) {
        if (!instalment) continue;
        const { bsb, account, mandateId, dueDate } = instalment;
        expect(instalmentOf(bsb, account, cents)).toMatchObject({ mandateId, dueDate });
      }
      expect(instalmentOf("083-170", "1", 1)).toBeUndefined();
    }
  });

  it("writes lists that their manifests describe and any reader can read", () => {
    for (const { csv, manifest, rows } of all(({ lists }) => lists)) {
      const said = JSON.parse(manifest.toString("utf8"));
      const read = parse(csv, { relax_column_count: true });
      expect(read).toHaveLength(rows.length + 1);
      expect(said).toMatchObject({ count: rows.length, sha256: sha256(csv) });
    }
  });

  it("has rows of every reason that a list can show, repeats of earlier lists, and second attempts", () => {
    const rows = all(({ lists }) => lists.flatMap((list) => list.rows));
    const reasons = new Set(rows.map(({ reason }) => reason));
    const fromLedger = ["already-claimed", "no-proven-dishonour"];
    for (const reason of EXCLUSION_REASONS.filter((one) => !fromLedger.includes(one))) {
      expect(reasons).toContain(reason);
    }
    expect(all(({ dishonours }) => dishonours).length).toBeGreaterThan(20);
    expect(rows.some(({ attempt }) => attempt === 2)).toBe(true);
    expect(all(({ lists }) => lists.filter((list) => list.rows.length === 0)).length).toBeGreaterThan(0);
  });

  it("has later releases that cut and write files in another way and bill the same", () => {
    for (const [seed, { configuration }] of workloads) {
      const later = release(configuration, random(seed));
      expect(Object.keys(later.streams)).toEqual(Object.keys(configuration.streams));
      for (const [name, stream] of Object.entries(later.streams)) {
        const before = configuration.streams[name];
        expect(stream.maxDebitCents).toBe(before?.maxDebitCents);
        expect(stream.minDaysBetweenInstalments).toBe(before?.minDaysBetweenInstalments);
        expect(stream.maxFileDebits).toBeGreaterThan(0);
        expect(stream.segmentRows).toBeGreaterThan(1);
      }
    }
    const changed = SEEDS.filter((seed) => {
      const { configuration } = workloads.get(seed) as Workload;
      return JSON.stringify(release(configuration, random(seed))) !== JSON.stringify(configuration);
    });
    expect(changed.length).toBeGreaterThan(SEEDS.length / 2);
  });
});

type Owed = Workload["instalments"][number] & { readonly cents: number };

describe("what a seed bills, run in order and without faults", () => {
  const ended: Ended[] = [];
  const excluded = new Map<string, number>();
  const unequal: string[] = [];

  beforeAll(async () => {
    for (const seed of SEEDS.slice(0, 60)) {
      const billed = workloads.get(seed) as Workload;
      const picture = new Picture();
      ended.push(...(await runInOrder(billed, (event) => picture.see(event))));
      for (const { batchId, rows } of billed.lists) {
        const reasons = new Map(picture.exclusions(batchId)?.map(({ line, reason }) => [line, reason]));
        for (const { line, reason } of rows) {
          const found = reasons.get(line);
          if (found) excluded.set(found, (excluded.get(found) ?? 0) + 1);
          if (reason !== undefined && reason !== found)
            unequal.push(`${batchId} ${line}: ${reason}, not ${found}`);
        }
      }
    }
  });

  it("is excluded for the reasons that the list shows by itself", () => {
    expect(unequal).toEqual([]);
  });

  it("meets every reason that only the ledger shows", () => {
    for (const reason of ["already-claimed", "too-near"]) expect(excluded.get(reason)).toBeGreaterThan(0);
  });

  it("closes most batches, and lets the gate stop some", () => {
    const closed = ended.filter(({ end }) => end === "CLOSED").length;
    const stopped = ended.filter(({ end }) => end === "GateFailed").length;
    expect(closed + stopped).toBe(ended.length);
    expect(closed / ended.length).toBeGreaterThan(0.7);
    expect(stopped).toBeGreaterThan(0);
  });

  it("makes three files or more of a third of the batches", () => {
    expect(ended.filter(({ files }) => files >= 3).length / ended.length).toBeGreaterThan(1 / 3);
  });
});
