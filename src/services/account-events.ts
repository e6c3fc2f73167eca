import type { NewEvent } from './activity-kinds.ts';

/** Who did it, and from where; as `Actor` of the routes. */
export interface Doer {
  /** User name, or `token <name>`. */
  name: string;
  /** Network address. */
  address: string;
}

export type RecordEvent = (event: NewEvent) => void;

const NAME_CHARS_MAX = 64;

/** A name that a stranger typed, as it may stand in a log: cut, and nothing in it that is not printable. */
export function quoted(name: string): string {
  const printable = name.slice(0, NAME_CHARS_MAX).replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '?');
  return `'${printable}'`;
}
