import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DueRow, dueList, HEADER, listOfBytes } from "./due-list.ts";
import { type BilledStream, expectClosed, LocalBilling } from "./local-batch.ts";
import { AREAS } from "./local-stores.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterAll(() => billing.close());

const text = async (stream: BilledStream, key: string) => String(await stream.stores.object("reports", key));
const page = (html: string) =>
  html
    .replaceAll(/<style>.*?<\/style>/gs, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");

describe("the report", () => {
  test("of a closed batch is there as data, as a page and as exclusions, and says what happened", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 0.5, maxFileDebits: 2 });
    const rows = [...stream.rows(3), stream.row(4, { bsb: "no" }), stream.row(5), stream.row(5)];
    const run = await stream.run(dueList(rows));
    expectClosed(run, 4);
    const keys = await stream.stores.keys("reports", `${run.id}/`);
    // The gate's report is the first, the close's the second.
    expect(keys.map((key) => key.slice(run.id.length + 1))).toEqual([
      "exclusions-001.csv",
      "exclusions-002.csv",
      "report-001.html",
      "report-001.json",
      "report-002.html",
      "report-002.json",
    ]);
    const [gate, closed] = await Promise.all(
      ["001", "002"].map(
        async (nn) => JSON.parse(await text(stream, `${run.id}/report-${nn}.json`)) as object,
      ),
    );
    const sums = {
      // The amount of the row whose BSB is none is in no sum: its columns might be shifted.
      dueList: { count: 6, cents: 1017 + 1034 + 1051 + 1085 + 1085 },
      ledger: { count: 4, cents: 1017 + 1034 + 1051 + 1085 },
      bankFiles: { count: 4, cents: 1017 + 1034 + 1051 + 1085 },
      excluded: {
        count: 2,
        cents: 1085,
        content: 1,
        untold: 1,
        byReason: { "bad-bsb": 1, "duplicate-in-list": 1 },
      },
      merchants: expect.arrayContaining([
        expect.objectContaining({ merchantId: "m-gym", inFiles: { count: 3, cents: 1017 + 1051 + 1085 } }),
      ]),
    };
    expect(gate).toMatchObject({ ...sums, status: "GATE_PASSED", number: 1, writtenBy: "Reconcile" });
    expect(closed).toMatchObject({ ...sums, status: "CLOSED", number: 2, writtenBy: "CloseBatch" });
    const html = await text(stream, `${run.id}/report-002.html`);
    for (const words of [run.id, "$41.87", "m-gym", "m-pools", "bad-bsb", "duplicate-in-list"]) {
      expect(page(html)).toContain(words);
    }
    // One self-contained page: nothing is fetched, nothing runs.
    expect(html).not.toMatch(/<script|<link|<img|<iframe|https?:|url\(|@import/i);
    expect(await text(stream, `${run.id}/exclusions-002.csv`)).toBe(
      "line,reason,field,mandate_id,due_date\r\n4,bad-bsb,bsb,,\r\n" +
        `6,duplicate-in-list,,M-${stream.stream.code}-005,2026-03-02\r\n`,
    );
  });

  test("of a gate that failed stands before the failure, and shows the difference first", async () => {
    const stream = billing.stream({ maxBatchCents: 2_000 });
    const run = await stream.run(dueList(stream.rows(2)));
    expect(run.failure?.error).toBe("GateFailed");
    expect(run.failure?.message).toContain(`${run.id}/report-001.json`);
    expect(run.view.report?.content).toMatchObject({ status: "GATE_FAILED", number: 1 });
    const html = page(await text(stream, `${run.id}/report-001.html`));
    expect(html).toContain("$20.51");
    expect(html).toContain("$20.00");
    expect(html.indexOf("batch-limit")).toBeLessThan(html.indexOf("manifest-count"));
  });
});

/** Bank accounts and names that nobody else has, so that one find is one leak. */
const NUMBERS = ["918273645", "827364519", "736451928", "645192837", "519283746", "192837465", "384756291"];
const NAMES = ["QUOKKA", "NUMBAT", "BILBY", "DUGONG", "POTOROO", "WALLAROO", "BANDICOOT"];

/** Every text that the app has kept and that people, logs or reports may get to see. */
async function everythingTold(): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  const { stores, folder } = billing;
  for (const item of await stores.items()) told.set(`ledger ${item.pk} ${item.sk}`, JSON.stringify(item));
  for (const area of AREAS) {
    for (const key of await stores.keys(area)) {
      // Bank accounts live in the due list, in the staged segments and in the bank files, and nowhere else.
      const isTheirHome =
        area === "due" || area === "outbound" || key.includes("/staged/") || key.endsWith(".aba");
      told.set(`key in ${area}: ${key}`, key);
      if (!isTheirHome) told.set(`${area} ${key}`, String(await stores.object(area, key)));
    }
  }
  for (const part of ["executions", "logs"]) {
    for (const name of await readdir(join(folder, part))) {
      told.set(`${part} ${name}`, await readFile(join(folder, part, name), "utf8"));
    }
  }
  return told;
}

function leaks(told: ReadonlyMap<string, string>): string[] {
  const secrets = [...NUMBERS, ...NAMES];
  return [...told].flatMap(([where, said]) => {
    const bare = said.replaceAll(/[- ]/g, "");
    return secrets
      .filter((secret) => said.toUpperCase().includes(secret) || bare.includes(secret))
      .map((s) => `${s}: ${where}`);
  });
}

describe("no bank account and no name of a payer", () => {
  const secret = (stream: BilledStream, n: number, changes: Partial<DueRow> = {}) =>
    stream.row(n, { account_number: NUMBERS[n] ?? "", account_title: `${NAMES[n]}, Anna`, ...changes });

  test("is told of a batch with good rows, bad rows and rows whose columns are shifted", async () => {
    const stream = billing.stream({ toleratedExcludedShare: 1, segmentRows: 3 });
    const shifted = secret(stream, 6, { merchant_name: "GYM", bsb: "062000" });
    const columns = Object.values(shifted);
    const lists = [
      [
        secret(stream, 0),
        secret(stream, 1, { account_number: "827-364-519" }),
        secret(stream, 2, { account_number: `${NUMBERS[2]}0` }),
        secret(stream, 3, { account_title: `{${NAMES[3]}}` }),
        secret(stream, 4, { bsb: "wrong" }),
        secret(stream, 4, { bsb: "062-000" }),
        secret(stream, 5, { amount_cents: "1.00" }),
        // A column lost at each place, a column too many at each place, and both at once.
        ...columns.map((_, at) => columns.toSpliced(at, 1).join(",")),
        ...columns.map((_, at) => columns.toSpliced(at, 0, "").join(",")),
        ...columns.map((_, at) => [...columns.toSpliced(at, 1), ""].join(",")),
        ...columns.map((_, at) => ["", ...columns.toSpliced(at, 1)].join(",")),
        columns.toReversed().join(","),
      ],
      [secret(stream, 0), secret(stream, 2, { due_date: "2026-03-01" })],
    ];
    expectClosed(await stream.run(dueList(lists[0] ?? [])), 2);
    expect((await stream.run(dueList(lists[1] ?? []), { number: 2 })).status).toBe("SUCCEEDED");
    // The canaries are where they may be, so this search can find them.
    expect(leaks(new Map([["due", dueList(lists[0] ?? []).csv.toString()]]))).toHaveLength(14);
    expect(leaks(await everythingTold())).toEqual([]);
  });

  test("is told of a list that is refused, or of a gate that fails over its rows", async () => {
    const wrongs: ((csv: string) => string)[] = [
      (csv) => csv.replace(HEADER, NAMES[0] ?? ""),
      (csv) => `${csv}"${NAMES[1]},${NUMBERS[1]}`,
      (csv) => `${csv}"${NAMES[2]}"${NUMBERS[2]}`,
      (csv) => `${csv}\xff${NUMBERS[3]}`,
    ];
    for (const wrong of wrongs) {
      const stream = billing.stream();
      const good = dueList([secret(stream, 0), secret(stream, 1)]);
      const bad = Buffer.from(wrong(good.csv.toString("latin1")), "latin1");
      expect((await stream.run(listOfBytes(bad, 2, good.cents))).failure?.error).toBe("DueListMismatch");
      // The same list, but only when the gate reads it.
      const later = { number: 2 };
      await stream.abandon();
      stream.around = async (name, _, call) => {
        if (name === "Reconcile")
          await stream.stores.putObject("due", `${stream.stream.name}/2026-03-02/02/due.csv`, bad);
        return call();
      };
      expect((await stream.run(good, later)).failure?.error).toBe("GateFailed");
    }
    const stream = billing.stream();
    const list = dueList([secret(stream, 0)]);
    await stream.upload({ ...list, manifest: list.csv });
    await expect(stream.start()).rejects.toMatchObject({ name: "DueListMismatch" });
    expect(leaks(await everythingTold())).toEqual([]);
  });
});
