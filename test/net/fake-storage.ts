import type { Services } from '../../src/net/operations/operation.ts';
import type { StoredObservation } from '../../src/services/observer.ts';

/** An instance that was received and is not answered yet. */
export interface Received {
  sopInstanceUid: string;
  dataSet: Buffer;
  accept(): void;
  refuse(error: unknown): void;
}

const STORED: StoredObservation = {
  studyInstanceUid: '1.2',
  sopClassUid: '1.2',
  patientId: () => '',
  modality: 'CT',
  sizeBytes: 1,
  syncMs: 1,
};

/** A storage service that accepts when the test says so. */
export class FakeStorage {
  readonly received: Received[] = [];
  begun = 0;
  aborts = 0;
  /** Accepts at once. */
  isQuick = true;

  get service(): Services['storage'] {
    const begin = (request: { affectedSopInstanceUid: string }) => this.#begin(request);
    return { begin } as unknown as Services['storage'];
  }

  #begin({ affectedSopInstanceUid: sopInstanceUid }: { affectedSopInstanceUid: string }) {
    const pieces: Buffer[] = [];
    this.begun += 1;
    return {
      write: (bytes: Buffer) => void pieces.push(Buffer.from(bytes)),
      release: () => undefined,
      abort: () => {
        this.aborts += 1;
      },
      end: () =>
        new Promise<StoredObservation>((resolve, reject) => {
          const dataSet = Buffer.concat(pieces);
          this.received.push({ sopInstanceUid, dataSet, accept: () => resolve(STORED), refuse: reject });
          if (this.isQuick) resolve(STORED);
        }),
    };
  }
}
