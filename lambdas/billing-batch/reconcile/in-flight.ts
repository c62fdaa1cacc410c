/** Does `work` for each item, at most `width` of them at a time. After the first fault nothing more is begun. */
export async function inFlight<Item>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const state = { failed: false };
  const worker = async () => {
    while (!state.failed) {
      const next = queue.next();
      if (next.done) return;
      try {
        await work(next.value);
      } catch (error) {
        state.failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}
