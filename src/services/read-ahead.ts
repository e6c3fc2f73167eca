export interface Bounds<Item> {
  /** Items opened ahead, at most. */
  count: number;
  /** Others are opened when there are no more than so many; several at once cost less than one by one. */
  refillAt: number;
  /** What an opened item holds, bytes; all that is opened stays below `bytes`, but for the first. */
  sizeOf(item: Item): number;
  bytes: number;
}

/**
 * Opens what comes next while the present is being used, so that nobody waits for the disk. Whatever was opened and not taken is closed when the
 * caller stops early.
 */
export async function* readAhead<Item, Opened>(
  items: AsyncIterable<Item>,
  open: (item: Item) => Promise<Opened>,
  close: (opened: Opened) => Promise<void>,
  bounds: Bounds<Item>,
): AsyncGenerator<{ item: Item; opened: Opened }, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const ahead: { item: Item; opening: Promise<Opened>; bytes: number }[] = [];
  let bytesAhead = 0;
  let isExhausted = false;
  // Twice as many each time: the first item is not kept waiting by those behind it.
  let wanted = 1;
  try {
    for (;;) {
      const isDue = ahead.length <= bounds.refillAt;
      if (isDue) wanted = Math.min(wanted * 2, bounds.count);
      while (
        isDue &&
        !isExhausted &&
        ahead.length < wanted &&
        (ahead.length === 0 || bytesAhead < bounds.bytes)
      ) {
        const next = await iterator.next();
        if (next.done === true) {
          isExhausted = true;
          break;
        }
        const opening = open(next.value);
        opening.catch(() => undefined); // seen when its turn comes
        const bytes = bounds.sizeOf(next.value);
        bytesAhead += bytes;
        ahead.push({ item: next.value, opening, bytes });
      }
      const first = ahead.shift();
      if (first === undefined) return;
      bytesAhead -= first.bytes;
      yield { item: first.item, opened: await first.opening };
    }
  } finally {
    await Promise.all(ahead.map(({ opening }) => opening.then(close, () => undefined)));
    await iterator.return?.();
  }
}
