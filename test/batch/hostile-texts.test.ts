import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { viewText } from "../../infra/ops/view-text.ts";
import { isReason } from "../../lambdas/domain/reason.ts";
import { dueList } from "./due-list.ts";
import { LocalBilling } from "./local-batch.ts";

let billing: LocalBilling;
beforeAll(async () => {
  billing = await LocalBilling.open();
});
afterAll(() => billing.close());

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  '=HYPERLINK("http://evil","see")',
  "+cmd|' /C calc'!A0",
  "@SUM(1+1)",
  "\t=1+1",
  "\r=1+1",
  "\u202Etxt.exe\u2066",
  "a\u200Bb\uFEFF",
  "\u001B[2J",
];

test("texts of the billing system and of people are inert in page, exclusions and on the terminal", async () => {
  const stream = billing.stream({ toleratedExcludedShare: 0, maxBatchCents: 3_000 });
  const texts = HOSTILE.flatMap((text, n) => [
    stream.row(100 + n, { merchant_name: text }),
    stream.row(200 + n, { mandate_id: text }),
    stream.row(300 + n, { merchant_id: text, customer_id: text }),
    stream.row(400 + n, { account_title: text, bsb: text }),
    stream.row(500 + n, { due_date: text, attempt: text, amount_cents: text }),
  ]);
  // These are ids by their form, and begin like a formula.
  const begun = ["-1", "-2-3"].map((id, n) =>
    stream.row(600 + n, { mandate_id: id, merchant_id: id, attempt: "x" }),
  );
  await stream.run(dueList([...stream.rows(2), ...texts, ...begun]));
  for (const [n, text] of HOSTILE.entries()) {
    const event = { batchId: stream.id(), by: `${text}${n}`, reason: `${text} because` };
    const answer = billing.app.invoke("RedriveBatch", event);
    if (isReason(event.reason)) await answer;
    else {
      await expect(answer).rejects.toMatchObject({ name: "RequestMalformed" });
      await billing.app.invoke("RedriveBatch", { ...event, reason: "a test" });
    }
    expect((await stream.ended()).failure?.error).toBe("GateFailed");
  }

  const keys = await stream.stores.keys("reports", `${stream.id()}/`);
  const read = async (ending: string) =>
    String(await stream.stores.object("reports", keys.filter((key) => key.endsWith(ending)).at(-1) ?? ""));
  const [page, csv] = [await read(".html"), await read(".csv")];

  expect(page).toContain(
    "by &lt;img src=x onerror=alert(1)&gt;0: &lt;img src=x onerror=alert(1)&gt; because",
  );
  expect(page).toContain("[U+202E]txt.exe[U+2066]6");
  expect(page).not.toMatch(/<(img|script|iframe|a)\b/);
  expect(page.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);

  const records: string[][] = parse(csv);
  expect(records.length).toBeGreaterThan(30);
  expect(records.map((record) => record[3])).toEqual(expect.arrayContaining(["'-1", "'-2-3"]));
  for (const cell of records.flat()) expect(cell).not.toMatch(/^[\s=+\-@]/);
  expect(csv.replaceAll("\r\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);

  const shown = viewText(await stream.show(), stream.stream.name);
  expect(shown).toContain("[U+001B][2J8");
  expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
