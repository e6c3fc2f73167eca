/** Bounds of the catalogue, all in one place. */

/** Longest UID that can be a key: the standard says 64 (PS3.5 §9.1), some devices write more. */
export const uidCharsMax = 128;

/** The DICOM JSON that one row keeps, characters; the largest elements beyond are left to the file. */
export const attributesJsonCharsMax = 65_536;

/** Rows that one statement of a streamed read fetches: with SQLite the event loop stands still for that long. */
export const pageRows = 500;

/** Rows after which a streamed read looks at its signal. */
export const rowsPerAbortCheck = 50;

/** Rows that one statement writes: SQLite takes 32766 values, knex's upsert for it 500 rows. */
export const rowsPerStatement = 400;

/** Values of one UID list that go into one statement. */
export const uidsPerStatement = 500;

/** Deadlocks, duplicate keys of a racing daemon: how often a transaction is tried in all. */
export const transactionAttemptsMax = 8;

/** How long a daemon waits for another one that migrates, seconds. */
export const migrationLockTimeoutSeconds = 300;

/** SOP classes that are listed in a study; more do not make a study more findable. */
export const sopClassesInStudyMax = 200;

/** Modalities that are listed in a study: as many as its column holds. */
export const modalitiesInStudyMax = 14;

/** Unknown callers that are remembered. */
export const unknownCallersMax = 1000;

/** Rows of the first page of a streamed read, and how many times as many each one after it has: each may be a read of the disk, and whoever asks sees something soon. */
export const firstPageRows = 4;
export const pageGrowth = 8;

/** Matches of an identifier whose rows a query takes at once. */
export const fewRowsMax = 32;

/** Ids of matches that a query takes all at once, and sorts; where there are more, it looks for them from the newest on. */
export const sortedIdsMax = 2000;

/** Ids that it takes at once from then on. */
export const idsAtOnce = 10_000;

/** Rows that are looked at one by one for matches, at first and at most in one statement. */
export const firstWindowRows = 2000;
export const windowRowsMax = 20_000;

/** Where fewer than one row of so many matches, an index is asked instead. */
export const rowsPerMatchMax = 20;

/** Rows that are looked at nevertheless where a name is known to be common. */
export const rowsForCommonNames = 30_000;

/** Names that a pattern is replaced by; with MariaDB a list of 1000 would be a table. */
export const knownNamesMax = 500;

/** Values of a key that names are looked up for. */
export const nameValuesMax = 4;

/** Columns that a query asks one by one, each with its own index. */
export const waysMax = 16;

/**
 * Words of a name that it is found by, and characters (code points) of a name whose words are kept: as many as a component group has, PS3.5 §6.2. Each
 * of them is a row of `word_endings`, written while everybody waits.
 */
export const wordsPerNameMax = 20;
export const nameCharsMax = 64;

/** Values of a UI key: a list of UIDs, PS3.4 §C.2.2.2.2. */
export const uidsPerKeyMax = 10_000;

/** Values of any other key. */
export const valuesPerKeyMax = 100;

/** Characters of one value of a key: as many as are kept of a stored value, so that whatever was answered can be asked for. */
export const valueCharsMax = 65_536;

/**
 * Characters of the values of a key that are looked for at every place of a text, by wild cards or word by word: what they cost is their number times
 * the length of the text, and nobody has a turn meanwhile.
 */
export const searchedCharsMax = 1024;

/** UIDs of a list, each of which would cost the database a comparison with every row; the rule decides where there are more. */
export const uidsComparedMax = 100;

/** How long a query goes on before others have their turn, milliseconds. */
export const queryTurnMs = 10;

/** Keys within the item of a key that is a sequence. */
export const keysPerItemMax = 100;

/** Studies that a query of series or instances keeps at hand. */
export const parentsCachedMax = 1000;

/** Finished jobs that are remembered, and how many one step forgets. */
export const jobsKeptMax = 10_000;
export const jobsPrunedPerStep = 500;

/** Pieces of a job that one statement writes: of 100 references each, with the longest UIDs, 2 MB. */
export const jobPiecesPerStatement = 80;

/** Events that are remembered, how many one step forgets, and after how many new ones a step is taken. */
export const eventsKeptMax = 500_000;
export const eventsPrunedPerStep = 2000;
export const eventsPerPrune = 200;

/** SOP classes that an unknown caller proposed, and transfer syntaxes that a peer prefers. */
export const proposedMax = 50;
export const preferredTransferSyntaxesMax = 20;

/** Words that a study is found by, and characters (code points) of one. */
export const wordsPerStudyMax = 100;
export const wordCharsMax = 64;

/** Words of one search. */
export const searchWordsMax = 8;

/** Studies that a search sorts; where there are more, it walks the index of the order and passes over what does not match. */
export const sortedStudiesMax = 10_000;

/** Series of one study that are listed. */
export const seriesListedMax = 2000;

/** Rows of a page at most. */
export const pageItemsMax = 1000;
