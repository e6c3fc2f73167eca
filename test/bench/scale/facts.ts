import { foldPersonName } from '../../../src/dicom/fold.ts';
import type { Modality } from './kinds.ts';
import type { ArchivePlan } from './plan.ts';
import { makePatient, studyKeys } from './study.ts';

/** How many studies match, and how many instances these have. */
export interface Expected {
  answers: number;
  instances: number;
}

/** What is known of the archive by those who made it, for queries to be held against: not by the catalogue's own matching. */
export class ArchiveFacts {
  readonly plan: ArchivePlan;
  /** Studies by their dates, `YYYYMMDD`. */
  readonly #byDate = new Map<string, number[]>();
  /** Folded names by patient: the component groups that it has, parted by line breaks. */
  readonly #names: string[];

  constructor(plan: ArchivePlan) {
    this.plan = plan;
    for (let study = 0; study < plan.shape.studies; study++) {
      const { date } = studyKeys(plan, study);
      const those = this.#byDate.get(date);
      if (those === undefined) this.#byDate.set(date, [study]);
      else those.push(study);
    }
    this.#names = Array.from({ length: plan.patients }, (_, patient) => {
      const { alphabetic, ideographic, phonetic } = foldPersonName(makePatient(plan, patient).name);
      return [alphabetic, ideographic, phonetic].join('\n');
    });
  }

  ofPatient(patient: number): Expected {
    const { studyCounts, instanceCounts } = this.plan;
    return { answers: studyCounts[patient] ?? 0, instances: instanceCounts[patient] ?? 0 };
  }

  ofStudy(study: number): Expected {
    return { answers: 1, instances: this.#instancesOf(study) };
  }

  /** @param modality one that the studies have to have among theirs */
  ofDates(dates: readonly string[], modality?: Modality): Expected {
    const expected = { answers: 0, instances: 0 };
    for (const date of dates) {
      for (const study of this.#byDate.get(date) ?? []) {
        if (modality !== undefined && !this.#has(study, modality)) continue;
        expected.answers++;
        expected.instances += this.#instancesOf(study);
      }
    }
    return expected;
  }

  /** @param pattern folded, with `*` for any text; any component group may match */
  ofName(pattern: string): Expected {
    const text = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
    const wanted = new RegExp(`^${text}$`, 'm');
    const expected = { answers: 0, instances: 0 };
    for (const [patient, names] of this.#names.entries()) {
      if (!wanted.test(names)) continue;
      const { answers, instances } = this.ofPatient(patient);
      expected.answers += answers;
      expected.instances += instances;
    }
    return expected;
  }

  #has(study: number, modality: Modality): boolean {
    return this.plan.seriesOf(study).series.some((series) => series.modality === modality);
  }

  #instancesOf(study: number): number {
    const { instancesBefore } = this.plan;
    return (instancesBefore[study + 1] ?? 0) - (instancesBefore[study] ?? 0);
  }
}
