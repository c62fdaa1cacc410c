import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** JSON of unknown depth, as templates are; a test that reads past what is there fails. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Resource {
  readonly Type: string;
  readonly Properties: Json;
  readonly Metadata?: Record<string, string>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<
    Record<string, { readonly Value: Json; readonly Export?: { readonly Name: string } }>
  >;
}

export interface Synthesized {
  readonly exitCode: number;
  readonly stderr: string;
  /** What the constructs have to say beside the templates: `aws:cdk:warning` and the like. */
  readonly remarks: readonly string[];
  /** The stacks that refuse to be deleted, by name. */
  readonly protectedStacks: readonly string[];
  readonly stacks: readonly string[];
  readonly data: Template;
  readonly blackout: Template;
  readonly billing: Template;
}

/**
 * Runs the app as the CDK's command line does, without bundling.
 * @param validation whether the CDK judges the templates by CloudFormation's schemas, which takes most of the time
 */
export async function synthesize(
  stage: string | undefined,
  validation: "with validation" | "without" = "without",
): Promise<Synthesized> {
  const outdir = await mkdtemp(path.join(tmpdir(), "debit-once-synth-"));
  try {
    const { context } = JSON.parse(await readFile(path.join(ROOT, "cdk.json"), "utf8")) as {
      context: object;
    };
    const given = { ...context, ...(stage !== undefined && { stage }), "aws:cdk:bundling-stacks": [] };
    const { exitCode, stderr } = await app({
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(given),
      CDK_VALIDATION: String(validation === "with validation"),
    });
    const files = exitCode === 0 ? await readdir(outdir) : [];
    const text = (end: string) => {
      const file = files.find((name) => name.endsWith(end));
      return file === undefined ? Promise.resolve("{}") : readFile(path.join(outdir, file), "utf8");
    };
    const metadata = await Promise.all(
      files.filter((name) => name.endsWith(".metadata.json")).map((name) => text(name)),
    );
    const manifest: Json = JSON.parse(await text("manifest.json"));
    const artifacts = Object.entries<Json>(manifest.artifacts ?? {});
    return {
      exitCode,
      stderr,
      remarks: metadata.flatMap((entry) => entry.match(/aws:cdk:(warning|info|error)/g) ?? []),
      protectedStacks: artifacts
        .filter(([, { properties }]) => properties?.terminationProtection === true)
        .map(([name]) => name),
      stacks: artifacts.filter(([, { type }]) => type === "aws:cloudformation:stack").map(([name]) => name),
      data: JSON.parse(await text("-Data.template.json")) as Template,
      blackout: JSON.parse(await text("-Blackout.template.json")) as Template,
      billing: JSON.parse(await text("-Billing.template.json")) as Template,
    };
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

function app(variables: Record<string, string>): Promise<{ exitCode: number; stderr: string }> {
  const { CDK_DEFAULT_ACCOUNT: _account, CDK_DEFAULT_REGION: _region, ...own } = process.env;
  const env = { ...own, ...variables };
  return new Promise((resolve) => {
    execFile(process.execPath, ["infra/app.ts"], { cwd: ROOT, env }, (error, _stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stderr });
    });
  });
}

export function ofType(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** The Lambdas by the name that their metadata gives them. */
export function lambdasOf(billing: Template): Map<string, Resource & { readonly id: string }> {
  return new Map(
    ofType(billing, "AWS::Lambda::Function").map(([id, resource]) => [
      resource.Metadata?.["debit-once:function"] ?? `${id} without a name`,
      { ...resource, id },
    ]),
  );
}

/** Any value of a template as one line of text: references by their target, everything else as it stands. */
export function textOf(value: Json): string {
  if (typeof value === "string") return value;
  if (value?.Ref !== undefined) return `<${value.Ref}>`;
  if (value?.["Fn::GetAtt"] !== undefined) return `<${value["Fn::GetAtt"].join(".")}>`;
  if (value?.["Fn::ImportValue"] !== undefined) return `<${value["Fn::ImportValue"]}>`;
  if (value?.["Fn::Join"] !== undefined) return value["Fn::Join"][1].map(textOf).join(value["Fn::Join"][0]);
  if (value?.["Fn::Select"] !== undefined) return textOf(value["Fn::Select"][1]);
  if (value?.["Fn::Split"] !== undefined) return textOf(value["Fn::Split"][1]);
  throw new Error(`a template function that this test does not know: ${JSON.stringify(value)}`);
}
