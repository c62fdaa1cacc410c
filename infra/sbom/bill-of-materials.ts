/** The parts of a CycloneDX document that npm writes and we read. */
export interface BillOfMaterials {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

export interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly scope?: string;
}

/**
 * Says of every component whether it ships: `required` for what is in a Lambda's bundle, `excluded` (CycloneDX's word
 * for what serves making and testing only) for the rest. npm's own `--omit=dev` leaves out what ships as soon as a
 * development tool needs it too.
 * @param shipped packages by name and version, such as `zod@4.6.7`
 */
export function withScopes<Bom extends BillOfMaterials>(
  bom: Bom,
  name: string,
  shipped: ReadonlySet<string>,
): Bom {
  const { component } = bom.metadata;
  return {
    ...bom,
    // npm names the application after the folder that it happens to lie in.
    metadata: { ...bom.metadata, component: { ...component, name, type: "application" } },
    components: bom.components.map((one) => ({
      ...one,
      scope: shipped.has(`${one.name}@${one.version}`) ? "required" : "excluded",
    })),
  };
}

/** The same with nothing in it but what ships. */
export function onlyShipped<Bom extends BillOfMaterials>(bom: Bom): Bom {
  const components = bom.components.filter(({ scope }) => scope === "required");
  const refs = new Set([bom.metadata.component["bom-ref"], ...components.map((one) => one["bom-ref"])]);
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map((one) => ({ ...one, dependsOn: (one.dependsOn ?? []).filter((ref) => refs.has(ref)) }));
  return { ...bom, components, dependencies };
}
