import type { Filling } from './fill.ts';

/** How large the catalogue is that something was asked of. */
interface Scale {
  scenario: 'scale';
  server: 'dicomkeep-sqlite' | 'dicomkeep-mariadb';
  studies: number;
  series: number;
  instances: number;
}

/** One way of asking by C-FIND, with many values on one association. */
export interface ScaleFindRow extends Scale {
  what: 'find';
  query: string;
  goal: 'indexed' | 'wildcard' | 'none';
  /** From the request to the first response, one per value, milliseconds. */
  firstMs: number[];
  /** To the final one. */
  lastMs: number[];
  /** Mean. */
  answers: number;
  isRight: boolean;
}

/** Indexing beside an empty catalogue, in turns. */
export interface ScaleInsertRow extends Scale {
  what: 'insert';
  /** Instances a second, one per round. */
  filledPerSecond: number[];
  emptyPerSecond: number[];
}

export interface ScaleFillRow extends Scale {
  what: 'fill';
  filling: Filling;
}

export type ScaleRow = ScaleFindRow | ScaleInsertRow | ScaleFillRow;
