#!/usr/bin/env node
// Plays the CDK's command line: tells the test what it was called with, and does what the test answers.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

// Throws where it does not lead a process group of its own: there a terminal's Ctrl-C would reach it past the deployment.
process.kill(-process.pid, 0);

const [command, ...args] = process.argv.slice(2);
const at = process.env.FAKE_CDK_ENDPOINT;
const tell = async (text) => (await fetch(`${at}/cdk`, { method: "POST", body: text })).text();

if (command === "synth") {
  const folder = args[args.indexOf("-o") + 1];
  await mkdir(folder, { recursive: true });
  const stack = { type: "aws:cloudformation:stack", environment: "aws://unknown-account/unknown-region" };
  const artifacts = { [`DebitOnce-${args[args.indexOf("-c") + 1].slice("stage=".length)}-Billing`]: stack };
  await writeFile(join(folder, "manifest.json"), JSON.stringify({ artifacts }));
}
if (process.env.FAKE_CDK_STUBBORN === "yes") {
  process.on("SIGTERM", () => tell("cdk was asked to stop"));
}
process.exit(Number(await tell(`cdk ${command} ${args.join(" ")} in ${process.env.AWS_REGION}`)));
