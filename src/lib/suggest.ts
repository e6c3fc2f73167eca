/**
 * The candidate that was probably meant by a mistyped word, for "did you mean …".
 * @returns undefined when none is near: more than a third of the longer word would have to change
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined; // Nobody mistypes that much, and the search takes the product of the lengths.
  const measured = candidates.map((candidate) => ({
    candidate,
    distance: editDistance(word.toLowerCase(), candidate.toLowerCase()),
  }));
  const nearest = measured.sort((a, b) => a.distance - b.distance)[0];
  if (nearest === undefined) return undefined;
  const bound = Math.max(1, Math.floor(Math.max(word.length, nearest.candidate.length) / 3));
  return nearest.distance <= bound ? nearest.candidate : undefined;
}

/** Edits from one word to the other, where two neighbours that change places are one edit (Damerau), row by row. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(substitution, swap, at(last, j) + 1, at(row, j - 1) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
