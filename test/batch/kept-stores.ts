import type { Area } from "../../lambdas/ports.ts";
import type { LocalStores, StoredItem } from "./local-stores.ts";

/** Writes over what is stored, remembers what was there before, and puts it back. */
export class KeptStores {
  readonly #stores: LocalStores;
  readonly #items = new Map<
    string,
    { readonly pk: string; readonly sk: string; readonly item?: StoredItem }
  >();
  readonly #objects = new Map<
    string,
    { readonly area: Area; readonly key: string; readonly bytes?: Buffer }
  >();

  constructor(stores: LocalStores) {
    this.#stores = stores;
  }

  async putItem(item: StoredItem): Promise<void> {
    await this.keepItem(item.pk, item.sk);
    await this.#stores.putItem(item);
  }

  async dropItem(pk: string, sk: string): Promise<void> {
    await this.keepItem(pk, sk);
    await this.#stores.dropItem(pk, sk);
  }

  /** Puts an object, or takes it away. */
  async putObject(area: Area, key: string, bytes: Buffer | undefined): Promise<void> {
    const name = `${area} ${key}`;
    if (!this.#objects.has(name)) {
      const before = await this.#stores.object(area, key);
      this.#objects.set(name, { area, key, ...(before && { bytes: before }) });
    }
    await (bytes ? this.#stores.putObject(area, key, bytes) : this.#stores.dropObject(area, key));
  }

  /** Remembers an item that somebody else may write over. */
  async keepItem(pk: string, sk: string): Promise<void> {
    if (this.#items.has(`${pk} ${sk}`)) return;
    const item = await this.#stores.item(pk, sk);
    this.#items.set(`${pk} ${sk}`, { pk, sk, ...(item && { item }) });
  }

  async restore(): Promise<void> {
    for (const { pk, sk, item } of this.#items.values()) {
      await (item ? this.#stores.putItem(item) : this.#stores.dropItem(pk, sk));
    }
    for (const { area, key, bytes } of this.#objects.values()) {
      await (bytes ? this.#stores.putObject(area, key, bytes) : this.#stores.dropObject(area, key));
    }
    this.#items.clear();
    this.#objects.clear();
  }
}
