import type { ArchivePlan } from './plan.ts';

/** Some studies and all that belongs to them, written. */
export interface Written {
  studies: number;
  /** Of all tables. */
  rows: number;
}

/** Writes rows past the catalogue, many at once. */
export interface BulkLoader {
  /** Studies that are there: rows are written in the order of their ids. */
  filledStudies(): Promise<number>;
  /** Each piece that it tells of is one transaction, so that whoever is killed goes on where it was. @param first index of the first study */
  writeFrom(
    plan: ArchivePlan,
    first: number,
    studiesAtOnce?: number,
  ): AsyncGenerator<Written, void, undefined>;
  /** Statistics for the optimizer, as a server that has been running for a while has them. */
  analyze(): Promise<void>;
  /** Of all tables and their indexes, on disk. */
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Studies whose rows are written together: some 20,000 rows, 30 MB while they wait. */
export const STUDIES_AT_ONCE = 500;
