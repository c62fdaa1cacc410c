import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { type Json, type Resource, ROOT } from "./synthesized.ts";
import type { Stacks } from "./source-copy.ts";

/** What becomes of a resource when CloudFormation updates a stack from one template to the next. */
export type Fate = "created" | "changed" | "replaced" | "removed";

/** The fates of all resources that an update does not leave as they are, as `<stack> <logical id>`. */
export function fatesOf(before: Stacks, after: Stacks): Map<string, Fate> {
  const fates = new Map<string, Fate>();
  for (const name of new Set([...placesIn(before), ...placesIn(after)])) {
    const fate = fateOf(before, after, name);
    if (fate !== undefined) fates.set(name, fate);
  }
  return fates;
}

/** Whether the thing that a resource was before the update is still there after it. */
export function isStillThere(before: Stacks, after: Stacks, name: string): boolean {
  const fate = fateOf(before, after, name);
  if (fate === "created") throw new Error(`${name} was not there before`);
  const old = resourceAt(before, name);
  // Of a replaced resource the next template's word counts, of a removed one the last word that there was.
  if (fate === "replaced") {
    return [old, resourceAt(after, name)].every((it) => it?.UpdateReplacePolicy === "Retain");
  }
  // The exception is of an update that is rolled back.
  return fate !== "removed" || ["Retain", "RetainExceptOnCreate"].includes(old?.DeletionPolicy ?? "");
}

function placesIn(stacks: Stacks): string[] {
  return [...stacks].flatMap(([stack, { Resources }]) =>
    Object.keys(Resources).map((id) => `${stack} ${id}`),
  );
}

function fateOf(before: Stacks, after: Stacks, name: string): Fate | undefined {
  const [old, now] = [resourceAt(before, name), resourceAt(after, name)];
  if (old === undefined) return "created";
  if (now === undefined) return "removed";
  if (thing(before, name) !== thing(after, name)) return "replaced";
  return textWith(before, name, old.Properties) === textWith(after, name, now.Properties)
    ? undefined
    : "changed";
}

function resourceAt(stacks: Stacks, name: string): Resource | undefined {
  const [stack = "", id = ""] = name.split(" ");
  return stacks.get(stack)?.Resources[id];
}

/** Which physical thing a resource is: its logical id, and all of its properties that cannot change on it. */
function thing(stacks: Stacks, name: string): string {
  const resource = resourceAt(stacks, name);
  if (resource === undefined) throw new Error(`no template has ${name}`);
  const replacing = replacingProperties(resource.Type);
  const fixed = Object.entries<Json>(resource.Properties ?? {}).filter(([property]) =>
    replacing.has(property),
  );
  return `${name} ${resource.Type} ${textWith(stacks, name, Object.fromEntries(fixed))}`;
}

/** A value as text in which each reference stands for the very thing that it leads to. */
function textWith(stacks: Stacks, name: string, value: Json): string {
  const [stack = ""] = name.split(" ");
  return JSON.stringify(value ?? {}, (_key, part: Json) => {
    const to: unknown = part?.Ref ?? part?.["Fn::GetAtt"]?.[0];
    if (typeof to !== "string" || to.startsWith("AWS::")) return part;
    const target = `${stack} ${to}`;
    const [, attribute] = part["Fn::GetAtt"] ?? [];
    // Step Functions makes a new revision of whatever changes on a machine.
    const revision =
      attribute === "StateMachineRevisionId"
        ? textWith(stacks, target, resourceAt(stacks, target)?.Properties)
        : "";
    return `${thing(stacks, target)} ${attribute ?? ""} ${revision}`;
  });
}

interface Specification {
  readonly schema: {
    readonly resource: {
      readonly entities: readonly {
        readonly cloudFormationType: string;
        readonly properties: Readonly<Record<string, { readonly causesReplacement?: string }>>;
      }[];
    };
  };
}

let specification: Map<string, ReadonlySet<string>> | undefined;

/** The properties whose change makes another thing of a resource, by AWS's specification in the CDK's command line. */
function replacingProperties(type: string): ReadonlySet<string> {
  specification ??= new Map(
    read().schema.resource.entities.map(({ cloudFormationType, properties }) => [
      cloudFormationType,
      new Set(
        Object.entries(properties).flatMap(([name, { causesReplacement = "no" }]) =>
          causesReplacement === "no" ? [] : [name],
        ),
      ),
    ]),
  );
  const found = specification.get(type);
  if (found === undefined && !type.startsWith("Custom::")) {
    throw new Error(`AWS's specification does not know ${type}`);
  }
  return found ?? new Set();
}

function read(): Specification {
  const bytes = readFileSync(path.join(ROOT, "node_modules/aws-cdk/db.json.gz"));
  return JSON.parse(gunzipSync(bytes).toString()) as Specification;
}
