/** Bounds of what services take and hold; each protects memory or time against one peer. */
export const serviceLimits = {
  /** What a deflated data set may inflate to, bytes. */
  inflatedBytesMax: 8 * 1024 ** 3,
  /** It is inflated in pieces of so many: with zlib's own 16 KiB it takes five times as long. */
  inflatedPieceBytes: 256 * 1024,
  /** Everything of a data set but Pixel Data, where it has to be converted, bytes. */
  convertedHeadBytesMax: 64 * 1024 * 1024,
  /** Its elements at all levels: an enhanced image with 10⁴ frames has some hundred thousand. */
  convertedElementsMax: 1_000_000,
  /** Frames up to this are decoded some ahead, larger ones while the one before is sent, bytes. */
  decodedAheadBytesMax: 4 * 1024 * 1024,
  /** Pieces in which decoded frames are sent, bytes, even. */
  decodedPieceBytes: 1024 * 1024,
  /** Accepted instances whose headers stay in memory until they are filed; others are read again from their files. */
  headersInMemoryMax: 4000,
  /** Pieces in which a header is read from a file, bytes; most headers are shorter. */
  headerPieceBytes: 32 * 1024,
  /** Files that recovery reads at once: each holds two pieces of POOLED_BYTES_MAX at most, and a header. */
  recoveredAtOnce: 8,
  /** How long a query waits until what was accepted before it is filed, milliseconds. */
  settleTimeoutMs: 15_000,
  /** Instances of one catalogue transaction: some milliseconds of the event loop. */
  transactionInstances: 50,
  /** Accepted instances are filed when so long nothing has come, or when the first has waited for so long, milliseconds, or when they are so many. */
  filingQuietMs: 150,
  filingDelayMaxMs: 3_000,
  filingInstancesMax: 4_000,
  /** Queries go on for so long after the last one, milliseconds; meanwhile rows are made as soon as they fill a transaction, so that the next query waits for few. */
  queriesGoOnMs: 2_000,
  /** Files of rows that a query wanted come to their places so much later at the latest, milliseconds: whoever reads files has patience for it. */
  filingBehindQueryMs: 500,
  /** Between attempts to file while the catalogue or the volume is away, milliseconds. */
  filingRetryMinMs: 250,
  filingRetryMaxMs: 5_000,
  /** A retrieve says at least so often how far it is, milliseconds — PS3.4 leaves it to us. */
  pendingIntervalMs: 900,
  /** Instances opened and begun to be read before their turn comes to be sent, and what they may hold, bytes. */
  readAheadInstances: 16,
  /** Others are opened when no more are left than so many. */
  readAheadRefillAt: 8,
  readAheadBytes: 8 * 1024 * 1024,
  /** Instances that one request of storage commitment refers to: the largest study of a scanner, many times over. */
  commitmentReferencesMax: 100_000,
  /** Elements of its Action Information, items counted too: three for each reference, and what devices add. */
  actionElementsMax: 600_000,
  /** So many are read in a row, some milliseconds. */
  actionElementsPerTurn: 4000,
  /** Action Information that is being received and taken in, of all callers together, bytes. */
  actionRoomBytes: 32 * 1024 * 1024,
  /** References that are verified and written down together. */
  commitmentPieceReferences: 100,
  /** Transactions that are not reported yet: of all callers, of one, and references of all. */
  commitmentsMax: 1000,
  commitmentsOfCallerMax: 200,
  commitmentReferencesWaitingMax: 2_000_000,
  /** While instances come in, verification rests after each for as long as that took, and no longer than this, milliseconds. */
  verifyPauseMaxMs: 250,
  /** Sessions and API tokens are looked up so often at most, and used so again, milliseconds; and so many are remembered. */
  accountFreshMs: 10_000,
  accountEntriesMax: 1000,
  /** How long the catalogue is waited for where a session is known, milliseconds. */
  accountPatienceMs: 1000,
  /** A session ends when it was not used for so long, and at the latest after so long, milliseconds. */
  sessionIdleMs: 12 * 3_600_000,
  sessionMs: 7 * 86_400_000,
  /** Its use is written down so often at most, milliseconds. */
  sessionTouchMs: 60_000,
  /** Between attempts to look at the accounts at the start, while the catalogue is away, milliseconds. */
  accountRetryMs: 2000,
  /** Of a first password in a file; the same as the page asks for. */
  passwordCharsMin: 10,
  passwordCharsMax: 256,
} as const;
