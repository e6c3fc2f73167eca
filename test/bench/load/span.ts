/** When a client of the load is at work. */
export interface Span {
  durationMs: number;
  /** How long after the start it begins, so that not all do at once. */
  phaseMs: number;
  /** It ends before its time when there is a file of this name. */
  stopPath: string;
}

/** How often each of some words was heard. */
export type Counts = { [words: string]: number };

export function count(counts: Counts, words: string): void {
  counts[words] = (counts[words] ?? 0) + 1;
}

export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

export function added(all: readonly Counts[]): Counts {
  const sum: Counts = {};
  for (const counts of all) {
    for (const [words, number] of Object.entries(counts)) sum[words] = (sum[words] ?? 0) + number;
  }
  return sum;
}

/** Processor seconds, user and system, that this process has had so far. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
