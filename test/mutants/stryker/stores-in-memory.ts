import { ledgerInMemory } from "../../ledger-in-memory.ts";
import { objectsInMemory } from "../../objects-in-memory.ts";
import type { Backing } from "../../world.ts";

/** Stands for the embedded stores where Stryker runs a test for every mutant: as they are, and without their start. */
export async function embeddedStores(): Promise<Backing & { close(): Promise<void> }> {
  // The embedded S3 has no versions, and the tests that are written for it know none.
  const objects = objectsInMemory({ versions: false });
  return {
    ledger: ledgerInMemory(),
    objects,
    overwrite: async (area, key, bytes) => {
      objects.put(area, key, bytes);
    },
    close: async () => {},
  };
}
