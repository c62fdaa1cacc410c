import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Stage } from "../stage.ts";
import { WrongInput } from "../wrong-input.ts";
import type { Caller } from "./caller.ts";

const STACK = "aws:cloudformation:stack";

const MANIFEST = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      environment: z.string().optional(),
      properties: z
        .object({ stackName: z.string().optional(), templateFile: z.string().optional() })
        .optional(),
    }),
  ),
});

interface AssemblyStack {
  /** In the assembly. */
  readonly id: string;
  /** In CloudFormation. */
  readonly name: string;
  /** The path of its template. */
  readonly template: string;
  readonly environment: string;
}

/** The stacks of a synthesized assembly. @throws WrongInput where there is none, or one with another within it */
export async function stacksIn(folder: string): Promise<AssemblyStack[]> {
  const artifacts = await artifactsIn(folder);
  // What is in an assembly of its own would be deployed too, and nobody has looked into that.
  if (artifacts.some(([, { type }]) => type === "cdk:cloud-assembly")) {
    throw new WrongInput(`${folder} holds another assembly within it`);
  }
  return artifacts
    .filter(([, { type }]) => type === STACK)
    .map(([id, { environment = "", properties = {} }]) => {
      const { stackName: name = id, templateFile = "" } = properties;
      return { id, name, environment, template: join(folder, templateFile) };
    });
}

/**
 * Makes sure that everything in an assembly is of the stage that the gate was asked about, and goes where the gate was
 * asked: otherwise prod could be deployed on dev's permission.
 * @throws WrongInput where it is not
 */
export async function refuseOtherStage(
  folder: string,
  stage: Stage,
  { account, region }: Caller,
): Promise<void> {
  const stacks = await stacksIn(folder);
  const strangers = stacks.filter(({ name }) => !name.startsWith(`DebitOnce-${stage}-`));
  if (stacks.length === 0 || strangers.length > 0) {
    const found = strangers.map(({ name }) => name).join(", ") || "no stack";
    throw new WrongInput(`${folder} is not an assembly of stage ${stage}: it holds ${found}`);
  }
  const places = [account, "unknown-account"].flatMap((where) => [
    `aws://${where}/${region}`,
    `aws://${where}/unknown-region`,
  ]);
  if (stacks.some(({ environment }) => !places.includes(environment))) {
    throw new WrongInput(`${folder} was synthesized for another account or region than ${account} ${region}`);
  }
}

async function artifactsIn(folder: string) {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    return Object.entries(MANIFEST.parse(manifest).artifacts);
  } catch (error) {
    throw new WrongInput(`${folder} holds no synthesized assembly`, { cause: error });
  }
}
