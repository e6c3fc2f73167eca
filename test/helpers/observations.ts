import { uids } from '../../src/dicom/uids.ts';
import type { AssociationTally, Observer, Party, StoredObservation } from '../../src/services/observer.ts';

let number = 0;

export function party(fields: Partial<Party> = {}): Party {
  return {
    callingAeTitle: 'CT1',
    calledAeTitle: 'DICOMKEEP',
    address: '192.0.2.7',
    isPeer: true,
    isTls: false,
    ...fields,
  };
}

/** Of an association that has done nothing yet. */
export function tally(fields: Partial<Party> = {}, openedAt = 0): AssociationTally {
  number += 1;
  return {
    number,
    party: party(fields),
    openedAt,
    storedInstances: 0,
    storedBytes: 0,
    refusedInstances: 0,
    sentInstances: 0,
    queries: 0,
    echoes: 0,
  };
}

/** Tells it as the network does, which keeps the tally. */
export function store(
  observer: Pick<Observer, 'instanceStored'>,
  association: AssociationTally,
  fields: Partial<StoredObservation> = {},
): void {
  const stored = {
    sopClassUid: uids.CTImageStorage,
    studyInstanceUid: '1.2.3',
    patientId: () => 'PID1',
    modality: 'CT',
    sizeBytes: 1000,
    syncMs: 2,
    ...fields,
  };
  association.storedInstances += 1;
  association.storedBytes += stored.sizeBytes;
  observer.instanceStored(association, stored);
}

export function refuse(
  observer: Pick<Observer, 'instanceRefused'>,
  association: AssociationTally,
  status: string,
  words: string,
): void {
  association.refusedInstances += 1;
  observer.instanceRefused(association, status, words);
}
