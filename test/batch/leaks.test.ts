import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXCLUSION_REASONS } from "../../lambdas/domain/exclusion.ts";
import { type Canary, canary, CanarySearch } from "./canaries.ts";
import { dueList, listOfBytes } from "./due-list.ts";
import {
  commandLines,
  everythingKept,
  HOMES,
  NOT_A_FOLDER,
  REDRIVEN,
  type Searched,
  searched,
  searchTable,
  SHOWN,
  STARTED,
} from "./leak-places.ts";
import { LeakRuns, type Told } from "./leak-runs.ts";

/** Each kind of item that the ledger has, by the first words of its keys. */
const ITEMS = [
  "BATCH APPROVAL",
  "BATCH EVENT",
  "BATCH FILE",
  "BATCH META",
  "BATCH PROPOSAL",
  "BATCH SEGMENT",
  "DEPLOY APPROVAL",
  "DEPLOY EVENT",
  "DEPLOY PROPOSAL",
  "MANDATE DEBIT",
  "MANDATE RETURN",
  "STREAM CLOSED",
  "STREAM EVENT",
  "STREAM STATE",
  "SUBMISSION INTENT",
];

/** Where bank accounts must not be; each of these places must have been searched. */
const ELSEWHERE = [
  "plans and exclusions",
  "indexes of bank files",
  "names of objects",
  "reports, json",
  "reports, html",
  "reports, csv",
  "evidence",
  "ledger",
  "idempotency table",
  "logs",
  "metrics",
  "executions: input, output, failure, history",
  "inputs of functions",
  "outputs of functions",
  "errors",
  "traces",
  "texts of the command lines",
  "exported reports and exclusions",
  "standard output",
  "standard error",
];

let runs: LeakRuns;
let search: CanarySearch;
let ended: {
  readonly good: string;
  readonly accepted: string;
  readonly overridden: readonly string[];
  readonly excluded: Record<string, number>;
  readonly lone: readonly string[];
  readonly gate: ReadonlySet<string>;
  readonly interrupted: readonly string[];
  readonly refused: readonly string[];
  readonly mistaken: number;
};
let places: Map<string, Searched>;
let items: Set<string | undefined>;
beforeAll(async () => {
  runs = await LeakRuns.open();
  const printing = printed(runs);
  ended = {
    good: await runs.goodBatch(),
    accepted: await runs.acceptedSuspicion(),
    overridden: await runs.overriddenBlackout(),
    excluded: await runs.excludedRows(),
    lone: await runs.loneAmounts(),
    gate: await runs.failedGates(),
    interrupted: await runs.interrupted(),
    refused: await runs.refusedLists(),
    mistaken: await runs.mistakenCalls(),
  };
  const told: Told[] = [...runs.told, ...(await everythingKept(runs.billing)), ...(await printing)];
  search = new CanarySearch(runs.payers);
  places = searched(told, search);
  items = new Set(told.filter(({ place }) => place === "ledger").map(({ where }) => where.split(":")[0]));
  process.stdout.write(`${searchTable(places)}\n`);
}, 300_000);
afterAll(() => runs.billing.close());

/** What the command lines print of a list with shifted rows, one with a lone amount, and one that cannot be read. */
function printed(of: LeakRuns): Promise<Told[]> {
  const stream = of.billing.example("au-cba");
  const rows = (count: number) => Array.from({ length: count }, (_, n) => of.row(stream, n + 1, {}, false));
  const shifted = Object.values(of.bad(stream, 90, () => ({})));
  const lone = of.bad(stream, 91, (row) => ({ amount_cents: row.account_number }));
  const swapped = of.bad(stream, 92, (row) => ({ mandate_id: row.account_number, account_number: "M-92" }));
  const unread = rows(2);
  const broken = dueList(unread);
  const csv = Buffer.concat([
    broken.csv,
    Buffer.from(`"${unread[0]?.account_title}"${unread[0]?.account_number}`),
  ]);
  const many = rows(40);
  const few = rows(2);
  of.unsent.push(...of.payers);
  return commandLines({
    passing: [dueList([...many, shifted.toSpliced(0, 1).concat("").join(","), lone]), SHOWN],
    failing: [dueList([...few, lone, swapped, shifted.toReversed().join(",")]), REDRIVEN],
    broken: [listOfBytes(csv, 2, broken.cents), STARTED],
    unmanifested: [{ ...broken, manifest: Buffer.from(JSON.stringify(unread[0])) }, STARTED],
    misplaced: [{ ...broken, csv: Buffer.from("") }, NOT_A_FOLDER],
  });
}

describe("bank accounts and names of payers", () => {
  test("went through batches that ended in every way", () => {
    expect(ended.good).toBe("SUCCEEDED");
    expect(ended.accepted).toBe("GateFailed SUCCEEDED");
    expect(ended.overridden).toEqual(["RequestMalformed", "RequestMalformed", "anna ben", "valid"]);
    expect(Object.keys(ended.excluded).toSorted()).toEqual([...EXCLUSION_REASONS].toSorted());
    expect(ended.lone).toEqual([...Array<string>(5).fill("SUCCEEDED"), "FAILED"]);
    expect(ended.gate.size).toBeGreaterThan(15);
    expect(ended.interrupted).toEqual([
      "SubmissionUnknown",
      "SubmissionUnknown",
      "c1 SUCCEEDED REJECTED",
      "StreamPaused",
      "ABANDONED",
      "IdempotencyPersistenceLayerError",
      "ValidationException",
    ]);
    expect(new Set(ended.refused)).toEqual(new Set(["DueListMismatch"]));
    expect(ended.mistaken).toBeGreaterThan(150);
  });

  test.each(HOMES)("are all found in the %s", (home) => {
    const { found, bytes } = places.get(home) ?? { found: new Set(), bytes: 0 };
    expect(bytes).toBeGreaterThan(0);
    const here: readonly Canary[] = home === "due lists" ? inLists() : sent(home);
    expect(here.length).toBeGreaterThan(10);
    const missing = here.flatMap(({ account, word }) => [account, word]).filter((one) => !found.has(one));
    expect(missing).toEqual([]);
  });

  test.each(ELSEWHERE)("are nowhere in the %s", (place) => {
    expect(places.get(place)?.bytes ?? 0).toBeGreaterThan(0);
    expect(places.get(place)?.finds).toEqual([]);
  });

  test("are searched for in every place that there is", () => {
    expect([...places.keys()].toSorted()).toEqual([...HOMES, ...ELSEWHERE].toSorted());
    expect([...items].map(String).toSorted()).toEqual(ITEMS);
  });
});

/** The payers of the lists in the due bucket: those of the command lines have folders of their own. */
function inLists(): readonly Canary[] {
  return runs.payers.filter((payer) => !runs.unsent.includes(payer));
}

/** The payers who are debited; not all of their files were delivered. */
function sent(home: string): readonly Canary[] {
  return home === "bank files, delivered"
    ? runs.debited.filter((one) => !runs.undelivered.includes(one))
    : runs.debited;
}

describe("the search finds a canary", () => {
  const payer = canary(1);
  const { account, title } = payer;
  const alone = new CanarySearch([payer]);
  const dollars = `$${Number(account.slice(0, -2)).toLocaleString("en-AU")}.${account.slice(-2)}`;
  test.each([
    ["plain", account],
    ["with hyphens", `${account.slice(0, 3)}-${account.slice(3, 6)}-${account.slice(6)}`],
    ["with spaces", account.split("").join(" ")],
    ["padded", account.padStart(17, "0")],
    ["behind its BSB", `062000${account}`],
    ["as an amount", dollars],
    ["as JSON in JSON", JSON.stringify(JSON.stringify({ n: Number(account) }))],
    ["escaped as JSON", account.replace(/./, (digit) => `\\u00${digit.charCodeAt(0).toString(16)}`)],
    ["escaped for a URL", account.replace(/./, (digit) => `%${digit.charCodeAt(0).toString(16)}`)],
    ["escaped for a page", account.replace(/./, (digit) => `&#${digit.charCodeAt(0)};`)],
    ["in base64", Buffer.from(`a row of ${account}`).toString("base64")],
    ["in base64 for URLs", Buffer.from(`?>a row of ${account}`).toString("base64url")],
  ])("%s", (_, text) => {
    expect([...alone.found(`before ${text} after`)]).toEqual([account]);
  });

  test.each([
    ["as a name", title],
    ["in small letters", title.toLowerCase()],
    ["as HTML", title.replace("'", "&#39;").replace("&", "&amp;")],
    ["cut", title.slice(0, 9)],
    ["in base64", Buffer.from(title).toString("base64")],
  ])("by its title: %s", (_, text) => {
    expect([...alone.found(`before ${text} after`)]).toEqual([payer.word]);
  });

  test("by a number whose leading zeros are gone", () => {
    const zero = canary(7);
    expect([...new CanarySearch([zero]).found(`"cents":${Number(zero.account)}`)]).toEqual([zero.account]);
  });

  test("nowhere in other numbers, dates, hashes and names", () => {
    const text = `2026-03-02 ${"7".repeat(64)} 770000000 O'HARA & CO ${"ab12".repeat(16)} ZQX QUAZI`;
    expect([...search.found(text)]).toEqual([]);
  });
});
