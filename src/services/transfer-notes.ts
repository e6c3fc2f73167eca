import { countClass } from './audit-stores.ts';

/** What of one study has gone to a destination, and what has not: instances by SOP class UID. */
export interface TransferredStudy {
  studyInstanceUid: string;
  sent: ReadonlyMap<string, number>;
  failed: ReadonlyMap<string, number>;
}

/** Studies that are kept apart until they are told of. */
const STUDIES_MAX = 500;

/** @param words why something has not gone, where that is known */
type Tell = (studies: readonly TransferredStudy[], words: string | undefined) => void;

/** Counts the instances of a transfer by their studies. */
export class TransferNotes {
  readonly #tell: Tell;
  readonly #studies = new Map<string, { sent: Map<string, number>; failed: Map<string, number> }>();

  /** @param tell told once at the end, or more often where there are very many studies */
  constructor(tell: Tell) {
    this.#tell = tell;
  }

  add(instance: { studyInstanceUid: string; sopClassUid: string }, isSent: boolean): void {
    const { studyInstanceUid, sopClassUid } = instance;
    let study = this.#studies.get(studyInstanceUid);
    if (study === undefined) {
      if (this.#studies.size >= STUDIES_MAX) this.end();
      study = { sent: new Map(), failed: new Map() };
      this.#studies.set(studyInstanceUid, study);
    }
    countClass(isSent ? study.sent : study.failed, sopClassUid);
  }

  /** Tells what was not told of yet. */
  end(words?: string): void {
    const studies = [...this.#studies].map(([studyInstanceUid, counts]) => ({ studyInstanceUid, ...counts }));
    this.#studies.clear();
    if (studies.length > 0) this.#tell(studies, words);
  }
}
