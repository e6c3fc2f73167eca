/**
 * Does work on all items, some of them at a time: the next one begins when any one ends. Where one fails no other begins, and those under way have ended when
 * this rejects.
 * @returns the results in the order of the items
 * @throws what the first that failed has thrown
 */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: unknown[] = [];
  const rest = [...items].entries();
  const workThrough = async (): Promise<void> => {
    for (const [index, item] of rest) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, workThrough));
  if (failures.length > 0) throw failures[0];
  return results;
}
