import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import { tasksOf } from "./task-calls.ts";
import { checkDefinition, type Definition, validate } from "./definition.ts";
import {
  functionName,
  localNames,
  misfit,
  resolve,
  type Template,
  templateSchema,
  type Templates,
} from "./template.ts";

/** What a local run takes from the synthesized app, with every reference resolved to a local name. */
export interface Assembly {
  readonly definition: Definition;
  readonly stateMachineArn: string;
  /** Our Lambda functions by the name in their metadata. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly tables: readonly CreateTableCommandInput[];
  readonly buckets: readonly string[];
  /** Environment variable → bucket, table or ARN; the same in every function that has the variable. */
  readonly names: Readonly<Record<string, string>>;
}

export interface LocalFunction {
  /** The module that exports `handler`, from the top of the repository. */
  readonly handler: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

const SUFFIX = ".template.json";

/**
 * Reads what CDK has synthesized into a folder.
 *
 * @throws LocalFault for anything in it that would run otherwise here than on AWS, or not at all
 */
export async function readAssembly(outdir: string): Promise<Assembly> {
  const files = (await readdir(outdir)).filter((file) => file.endsWith(SUFFIX));
  const read = async (file: string): Promise<[string, Template]> => {
    const template: unknown = JSON.parse(await readFile(join(outdir, file), "utf8"));
    return [basename(file, SUFFIX), templateSchema.parse(template)];
  };
  const assembly = assemblyOf(new Map(await Promise.all(files.map(read))));
  await validateOnce(outdir, assembly.definition);
  return assembly;
}

/** Validates a definition unless a file beside the templates says that this one was found valid before. */
async function validateOnce(outdir: string, definition: Definition): Promise<void> {
  const mark = join(outdir, "valid-definition.sha256");
  const hash = createHash("sha256").update(JSON.stringify(definition)).digest("hex");
  if ((await readFile(mark, "utf8").catch(() => "")) === hash) return;
  validate(definition);
  await writeFile(mark, hash).catch(() => {}); // Only time is lost without it.
}

/** As {@link readAssembly}, from templates; without the interpreter's own validation of the definition. */
export function assemblyOf(templates: Templates): Assembly {
  const names = localNames(templates);
  const all = [...templates].flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([logicalId, resource]) => ({ stack, logicalId, ...resource })),
  );
  const ofType = (...types: string[]) => all.filter(({ Type }) => types.includes(Type));
  const nameOf = ({ stack, logicalId }: { stack: string; logicalId: string }) => names.ref(stack, logicalId);

  const functions = new Map<string, LocalFunction>();
  for (const found of ofType("AWS::Lambda::Function")) {
    const name = functionName(found);
    if (name === undefined) continue; // One of CDK's own, which runs at deployments only.
    if (functions.has(name)) throw misfit(`Two Lambda functions are called ${name}.`);
    const properties = functionProperties.parse(found.Properties);
    const env = z
      .record(z.string(), z.string())
      .parse(resolve(templates, names, found.stack, properties.Environment.Variables));
    const handler = z.string().parse(found.Metadata["debit-once:handler"]);
    functions.set(name, { handler, env, timeoutSeconds: properties.Timeout });
  }

  const [machine, ...others] = ofType("AWS::StepFunctions::StateMachine");
  if (!machine || others.length > 0) throw misfit("The app has not exactly one state machine.");
  const text = resolve(templates, names, machine.stack, machine.Properties.DefinitionString);
  if (typeof text !== "string") throw misfit("The state machine's definition is not in DefinitionString.");
  const definition = JSON.parse(text) as Definition;
  checkDefinition(definition, (arn) => /:function:([^:]+):1$/.exec(arn)?.[1]);
  for (const { task } of tasksOf(definition)) {
    if (!functions.has(task)) throw misfit(`The task ${task} has no Lambda function of ours.`);
  }

  const tables = ofType("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable").map((table) =>
    tableInput(nameOf(table), table.Properties),
  );
  const buckets = ofType("AWS::S3::Bucket").map(nameOf);
  const used = [...buckets, ...tables.map(({ TableName }) => TableName)];
  if (new Set(used).size < used.length) throw misfit("Two buckets or tables have the same local name.");
  return {
    definition,
    stateMachineArn: names.arn(machine.stack, machine.logicalId),
    functions,
    tables,
    buckets,
    names: commonVariables(functions),
  };
}

const functionProperties = z.object({
  Timeout: z.int().positive().default(3),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).default({ Variables: {} }),
});

/** Keys and indexes only: TableV2 renders a global table, whose other properties CreateTable does not have. */
function tableInput(name: string, properties: Readonly<Record<string, unknown>>): CreateTableCommandInput {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = properties as unknown as Pick<
    CreateTableCommandInput,
    "KeySchema" | "AttributeDefinitions" | "GlobalSecondaryIndexes"
  >;
  return {
    TableName: name,
    KeySchema,
    AttributeDefinitions,
    ...(GlobalSecondaryIndexes && {
      GlobalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
        IndexName: index.IndexName,
        KeySchema: index.KeySchema,
        Projection: index.Projection,
      })),
    }),
    BillingMode: "PAY_PER_REQUEST",
  };
}

function commonVariables(functions: ReadonlyMap<string, LocalFunction>): Record<string, string> {
  const names: Record<string, string> = {};
  for (const [name, { env }] of functions) {
    for (const [variable, value] of Object.entries(env)) {
      names[variable] ??= value;
      if (names[variable] !== value) throw misfit(`${variable} of ${name} is not what other functions have.`);
    }
  }
  return names;
}
