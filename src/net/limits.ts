/** Bounds of what the network may make us hold. */
export const netLimits = {
  /** One receive buffer, bytes: an image of usual size fits, and goes to its file in one write. */
  receiveBufferBytes: 1024 * 1024,
  /** Receive buffers of one association: one is filled while the other is written. */
  receiveBuffersPerAssociation: 2,
  /** Less room than this at the end of a receive buffer is not read into, bytes. */
  readBytesMin: 64 * 1024,
  /** Buffers kept for the next associations. */
  spareBuffersMax: 8,
  /** A connection that is quiet within a message is read into a buffer of this size, bytes. */
  idleBufferBytes: 64 * 1024,
  /** Query identifiers and action information, bytes. */
  identifierBytesMax: 1024 * 1024,
  /** Requests of one association that are worked on at a time. */
  operationsMax: 16,
  /** Query responses sent in a row; then a C-CANCEL, and whatever others want, has its turn. */
  responsesPerTurn: 64,
  /** What waits at most for the end of a turn of the event loop, to be written together, bytes. */
  joinedBytesMax: 32 * 1024,
  /** Connections that wait until a new listener is served. */
  heldConnectionsMax: 64,
  /** TLS handshakes under way, and how long one may take, milliseconds. */
  tlsHandshakesMax: 64,
  tlsHandshakeTimeoutMs: 10_000,
  /** How long the steps of an echo test may take, milliseconds: to connect, to associate, to answer and to release, ten seconds in all. */
  echoConnectTimeoutMs: 3_000,
  echoAnswerTimeoutMs: 3_000,
  echoReleaseTimeoutMs: 1_000,
  /** What a peer may take to end a sub-operation that was cancelled, and then to take the abort, milliseconds. */
  cancelPatienceMs: 500,
  cancelLingerMs: 200,
  /** How long a closed association may take to go away, milliseconds. */
  lingerTimeoutMs: 2_000,
} as const;
