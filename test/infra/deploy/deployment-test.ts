import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Surroundings } from "../../../infra/deploy/surroundings.ts";
import { type Answer, type AwsEndpoint, REGION } from "./aws-endpoint.ts";

export const CREDENTIALS = { accessKeyId: "CALLER", secretAccessKey: "secret" };

/** A folder of its own with assemblies of both stages, and with `cdk` in `bin/`. */
export async function deploymentFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "debit-once-deploy-"));
  await mkdir(join(folder, "bin"));
  await symlink(fileURLToPath(new URL("fake-cdk.mjs", import.meta.url)), join(folder, "bin/cdk"));
  for (const stage of ["dev", "prod"]) {
    await assemblyIn(folder, stage, { [`DebitOnce-${stage}-Data`]: {}, [`DebitOnce-${stage}-Billing`]: {} });
  }
  return folder;
}

/** Writes an assembly with these stacks, each by what is unusual of it. */
export async function assemblyIn(
  folder: string,
  name: string,
  stacks: Readonly<Record<string, object>>,
): Promise<string> {
  const usual = { type: "aws:cloudformation:stack", environment: "aws://unknown-account/unknown-region" };
  const artifacts = Object.fromEntries(Object.entries(stacks).map(([id, own]) => [id, { ...usual, ...own }]));
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, "manifest.json"), JSON.stringify({ version: "43.0.0", artifacts }));
  return join(folder, name);
}

/** The environment in which the commands find the endpoint, and `cdk` is the program that plays it. */
export function environment(folder: string, endpoint: AwsEndpoint): Record<string, string> {
  return {
    PATH: [join(folder, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    HOME: folder,
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    FAKE_CDK_ENDPOINT: endpoint.url,
  };
}

/** The same inside this process; what is printed and told is kept. */
export function surroundings(folder: string, endpoint: AwsEndpoint) {
  const printed: string[] = [];
  const told: string[] = [];
  const aws = { endpoint: endpoint.url, region: REGION, credentials: CREDENTIALS };
  const own: Surroundings = {
    aws,
    // Another region than the gate is asked in: the CDK must not hear of it.
    env: { ...environment(folder, endpoint), AWS_REGION: "us-east-1" },
    print: (text) => printed.push(text),
    tell: (text) => told.push(text),
  };
  return { own, printed: () => printed.join(""), told: () => told.join("") };
}

const ALLOWED = {
  allowed: true,
  firstDeployment: false,
  checkedAt: "2026-03-02T03:00:00.000Z",
  reasons: [],
  nextOpening: null,
};
const STREAMS = ["au-cba", "au-nab", "au-wbc"];

/** What DeployGate answers, by the contract: a verdict, what a begin holds, what an end has freed. */
export const allowed = (more: object = {}): Answer => ({ payload: JSON.stringify({ ...ALLOWED, ...more }) });
export const refused = (codes: readonly string[], more: object = {}): Answer =>
  allowed({
    allowed: false,
    reasons: codes.map((code) => ({ code, text: `words of ${code}` })),
    nextOpening: "2026-03-02T07:00:00.000Z",
    ...more,
  });
export const begun = (deployment: unknown): Answer => allowed({ deployment, held: STREAMS });
export const ended = (deployment: unknown): Answer => ({
  payload: JSON.stringify({ deployment, freed: STREAMS }),
});

/** A gate that allows everything. */
export function openGate({ action, deployment }: Readonly<Record<string, unknown>>): Answer {
  if (action === "check") return allowed();
  return action === "begin" ? begun(deployment) : ended(deployment);
}
