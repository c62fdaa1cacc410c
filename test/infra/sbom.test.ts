import { describe, expect, it } from "vitest";
import { type BillOfMaterials, onlyShipped, withScopes } from "../../infra/sbom/bill-of-materials.ts";

describe("the bill of materials", () => {
  const component = (name: string, version: string) => ({ "bom-ref": `${name}@${version}`, name, version });
  const bom: BillOfMaterials = {
    metadata: { component: component("some-folder", "0.1.0") },
    components: [component("zod", "1.0.0"), component("zod", "2.0.0"), component("vitest", "3.0.0")],
    dependencies: [
      { ref: "some-folder@0.1.0", dependsOn: ["zod@1.0.0", "vitest@3.0.0"] },
      { ref: "vitest@3.0.0", dependsOn: ["zod@2.0.0"] },
      { ref: "zod@1.0.0" },
    ],
  };
  const scoped = withScopes(bom, "debit-once", new Set(["zod@1.0.0"]));

  it("tells what ships from what only makes and tests it, by name and version", () => {
    expect(scoped.components.map(({ scope }) => scope)).toEqual(["required", "excluded", "excluded"]);
  });

  it("is the application's, whatever folder it lies in", () => {
    expect(scoped.metadata.component).toMatchObject({ name: "debit-once", type: "application" });
  });

  it("leads nowhere when it is cut to what ships", () => {
    const cut = onlyShipped(scoped);
    expect(cut.components.map((one) => one["bom-ref"])).toEqual(["zod@1.0.0"]);
    expect(cut.dependencies).toEqual([
      { ref: "some-folder@0.1.0", dependsOn: ["zod@1.0.0"] },
      { ref: "zod@1.0.0", dependsOn: [] },
    ]);
  });
});
