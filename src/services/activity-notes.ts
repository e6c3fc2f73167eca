import type { NewEvent } from './activity-kinds.ts';
import { callerFields } from './activity-words.ts';
import type { AssociationTally, StoredObservation } from './observer.ts';
import { sizeWords } from './size-words.ts';

/** A study is told of when so long nothing of it has come, and at the latest so long after its first instance, milliseconds. */
const QUIET_MS = 30_000;
const TELL_MS = 300_000;
/** Studies and reasons of one association that are kept apart until they are told of. */
const STUDIES_MAX = 500;
const REASONS_MAX = 50;
/** A study of more modalities than this is not described better by naming them all. */
const MODALITIES_MAX = 8;

interface Arrivals {
  studyInstanceUid: string;
  instances: number;
  bytes: number;
  modalities: Set<string>;
  firstAt: number;
  lastAt: number;
}

interface Refusals {
  status: string;
  words: string;
  instances: number;
  firstAt: number;
  lastAt: number;
}

/** What one association has stored and was refused since it was last told of. */
export class AssociationNotes {
  readonly tally: AssociationTally;
  /** Milliseconds since 1970; 0 where nothing was stored. */
  lastStoredAt = 0;
  readonly #studies = new Map<string, Arrivals>();
  readonly #refusals = new Map<string, Refusals>();
  /** Most instances are of the study of the one before. */
  #current: Arrivals | undefined;

  constructor(tally: AssociationTally) {
    this.tally = tally;
  }

  /** @returns the events that make room for it, if there is none: rarely any */
  stored({ studyInstanceUid, modality, sizeBytes }: StoredObservation, now: number): NewEvent[] {
    this.lastStoredAt = now;
    let arrivals = this.#current;
    let events: NewEvent[] = [];
    if (arrivals?.studyInstanceUid !== studyInstanceUid) {
      arrivals = this.#studies.get(studyInstanceUid);
      if (arrivals === undefined) {
        if (this.#studies.size >= STUDIES_MAX) events = this.#takeStudies(() => true);
        arrivals = {
          studyInstanceUid,
          instances: 0,
          bytes: 0,
          modalities: new Set(),
          firstAt: now,
          lastAt: now,
        };
        this.#studies.set(studyInstanceUid, arrivals);
      }
      this.#current = arrivals;
    }
    arrivals.instances += 1;
    arrivals.bytes += sizeBytes;
    arrivals.lastAt = now;
    if (modality !== '' && arrivals.modalities.size < MODALITIES_MAX) arrivals.modalities.add(modality);
    return events;
  }

  refused(status: string, words: string, now: number): void {
    const key = `${status}\n${words}`;
    let refusals = this.#refusals.get(key);
    if (refusals === undefined) {
      const isFull = this.#refusals.size >= REASONS_MAX;
      const usedKey = isFull ? '' : key;
      const begun = isFull ? { status: '', words: 'for further reasons' } : { status, words };
      refusals = this.#refusals.get(usedKey) ?? { ...begun, instances: 0, firstAt: now, lastAt: now };
      this.#refusals.set(usedKey, refusals);
    }
    refusals.instances += 1;
    refusals.lastAt = now;
  }

  /** Events of what has come to rest, or was begun long ago. */
  takeDue(now: number): NewEvent[] {
    const isDue = ({ firstAt, lastAt }: { firstAt: number; lastAt: number }) =>
      now - lastAt >= QUIET_MS || now - firstAt >= TELL_MS;
    return [...this.#takeStudies(isDue), ...this.#takeRefusals(isDue)];
  }

  /** Events of all that was not told of yet. */
  takeAll(): NewEvent[] {
    return [...this.#takeStudies(() => true), ...this.#takeRefusals(() => true)];
  }

  #takeStudies(isDue: (arrivals: Arrivals) => boolean): NewEvent[] {
    const events: NewEvent[] = [];
    for (const [uid, arrivals] of this.#studies) {
      if (!isDue(arrivals)) continue;
      this.#studies.delete(uid);
      if (this.#current === arrivals) this.#current = undefined;
      events.push(this.#storedEvent(arrivals));
    }
    return events;
  }

  #takeRefusals(isDue: (refusals: Refusals) => boolean): NewEvent[] {
    const events: NewEvent[] = [];
    for (const [key, refusals] of this.#refusals) {
      if (!isDue(refusals)) continue;
      this.#refusals.delete(key);
      events.push(this.#refusedEvent(refusals));
    }
    return events;
  }

  #storedEvent({ studyInstanceUid, instances, bytes, modalities, firstAt, lastAt }: Arrivals): NewEvent {
    const { party } = this.tally;
    return {
      kind: 'instances-stored',
      severity: 'info',
      words: `${party.callingAeTitle} stored ${countWords(instances)}, ${sizeWords(bytes)}, of study ${studyInstanceUid}`,
      fields: {
        ...callerFields(party),
        studyInstanceUid,
        instances,
        bytes,
        modality: [...modalities].join(', '),
        durationMs: lastAt - firstAt,
      },
    };
  }

  #refusedEvent({ status, words, instances }: Refusals): NewEvent {
    const { party } = this.tally;
    return {
      kind: 'instances-refused',
      // Out of resources is ours to mend; all else is between the sender and its data.
      severity: /\bA7[0-9A-F]{2}H\b/.test(status) ? 'error' : 'warning',
      words: `${countWords(instances)} from ${party.callingAeTitle} at ${party.address} refused: ${words}`,
      fields: { ...callerFields(party), instances, status, reason: words },
    };
  }
}

function countWords(instances: number): string {
  return instances === 1 ? '1 instance' : `${instances} instances`;
}
