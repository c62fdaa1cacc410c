import { describe, expect, it } from "vitest";
import { freeNumber, otherList, uploadDueFolder } from "../../infra/local/due-folder.ts";
import { calendarDate } from "../../lambdas/domain/calendar-date.ts";
import { objectsInMemory } from "../objects-in-memory.ts";

const DATE = calendarDate("2026-03-02");
const folder = (rows: string, count = 1) => ({
  csv: Buffer.from(rows),
  manifest: Buffer.from(JSON.stringify({ count, totalCents: 100 })),
});

async function withLists(...lists: ReturnType<typeof folder>[]) {
  const objects = objectsInMemory();
  for (const [index, list] of lists.entries()) {
    const upload = async (key: string, bytes: Buffer) => void objects.put("due", key, bytes);
    await uploadDueFolder(upload, `au-cba/2026-03-02/0${index + 1}/`, list);
  }
  return objects;
}

describe("the number of a due list that names none", () => {
  it("is the lowest that no other bytes have taken", async () => {
    const objects = await withLists(folder("one"), folder("two"));
    expect(await freeNumber(objects, "au-cba", DATE, folder("three"))).toBe(3);
    expect(await freeNumber(await withLists(), "au-cba", DATE, folder("three"))).toBe(1);
  });

  it("is the old one for the same bytes, of rows and manifest alike", async () => {
    const objects = await withLists(folder("one"), folder("two"));
    expect(await freeNumber(objects, "au-cba", DATE, folder("two"))).toBe(2);
    expect(await freeNumber(objects, "au-cba", DATE, folder("two", 2))).toBe(3);
  });

  it("is never another list's, whose rows are counted", async () => {
    const objects = await withLists(folder("one", 7));
    expect(await otherList(objects, "au-cba", DATE, 1, folder("two"))).toEqual({ count: 7 });
    expect(await otherList(objects, "au-cba", DATE, 1, folder("one", 7))).toBeUndefined();
    expect(await otherList(objects, "au-cba", DATE, 2, folder("two"))).toBeUndefined();
  });
});
