/** Bounds of what an instance may make us hold or do while one of its frames is read, decoded and drawn. */
export const pixelLimits = {
  /** Everything before Pixel Data, bytes; an enhanced image with 10⁴ frames has some 10 MB. */
  headBytesMax: 32 * 1024 * 1024,
  /** Elements of it at all levels. */
  headElementsMax: 500_000,
  /** Sequences within sequences. */
  headDepthMax: 64,
  /** One frame, compressed or not, bytes; a mammogram has 50 MB. */
  frameBytesMax: 128 * 1024 * 1024,
  /** Fragments that are looked at in order to find those of a frame. */
  fragmentsMax: 1_000_000,
  /** What a deflated data set may inflate to until the frame is there, bytes. */
  inflatedBytesMax: 1024 * 1024 * 1024,
  /** Pieces in which a file is read, bytes. */
  pieceBytes: 256 * 1024,
  /** Parts of a JPEG 2000 code stream; a mammogram in tiles of 128 × 128 has 1500 tiles, 10⁴ precincts and 10⁴ code blocks. */
  jpeg2000TilesMax: 10_000,
  jpeg2000PrecinctsMax: 100_000,
  jpeg2000CodeBlocksMax: 1_000_000,
  jpeg2000PacketsOfTileMax: 10_000_000,
  /** By how much the process may grow meanwhile, bytes for each thread: a mammogram in JPEG 2000 takes 250 MB, and WebAssembly is not bound by the limits of its thread. */
  growthBytesMax: 512 * 1024 * 1024,
  /** How often it is looked at, milliseconds. */
  growthLookMs: 50,
  /** From the beginning of a picture to its end, milliseconds. */
  pictureTimeoutMs: 10_000,
  /** Pictures that wait for their turn. */
  queueMax: 32,
  /** How long a thread stays when there is nothing to do, milliseconds. */
  idleMs: 60_000,
  /** Threads that decode frames for those who take only uncompressed ones. */
  decodeThreadsMax: 2,
  /** From the beginning of one frame to its end, milliseconds: a mammogram in JPEG 2000 takes four seconds on a PC. */
  decodeTimeoutMs: 30_000,
  /** Frames that wait for their turn; a retrieve has a handful under way. */
  decodeQueueMax: 1000,
  /** A thread that has held a larger frame is ended, for WebAssembly gives no memory back. */
  frameBytesKept: 32 * 1024 * 1024,
} as const;
