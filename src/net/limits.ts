/** Bounds of what the network may make us hold. */
export const netLimits = {
  /** One receive buffer, bytes: an image of usual size fits, and goes to its file in one write. */
  receiveBufferBytes: 1024 * 1024,
  /** Receive buffers of one association: one is filled while the other is written. */
  receiveBuffersPerAssociation: 2,
  /** Receive buffers of all associations; with more of them receiving, the last ones read into their small buffers alone. */
  receiveBuffersMax: 32,
  /** Less room than this at the end of a receive buffer is not read into, bytes. */
  readBytesMin: 64 * 1024,
  /** How long what one connection sent may keep the others waiting, milliseconds; and what is read of it at a time at least, bytes. */
  turnMs: 10,
  turnBytesMin: 4096,
  /** Shorter pieces of a data set are copied together, so that one of many fragments costs not much more than another, bytes. */
  smallPieceBytes: 512,
  /** Effects of what was received at once, beyond which the next is taken in slices of so many bytes: peers that are well have no fragments so small. */
  crumbEffectsMin: 64,
  crumbSliceBytes: 1024,
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
  /** Action information of one request, bytes: 10⁵ references. */
  actionBytesMax: 16 * 1024 * 1024,
  /** Before a report on the caller's own association all is quiet for so long, which is waited for and looked at so long and so often, milliseconds. */
  eventReportQuietMs: 300,
  eventReportPatienceMs: 10_000,
  eventReportPollMs: 50,
  /** How long the caller may take to answer it there, milliseconds; then it is called. */
  eventReportAnswerTimeoutMs: 15_000,
  /** What waits at most for the end of a turn of the event loop, to be written together, bytes. */
  joinedBytesMax: 32 * 1024,
  /** Answers that a caller has not taken; beyond, nothing more is read from it, bytes. */
  unsentBytesMax: 256 * 1024,
  /** Messages that wait for the end of a data set that is being sent; beyond, nothing more is read from the caller. */
  waitingMessagesMax: 100,
  /** Connections of which no association request has come, or whose association is over; the oldest is closed for one more. */
  waitingConnectionsMax: 100,
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
  /** What an audit repository may take to be connected to, to take what is sent, and to close a connection, milliseconds. */
  syslogConnectTimeoutMs: 10_000,
  syslogSendTimeoutMs: 30_000,
  syslogCloseTimeoutMs: 5_000,
  /** How long a closed association may take to go away, milliseconds. */
  lingerTimeoutMs: 2_000,
} as const;
