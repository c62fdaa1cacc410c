import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyWithout } from "./assembly.ts";

const HOOK = { type: "AWS::CloudFormation::LambdaHook", probe: {} };
const TOPIC = { Type: "AWS::SNS::Topic" };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const templates: Record<string, string> = {
  One: JSON.stringify({ Resources: { Hook: { Type: HOOK.type }, Topic: TOPIC } }),
  Two: JSON.stringify({ Resources: { Topic: TOPIC } }),
};

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "debit-once-assembly-"));
  whole = join(folder, "whole");
  await mkdir(whole);
  const artifacts: Record<string, object> = { Tree: { type: "cdk:tree" } };
  for (const [stack, text] of Object.entries(templates)) {
    const templateFile = `${stack}.template.json`;
    const stackTemplateAssetObjectUrl = `s3://assets/${sha256(text)}.json`;
    artifacts[stack] = {
      type: "aws:cloudformation:stack",
      properties: { templateFile, stackTemplateAssetObjectUrl },
    };
    await writeFile(join(whole, templateFile), text);
    await writeFile(join(whole, `${stack}.assets.json`), JSON.stringify({ files: { [sha256(text)]: {} } }));
  }
  await writeFile(join(whole, "manifest.json"), JSON.stringify({ artifacts }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the changed template is deployed under the hash of what it is now, and the others as they were", async () => {
  const without = join(folder, "without");
  const lines = await copyWithout(whole, without, [HOOK]);
  expect(lines).toEqual([`One: Hook (${HOOK.type}) is taken out`]);
  const one = await readFile(join(without, "One.template.json"), "utf8");
  expect(JSON.parse(one)).toEqual({ Resources: { Topic: TOPIC } });
  expect(await readFile(join(without, "Two.template.json"), "utf8")).toBe(templates.Two);
  const named = [await readFile(join(without, "manifest.json"), "utf8")];
  for (const stack of ["One", "Two"])
    named.push(await readFile(join(without, `${stack}.assets.json`), "utf8"));
  expect(named[0]).toContain(sha256(one));
  expect(named[1]).toContain(sha256(one));
  expect(named.join()).not.toContain(sha256(templates.One as string));
  expect(named[2]).toContain(sha256(templates.Two as string));
});

test("a listed type that the app does not have is told, so that the list cannot outlive its reason", async () => {
  const calendar = { type: "AWS::SSM::Document", probe: {} };
  await expect(copyWithout(whole, join(folder, "unmet"), [HOOK, calendar])).rejects.toThrow(
    "the app has no AWS::SSM::Document",
  );
});
