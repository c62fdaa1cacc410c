import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const CHECK = fileURLToPath(new URL("../../../infra/local/node-version.mjs", import.meta.url));

/** Runs the check in a Node that believes to be of that version. */
function check(version: string, env: NodeJS.ProcessEnv): Promise<{ code: number; text: string }> {
  const pretend = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", preload, CHECK], { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), text: `${stdout}${stderr}` });
    });
  });
}

describe("the check of Node's version", () => {
  test.each(["24.0.0", "100.1.0"])("passes Node %s in silence", async (version) => {
    expect(await check(version, {})).toEqual({ code: 0, text: "" });
  });

  test.each(["20.19.0", "23.11.1", "9.0.0"])(
    "refuses Node %s in one sentence that says what to do",
    async (version) => {
      const direct = await check(version, {});
      expect(direct.code).toBe(1);
      expect(direct.text).toMatch(
        new RegExp(`^debit-once needs Node 24 or newer and this is Node ${version}: .*npm start.*\\.\n$`),
      );
      const inScript = await check(version, { npm_lifecycle_event: "start" });
      expect(inScript.code).toBe(1);
      expect(inScript.text).toMatch(/ is missing, so run `npm ci` without --omit=optional .*\.\n$/);
    },
  );
});
