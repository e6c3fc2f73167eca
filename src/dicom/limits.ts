/** Bounds of what a peer may make us hold or do while we read a data set. */

/** Data sets held in memory: identifiers and the like, never images. */
export const dataSetLimits = {
  /** Sequences within sequences. PS3.3 never goes beyond some ten. */
  depthMax: 32,
  /** Elements at all levels, items counted too. */
  elementsMax: 100_000,
} as const;

/** Identifiers of queries and retrieves: several of one association may be worked on at a time. */
export const identifierLimits = {
  ...dataSetLimits,
  /** Keys, their items counted too: the longest list that a workstation has been seen to ask for has some hundred. */
  elementsMax: 16_384,
  /** Text is decoded and matched on the event loop; UIDs are not counted, since lists of them may be long. Bytes. */
  textBytesMax: 131_072,
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
