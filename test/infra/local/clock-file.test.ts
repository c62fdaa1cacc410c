import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CLOCK_FILE, keepShown, lastShown } from "../../../infra/local/clock-file.ts";
import type { Instant } from "../../../lambdas/ports.ts";
import { temporaryFolder } from "./folders.ts";

describe("what the local clock has shown", () => {
  test("is kept by the day that it was about, and no other day's", async () => {
    const folder = await temporaryFolder();
    expect(lastShown(folder, "au-cba 2026-03-02")).toBe(0);
    keepShown(folder, "au-cba 2026-03-02", 7 as Instant);
    keepShown(folder, "au-cba 2026-03-03", 9 as Instant);
    keepShown(folder, "au-cba 2026-03-02", 8 as Instant);
    expect(lastShown(folder, "au-cba 2026-03-02")).toBe(8);
    expect(lastShown(folder, "au-cba 2026-03-03")).toBe(9);
    expect(lastShown(folder, "au-wbc 2026-03-02")).toBe(0);
  });

  test.each(["", "{", "null", "7", '{"au-cba 2026-03-02":"late"}', '{"au-cba 2026-03-02":1e99}'])(
    "is nothing where the file says %j, and is kept anew",
    async (content) => {
      const folder = await temporaryFolder();
      await writeFile(join(folder, CLOCK_FILE), content);
      expect(lastShown(folder, "au-cba 2026-03-02")).toBe(0);
      keepShown(folder, "au-cba 2026-03-02", 7 as Instant);
      expect(lastShown(folder, "au-cba 2026-03-02")).toBe(7);
    },
  );
});
