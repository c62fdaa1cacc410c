import { type Area, ObjectExists, type Objects, type StoredObject } from "../lambdas/ports.ts";

/** Buckets for tests, with the hands that the steps do not have. */
export interface ObjectsInMemory extends Objects {
  /** Puts an object whatever lies there; with versions, as the newest one. */
  put(area: Area, key: string, bytes: Buffer): { readonly version?: string };
  /** Changes the bytes of the newest version where they lie, as a disk or an administrator might. */
  tamper(area: Area, key: string, change: (bytes: Buffer) => Buffer): void;
  /** Takes an object away with all of its versions. */
  drop(area: Area, key: string): void;
}

/**
 * The buckets' port in memory. Bytes are copied in and out.
 * @param options.versions whether the store keeps versions, as S3 does and the local store does not; yes by default
 */
export function objectsInMemory(options: { readonly versions?: boolean } = {}): ObjectsInMemory {
  const { versions = true } = options;
  return objectsOf(versions, new Map(), 0);
}

/** Buckets that begin with what others hold, and keep versions; what is put into either stays there. */
export function copiedObjects(of: ObjectsInMemory): ObjectsInMemory {
  const stored = STORED.get(of) ?? new Map<string, StoredObject[]>();
  return objectsOf(true, new Map(stored), stored.size * 1000);
}

/** Newest first. No bytes are ever changed where they lie. */
const STORED = new WeakMap<ObjectsInMemory, Map<string, StoredObject[]>>();

function objectsOf(
  keepsVersions: boolean,
  stored: Map<string, StoredObject[]>,
  first: number,
): ObjectsInMemory {
  let puts = first;

  const put = (area: Area, key: string, bytes: Buffer): { readonly version?: string } => {
    puts += 1;
    const name = keepsVersions ? { version: `v${puts}` } : {};
    const older = keepsVersions ? (stored.get(place(area, key)) ?? []) : [];
    stored.set(place(area, key), [{ bytes: Buffer.from(bytes), ...name }, ...older]);
    return name;
  };

  const objects: ObjectsInMemory = {
    read: async (area, key, { version, from = 0, to } = {}) => {
      const found = stored
        .get(place(area, key))
        ?.find((one) => version === undefined || one.version === version);
      return found && { ...found, bytes: Buffer.from(found.bytes.subarray(from, to)) };
    },
    create: async (area, key, bytes) => {
      if (stored.has(place(area, key))) throw new ObjectExists(`there is an object under ${key} already`);
      return put(area, key, bytes);
    },
    versions: async (area, key) =>
      (stored.get(place(area, key)) ?? []).map(({ version }) => (version === undefined ? {} : { version })),
    list: async (area, prefix) =>
      [...stored.keys()]
        .filter((name) => name.startsWith(place(area, prefix)))
        .map((name) => name.slice(place(area, "").length))
        .sort(),

    put,
    tamper: (area, key, change) => {
      const newest = stored.get(place(area, key))?.[0];
      if (newest === undefined) throw new Error(`there is nothing under ${key} to tamper with`);
      const [, ...older] = stored.get(place(area, key)) ?? [];
      stored.set(place(area, key), [{ ...newest, bytes: change(Buffer.from(newest.bytes)) }, ...older]);
    },
    drop: (area, key) => {
      stored.delete(place(area, key));
    },
  };
  STORED.set(objects, stored);
  return objects;
}

function place(area: Area, key: string): string {
  return `${area}/${key}`;
}
