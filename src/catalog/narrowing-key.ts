import type { MatchingKey } from '../dicom/matching.ts';

/** A key by which the database narrows down. */
export interface NarrowingKey extends MatchingKey {
  /** A name is looked for as dicom/fuzzy-names.ts does. */
  isFuzzy?: boolean;
  /** Of a name, see `withNames`: the values of a column that match a pattern, by `columnAndPattern`. Where they are missing the pattern is looked for. */
  names?: ReadonlyMap<string, readonly string[]>;
  /** A name that so many have that it is found soon, whatever one begins with. */
  isCommon?: boolean;
}

export function columnAndPattern(column: string, pattern: string): string {
  return `${column} ${pattern}`;
}
