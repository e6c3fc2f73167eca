/** The reasons for which we refuse something. Each wire (C-STORE, C-FIND, C-MOVE, HTTP) has a table from these to its own codes. */
export type ProblemCode =
  | 'storage-full'
  | 'volume-offline'
  | 'backlog-full'
  | 'data-set-mismatch'
  | 'unreadable-data-set'
  | 'unusable-identifier'
  | 'duplicate-instance'
  | 'already-exists'
  | 'unusable-setting'
  | 'not-renderable'
  | 'not-found'
  | 'not-authorized'
  | 'catalog-unavailable'
  | 'move-destination-unknown'
  | 'peer-unreachable'
  | 'cancelled'
  | 'internal';

/** A refusal: the peer gets `code` as a status of its protocol and `message` as the words, and so does the log. */
export class Problem extends Error {
  readonly code: ProblemCode;

  /** @param message names the value that was refused, in words for a person; no patient name */
  constructor(code: ProblemCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Problem';
    this.code = code;
  }
}

/** The peer broke the protocol (PS3.7, PS3.8): the association is aborted. */
export class ProtocolError extends Error {
  /** Reason of an A-ABORT with source service-provider — PS3.8 §9.3.8, Table 9-26. */
  readonly abortReason: number;

  constructor(message: string, abortReason = 0) {
    super(message);
    this.name = 'ProtocolError';
    this.abortReason = abortReason;
  }
}

/** Words for anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
