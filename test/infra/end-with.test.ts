import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const END_WITH = new URL("../../infra/ops/end-with.ts", import.meta.url).href;
const NODE = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));

/** Runs a command whose reader stops reading at its first output. */
async function unread(command: string): Promise<{ readonly code: number; readonly stderr: string }> {
  const script = `
    import { setTimeout } from "node:timers/promises";
    import { endWith } from ${JSON.stringify(END_WITH)};
    await endWith(async () => { ${command} });`;
  const child = spawn(NODE, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.once("data", () => child.stdout.destroy());
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  return { code: code as number, stderr };
}

describe("a command whose reader has gone", () => {
  test("goes on to its end and its own exit code", async () => {
    const ended = await unread(`
      for (let page = 0; page < 50; page += 1) {
        process.stdout.write("x".repeat(65536));
        await setTimeout(2);
      }
      process.stderr.write("the batch has ended");
      return 7;`);
    expect(ended).toEqual({ code: 7, stderr: "the batch has ended" });
  });

  test("does not hide any other fault of its output", async () => {
    const ended = await unread(`
      process.stdout.emit("error", Object.assign(new Error("the disk is full"), { code: "ENOSPC" }));
      return 0;`);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("the disk is full");
  });
});
