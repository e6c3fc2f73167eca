import type { TransferredStudy } from './transfer-notes.ts';

/** Who is at the other end, as far as others are told. */
export interface Party {
  callingAeTitle: string;
  calledAeTitle: string;
  /** Network address. */
  address: string;
  /** Name of the account that the user identity of the association was found to be. */
  user?: string;
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
  | 'user-identity'
  | 'no-context-accepted'
  | 'limit-exceeded'
  | 'tls-handshake'
  | 'protocol-error';

export interface StoredObservation {
  sopClassUid: string;
  studyInstanceUid: string;
  /** Patient ID, decoded when it is asked for; '' where there is none. */
  patientId(): string;
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
  /** Before it is answered. */
  queryReceived(tally: AssociationTally, received: QueryObservation): void;
  queryAnswered(tally: AssociationTally, matches: number, tookMs: number): void;
  /** Also for a retrieve. `status` in words, as of `instanceRefused`. */
  queryRefused(tally: AssociationTally, operation: string, status: string, words: string): void;
  retrieveAnswered(tally: AssociationTally, retrieved: RetrievedObservation): void;
  /** What was sent of which studies, by C-MOVE or C-GET or because somebody on the page wants it; in parts where that is much. */
  instancesTransferred(transferred: TransferObservation): void;
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

export interface QueryObservation {
  sopClassUid: string;
  transferSyntaxUid: string;
  /** As it came; not to be kept. */
  identifier: Buffer;
}

export interface TransferObservation {
  /** Who asked: the caller, or a user of the page, whose address may not be known any more. */
  requestor: { party: Party } | { user: { name: string; address: string | undefined } };
  /** AE title. */
  destination: string;
  studies: readonly TransferredStudy[];
  /** Why something was not sent. */
  words: string | undefined;
}

const METHODS = [
  'associationRejected',
  'associationOpened',
  'associationEnded',
  'instanceStored',
  'instanceRefused',
  'queryReceived',
  'queryAnswered',
  'queryRefused',
  'retrieveAnswered',
  'instancesTransferred',
  'connectionDropped',
] as const satisfies readonly (keyof Observer)[];

/**
 * One observer that tells all of these, in their order. One that throws in spite of its contract is a bug that `failed` is told; neither the
 * others nor the image that is being stored suffer from it.
 */
export function fanOut(observers: readonly Partial<Observer>[], failed: (error: unknown) => void): Observer {
  const told = METHODS.map((method) => {
    const tell = (...values: unknown[]) => {
      for (const observer of observers) {
        try {
          (observer[method] as ((...values: unknown[]) => void) | undefined)?.apply(observer, values);
        } catch (error) {
          failed(error);
        }
      }
    };
    return [method, tell];
  });
  return Object.fromEntries(told) as unknown as Observer;
}
