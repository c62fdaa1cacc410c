/** JSON of unknown depth, as templates are. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Properties = { readonly [key: string]: Json };

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Properties;
  readonly DependsOn?: string | readonly string[];
}

export interface DeployedTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** One resource type that an endpoint refuses, and what stands in its place meanwhile. */
export interface TakeOut {
  readonly type: string;
  /** The properties of a resource of that type, by which the refusal is shown. */
  readonly probe: Properties;
  /** What a reference to it becomes; without it nothing may refer to a resource of that type. */
  readonly instead?: {
    readonly words: string;
    readonly of: (properties: Properties) => Json | undefined;
  };
}

export interface TakenOut {
  readonly template: DeployedTemplate;
  /** Each resource and each rewrite, as one line for people. */
  readonly lines: readonly string[];
  /** The types of which there was at least one. */
  readonly types: ReadonlySet<string>;
}

/** What a deployment without it would prove nothing about: what computes, what keeps, and who may do what. */
const NEVER =
  /^AWS::(Lambda|IAM|DynamoDB|S3|KMS)::|^AWS::StepFunctions::StateMachine$|Policy$|^Custom::|^AWS::CloudFormation::CustomResource$/;

/** @throws Error for a type that no list may name, or that is there twice */
export function checkList(list: readonly TakeOut[]): void {
  const types = list.map(({ type }) => type);
  for (const type of types) {
    if (NEVER.test(type)) throw new Error(`${type} must never be taken out`);
    if (types.filter((other) => other === type).length > 1) throw new Error(`${type} is in the list twice`);
  }
}

/**
 * A template without the resources of the listed types. A reference to one becomes what the list says; everything
 * else stays as it was synthesized, and a state machine wholly so.
 * @param stack its name, for the lines
 * @throws Error where a reference cannot be rewritten by the list
 */
export function takeOut(stack: string, template: DeployedTemplate, list: readonly TakeOut[]): TakenOut {
  checkList(list);
  const lines: string[] = [];
  const types = new Set<string>();
  const gone = new Map<string, Json | undefined>();
  const kept: [string, TemplateResource][] = [];
  for (const [id, resource] of Object.entries(template.Resources)) {
    const entry = list.find(({ type }) => type === resource.Type);
    if (entry === undefined) {
      kept.push([id, resource]);
      continue;
    }
    types.add(entry.type);
    gone.set(id, entry.instead?.of(resource.Properties ?? {}));
    const becomes = entry.instead ? `; references become ${entry.instead.words}` : "";
    lines.push(`${stack}: ${id} (${entry.type}) is taken out${becomes}`);
  }
  if (gone.size === 0) return { template, lines, types };

  const rewriting = new Rewriting(stack, gone, lines);
  const Resources = Object.fromEntries(
    kept.map(([id, resource]) => {
      const before = lines.length;
      const rewritten = rewriting.of(withoutDependencies(resource, gone, `${stack}: ${id}`, lines), id);
      if (resource.Type === "AWS::StepFunctions::StateMachine" && lines.length > before) {
        throw new Error(`${stack}: ${id} is a state machine, of which nothing may be rewritten`);
      }
      return [id, rewritten as unknown as TemplateResource];
    }),
  );
  const { Resources: _all, ...rest } = template;
  const others = rewriting.of(rest, "template") as object;
  return { template: { ...others, Resources }, lines, types };
}

/** An order that has lost its first half is no order. */
function withoutDependencies(
  resource: TemplateResource,
  gone: ReadonlyMap<string, unknown>,
  place: string,
  lines: string[],
): Json {
  const { DependsOn, ...rest } = resource;
  if (DependsOn === undefined) return resource as unknown as Json;
  const all = typeof DependsOn === "string" ? [DependsOn] : DependsOn;
  const left = all.filter((id) => !gone.has(id));
  if (left.length === all.length) return resource as unknown as Json;
  lines.push(
    `${place}: does not wait any more for ${all.filter((id) => gone.has(id)).join(", ")}, which is not there`,
  );
  return { ...rest, ...(left.length > 0 && { DependsOn: left }) };
}

/** Replaces references to what is gone, deep inside anything. */
class Rewriting {
  readonly #stack: string;
  readonly #gone: ReadonlyMap<string, Json | undefined>;
  readonly #lines: string[];

  constructor(stack: string, gone: ReadonlyMap<string, Json | undefined>, lines: string[]) {
    this.#stack = stack;
    this.#gone = gone;
    this.#lines = lines;
  }

  of(value: Json, place: string): Json {
    const id = referenced(value);
    if (id !== undefined && this.#gone.has(id)) return this.#instead(id, place);
    this.#refuseText(value, place);
    if (Array.isArray(value)) return value.map((each, index) => this.of(each as Json, `${place}.${index}`));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, this.of(each, `${place}.${key}`)]),
    );
  }

  /** What takes the reference's place, also where that would be something else that is gone. */
  #instead(id: string, place: string): Json {
    let instead: Json | undefined = { Ref: id };
    const through = new Set<string>();
    for (let next: string | undefined = id; next !== undefined && this.#gone.has(next); ) {
      instead = through.has(next) ? undefined : this.#gone.get(next);
      if (instead === undefined) {
        throw new Error(
          `${this.#stack}: ${place} refers to ${id}, and the list does not say what to put there instead`,
        );
      }
      through.add(next);
      next = referenced(instead);
    }
    this.#lines.push(`${this.#stack}: ${place}: ${id} → ${JSON.stringify(instead)}`);
    return instead;
  }

  /** A name within a text cannot be replaced as a whole, so that nobody would notice what became of it. */
  #refuseText(value: Json, place: string): void {
    if (typeof value !== "string") return;
    for (const id of this.#gone.keys()) {
      // A literal dollar sign and brace: how CloudFormation writes a reference within Fn::Sub.
      if (value.includes(`\${${id}}`) || value.includes(`\${${id}.`)) {
        throw new Error(`${this.#stack}: ${place} names ${id} within a text, where it cannot be rewritten`);
      }
    }
  }
}

/** The logical id that a value refers to, if it is a reference. */
function referenced(value: Json): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { Ref, "Fn::GetAtt": attribute } = value as { Ref?: Json; "Fn::GetAtt"?: Json };
  if (typeof Ref === "string") return Ref;
  if (typeof attribute === "string") return attribute.split(".")[0];
  return Array.isArray(attribute) && typeof attribute[0] === "string" ? attribute[0] : undefined;
}
