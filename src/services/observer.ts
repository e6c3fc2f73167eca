/** Who is at the other end, as far as others are told. */
export interface Party {
  callingAeTitle: string;
  calledAeTitle: string;
  /** Network address. */
  address: string;
  isPeer: boolean;
  isTls: boolean;
}

/** Counters of one association, alive while it is open. */
export interface AssociationTally {
  readonly number: number;
  readonly party: Party;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  storedInstances: number;
  storedBytes: number;
  refusedInstances: number;
  /** By C-GET on this association, or by C-MOVE from it. */
  sentInstances: number;
  queries: number;
  /** C-ECHOs that were answered with success. */
  echoes: number;
}

export type RejectReason =
  | 'called-ae-title'
  | 'calling-ae-title'
  | 'no-context-accepted'
  | 'limit-exceeded'
  | 'tls-handshake'
  | 'protocol-error';

export interface StoredObservation {
  studyInstanceUid: string;
  modality: string;
  sizeBytes: number;
  /** From the last byte of the data set to its being durable, milliseconds. */
  syncMs: number;
}

/**
 * Told what the archive does, as it does it. Methods return at once and never throw: they are called between an image and its
 * acknowledgement.
 */
export interface Observer {
  /** `party` has '' for AE titles where none was told. */
  associationRejected(party: Party, reason: RejectReason, words: string): void;
  associationOpened(tally: AssociationTally): void;
  /** `isOrderly`: released by the caller. */
  associationEnded(tally: AssociationTally, isOrderly: boolean, words: string): void;
  instanceStored(tally: AssociationTally, stored: StoredObservation): void;
  /** `status` in words, `Refused: Out of Resources (A700H)`. */
  instanceRefused(tally: AssociationTally, status: string, words: string): void;
  queryAnswered(tally: AssociationTally, matches: number, tookMs: number): void;
  /** Also for a retrieve. */
  queryRefused(tally: AssociationTally, operation: string, words: string): void;
  retrieveAnswered(tally: AssociationTally, retrieved: RetrievedObservation): void;
  connectionDropped(address: string): void;
}

export interface RetrievedObservation {
  operation: 'C-MOVE' | 'C-GET';
  /** AE title. */
  destination: string;
  /** Where one study was asked for. */
  studyInstanceUid: string | undefined;
  completed: number;
  failed: number;
  warning: number;
  tookMs: number;
  words: string | undefined;
}

const METHODS = [
  'associationRejected',
  'associationOpened',
  'associationEnded',
  'instanceStored',
  'instanceRefused',
  'queryAnswered',
  'queryRefused',
  'retrieveAnswered',
  'connectionDropped',
] as const satisfies readonly (keyof Observer)[];

/**
 * One observer that tells all of these, in their order. One that throws in spite of its contract is a bug that `failed` is told; neither the
 * others nor the image that is being stored suffer from it.
 */
export function fanOut(observers: readonly Observer[], failed: (error: unknown) => void): Observer {
  const told = METHODS.map((method) => {
    const tell = (...values: unknown[]) => {
      for (const observer of observers) {
        try {
          (observer[method] as (...values: unknown[]) => void)(...values);
        } catch (error) {
          failed(error);
        }
      }
    };
    return [method, tell];
  });
  return Object.fromEntries(told) as unknown as Observer;
}
