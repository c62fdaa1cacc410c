import type { Area, Objects } from "../../lambdas/ports.ts";
import { objectsInMemory, type ObjectsInMemory } from "../objects-in-memory.ts";

/** Buckets with versions, from which somebody outside may take an object away as S3 does: by a marker above its versions. */
export interface Buckets extends ObjectsInMemory {
  remove(area: Area, key: string): void;
}

export function buckets(): Buckets {
  const inner = objectsInMemory();
  const removed = new Set<string>();
  const place = (area: Area, key: string) => `${area}/${key}`;
  const create: Objects["create"] = async (area, key, bytes, contentType) => {
    if (!removed.delete(place(area, key))) return inner.create(area, key, bytes, contentType);
    // Above a marker there is nothing as far as a conditional put can see.
    return inner.put(area, key, bytes);
  };
  return {
    ...inner,
    create,
    read: async (area, key, options = {}) =>
      options.version === undefined && removed.has(place(area, key))
        ? undefined
        : inner.read(area, key, options),
    list: async (area, prefix) =>
      (await inner.list(area, prefix)).filter((key) => !removed.has(place(area, key))),
    remove: (area, key) => {
      removed.add(place(area, key));
    },
  };
}
