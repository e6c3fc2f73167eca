/** A layer of the program that reads bytes of strangers. */
export interface FuzzTarget {
  name: string;
  /** Valid inputs, and such as were made to be hard: what is tried are changes of these. */
  seeds(): readonly Buffer[];
  /**
   * Reads `input` and throws where the layer does what it must not: throws anything but a refusal, gives another result when the bytes
   * are cut elsewhere, contradicts another reader of the same bytes.
   */
  check(input: Buffer): void | Promise<void>;
}

/** What `work` gives, or the words of its refusal. @throws whatever is no refusal */
export function outcomeOf<T>(work: () => T, Refusal: new (...args: never[]) => Error): T | Refused {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return new Refused(error.message);
    throw error;
  }
}

export class Refused {
  readonly words: string;

  constructor(words: string) {
    this.words = words;
  }
}

/** The input in pieces: one whole, two halves, single bytes, pieces of some prime. */
export function cutsOf(input: Buffer): Buffer[][] {
  return [[input], piecesOf(input, Math.ceil(input.length / 2)), piecesOf(input, 1), piecesOf(input, 7)];
}

function piecesOf(input: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  // Copies, so that a reader that keeps a view of what it must not keep is found out.
  for (let at = 0; at < input.length; at += size) pieces.push(Buffer.from(input.subarray(at, at + size)));
  return pieces;
}

/** @throws Error with both where they differ */
export function assertSame(what: string, one: unknown, other: unknown): void {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)];
  if (left !== right) throw new Error(`${what}: ${left?.slice(0, 400)} and ${right?.slice(0, 400)}`);
}
