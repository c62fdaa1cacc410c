import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diffAssemblies } from "../../../infra/deploy/diff-assemblies.ts";
import { WrongInput } from "../../../infra/wrong-input.ts";
import { assemblyIn } from "./deployment-test.ts";

const BIN = fileURLToPath(new URL("../../../node_modules/.bin", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "debit-once-diff-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An assembly whose stacks hold one queue each, with this many seconds of delay. */
async function assembly(name: string, delays: Readonly<Record<string, number>>): Promise<string> {
  const files = Object.keys(delays).map((id) => [id, `${id}.template.json`] as const);
  const stacks = files.map(([id, templateFile]) => [id, { properties: { templateFile } }]);
  const path = await assemblyIn(folder, name, Object.fromEntries(stacks));
  for (const [id, file] of files) {
    const Queue = { Type: "AWS::SQS::Queue", Properties: { DelaySeconds: delays[id] } };
    await writeFile(join(path, file), JSON.stringify({ Resources: { Queue } }));
  }
  return path;
}

describe("the differences of two assemblies", () => {
  it("are told per stack as Markdown, by the CDK itself and without an account", async () => {
    const base = await assembly("base", { Changed: 17, Gone: 1 });
    const app = await assembly("app", { Changed: 23, New: 31 });
    const env = {
      PATH: [BIN, process.env["PATH"]].join(delimiter),
      HOME: folder,
      CDK_DISABLE_CLI_TELEMETRY: "true",
    };
    let text = "";
    const print = (more: string) => {
      text += more;
    };
    expect(await diffAssemblies(["--base", base, "--app", app], { print, env })).toBe(0);
    const [, changed = "", added = "", gone = ""] = text.split("### ");
    expect(changed).toMatch(/^Changed\n\n`{5}diff\n[\s\S]*\n`{5}\n\n$/);
    expect(changed).toMatch(/\[-\] 17[\s\S]*\[\+\] 23/);
    expect(added).toMatch(/^New\n[\s\S]*\[\+\] AWS::SQS::Queue/);
    expect(gone).toMatch(/^Gone\n[\s\S]*no longer in the app/);
  });

  it("want two assemblies", async () => {
    const app = await assembly("alone", { Data: 1 });
    const print = () => {};
    await expect(diffAssemblies(["--app", app], { print, env: {} })).rejects.toThrow(WrongInput);
    const nowhere = ["--app", app, "--base", join(folder, "nowhere")];
    await expect(diffAssemblies(nowhere, { print, env: {} })).rejects.toThrow(WrongInput);
  });
});
