/**
 * Reads things one after the other, a few of them ahead of whoever takes them: waiting and working overlap, and no
 * more than `width` of them lie in memory. They come in their order; the first fault ends it.
 */
export async function* readAhead<Item, Value>(
  items: Iterable<Item>,
  width: number,
  read: (item: Item) => Promise<Value>,
): AsyncGenerator<Value, void, undefined> {
  const queue: Promise<Value>[] = [];
  for (const item of items) {
    const reading = read(item);
    // Its fault is thrown when its turn comes; one that nobody waits for any more is nobody's.
    reading.catch(() => undefined);
    queue.push(reading);
    if (queue.length >= width) yield queue.shift() as Promise<Value>;
  }
  for (const reading of queue) yield reading;
}
