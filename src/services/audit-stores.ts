import type { AuditedStudy } from './audit-events.ts';
import type { StoredObservation } from './observer.ts';

/** A study is told of when so long nothing of it has come, and at the latest so long after its first instance, milliseconds. */
const QUIET_MS = 30_000;
const TELL_MS = 300_000;
/** Studies of one association that are kept apart until they are told of. */
const STUDIES_MAX = 500;
/** SOP classes that are counted apart in one study. */
const SOP_CLASSES_MAX = 200;

interface StoredStudy {
  studyInstanceUid: string;
  patientId: string;
  sopClasses: Map<string, number>;
  firstAt: number;
  lastAt: number;
}

/** What one association has stored since its studies were last told of: a message for each study, not for each instance. */
export class StoredStudies {
  readonly #studies = new Map<string, StoredStudy>();
  /** Most instances are of the study of the one before. */
  #current: StoredStudy | undefined;

  /** @returns the studies that make room for it, if there is none: rarely any */
  add(stored: StoredObservation, now: number): AuditedStudy[] {
    const { studyInstanceUid, sopClassUid } = stored;
    let study = this.#current;
    let told: AuditedStudy[] = [];
    if (study?.studyInstanceUid !== studyInstanceUid) {
      study = this.#studies.get(studyInstanceUid);
      if (study === undefined) {
        if (this.#studies.size >= STUDIES_MAX) told = this.takeAll();
        study = {
          studyInstanceUid,
          patientId: stored.patientId(),
          sopClasses: new Map(),
          firstAt: now,
          lastAt: now,
        };
        this.#studies.set(studyInstanceUid, study);
      }
      this.#current = study;
    }
    countClass(study.sopClasses, sopClassUid);
    study.lastAt = now;
    return told;
  }

  get isEmpty(): boolean {
    return this.#studies.size === 0;
  }

  /** What has come to rest, or was begun long ago. */
  takeDue(now: number): AuditedStudy[] {
    return this.#take(({ firstAt, lastAt }) => now - lastAt >= QUIET_MS || now - firstAt >= TELL_MS);
  }

  takeAll(): AuditedStudy[] {
    return this.#take(() => true);
  }

  #take(isDue: (study: StoredStudy) => boolean): AuditedStudy[] {
    const due = [...this.#studies.values()].filter(isDue);
    for (const study of due) {
      this.#studies.delete(study.studyInstanceUid);
      if (this.#current === study) this.#current = undefined;
    }
    return due;
  }
}

/** Classes beyond the bound count as one without a name. */
export function countClass(sopClasses: Map<string, number>, sopClassUid: string): void {
  const isKnown = sopClasses.has(sopClassUid) || sopClasses.size < SOP_CLASSES_MAX;
  const key = isKnown ? sopClassUid : '';
  sopClasses.set(key, (sopClasses.get(key) ?? 0) + 1);
}
