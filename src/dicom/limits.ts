/** Bounds of what a peer may make us hold or do while we read a data set. */

/** Data sets held in memory: identifiers and the like, never images. */
export const dataSetLimits = {
  /** Sequences within sequences. PS3.3 never goes beyond some ten. */
  depthMax: 32,
  /** Elements at all levels, items counted too. */
  elementsMax: 100_000,
} as const;

/** Data sets that stream by on their way to a file. */
export const scanLimits = {
  /** Nested containers; a sequence and its item are two. */
  depthMax: 256,
  /** Elements at all levels: a whole slide with 10⁵ frames has some millions. */
  elementsMax: 20_000_000,
  /** Value of one element that is kept for the catalogue. */
  keptValueBytesMax: 65_536,
  /** All that is kept of one instance. */
  keptBytesMax: 1_048_576,
} as const;
