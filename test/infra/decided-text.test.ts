import { describe, expect, it } from "vitest";
import { abandonedText, pausedText, resumedText } from "../../infra/ops/decided-text.ts";

const BATCH = { id: "au-cba-2026-03-02-01", stream: "au-cba" };
const REDRIVE = `  npm run ops -- redrive ${BATCH.id} --reason "…" --yes`;
const decision = { by: "ann", at: "2026-03-01T20:00:00.000Z", reason: "why\u001b[2J" };

describe("what a decision of one person has done", () => {
  it("names each file of an abandoned batch, and what is left to do about it", () => {
    const open = { outcome: "OPEN", withdrawn: [3], kept: [1, 2], inDoubt: [2] } as const;
    const [head, next, ...commands] = abandonedText(open, BATCH).trimEnd().split("\n");
    expect(head).toBe("OPEN: file 03 is withdrawn; files 01, 02 stay; file 02 is still in doubt.");
    expect(next).toMatch(/^next: Nobody can tell .* Then the batch closes with what was sent\.$/);
    expect(commands.join("\n")).toContain(`resolve ${BATCH.id} 02 `);
    expect(commands.at(-1)).toBe(REDRIVE);
  });

  it("closes by a redrive what was sent before it was abandoned", () => {
    const open = { outcome: "OPEN", withdrawn: [2, 3], kept: [1], inDoubt: [] } as const;
    expect(abandonedText(open, BATCH, "prod").trimEnd().split("\n")).toEqual([
      "OPEN: files 02, 03 are withdrawn; file 01 stays.",
      "next: Redrive: the batch closes with what was sent.",
      `${REDRIVE} --stage prod`,
    ]);
  });

  it("says of a batch that is over under which number its rows are billed", () => {
    const over = { outcome: "ABANDONED", withdrawn: [1], kept: [], inDoubt: [] } as const;
    const text = abandonedText(over, BATCH);
    expect(text).toContain(`ABANDONED: nothing of ${BATCH.id} was sent; file 01 is withdrawn.`);
    expect(text).toContain("under the next number");
    expect(abandonedText({ ...over, withdrawn: [] }, BATCH)).toContain(`${BATCH.id} was sent.\n`);
  });

  it("says who has paused a stream, and how it goes on", () => {
    const paused = pausedText({ paused: decision }, "au-cba", "prod");
    expect(paused).toContain("paused: stream au-cba, by ann at 2026-03-01T20:00:00.000Z: why[U+001B][2J\n");
    expect(paused).toContain('npm run ops -- resume au-cba --reason "…" --yes --stage prod');
    const resumed = resumedText({ ended: decision }, "au-cba");
    expect(resumed).toContain("the pause by ann of 2026-03-01T20:00:00.000Z is over");
    expect(resumed).toContain("Nothing starts by itself");
    expect(resumedText({}, "au-cba")).toContain("it was not paused");
  });
});
