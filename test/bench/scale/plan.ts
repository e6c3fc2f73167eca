import { kindAt, type SeriesKind, STUDY_KINDS, seriesKindsOf } from './kinds.ts';
import { Random } from './random.ts';

/** What an archive is to be like; two plans of one shape are the same. */
export interface ArchiveShape {
  /** 1 to 99; it is in every identifier, so that archives of two seeds have none in common. */
  seed: number;
  studies: number;
  /** Mean; at least 1 each. */
  instancesPerSeries: number;
  /** When the first study came, milliseconds since 1970, and over how many days the others did. */
  firstDayMs: number;
  days: number;
}

/** Which streams of random numbers belong to what. */
const STREAM = { patients: 1, series: 2, counts: 3 };

/** Of new patients among the studies of a hospital. */
const NEW_PATIENT_SHARE = 0.42;

/** Fifteen years, of as many studies as said. */
export function fifteenYears(studies: number, instancesPerSeries: number): ArchiveShape {
  return { seed: 11, studies, instancesPerSeries, firstDayMs: Date.UTC(2011, 8, 1), days: 5479 };
}

/**
 * How many series and instances each study has, and whose it is: as much as has to be known of all before one of them can be made. Some 40 bytes a
 * study; the rows' ids follow from it, so that a part can be made by itself.
 */
export class ArchivePlan {
  readonly shape: ArchiveShape;
  /** Index of the patient of each study. Patients are numbered by their first study. */
  readonly patientOf: Int32Array;
  /** Series before this study's; one longer than the studies. */
  readonly seriesBefore: Float64Array;
  /** Instances before this study's; one longer than the studies. */
  readonly instancesBefore: Float64Array;
  readonly patients: number;
  /** By patient. */
  readonly studyCounts: Int32Array;
  readonly seriesCounts: Int32Array;
  readonly instanceCounts: Int32Array;
  readonly #imagesPerWeight: number;

  constructor(shape: ArchiveShape) {
    this.shape = shape;
    const { studies } = shape;
    this.patientOf = patientsOf(shape);
    this.patients = this.patientOf.reduce((most, patient) => Math.max(most, patient + 1), 0);
    this.seriesBefore = new Float64Array(studies + 1);
    this.instancesBefore = new Float64Array(studies + 1);
    this.studyCounts = new Int32Array(this.patients);
    this.seriesCounts = new Int32Array(this.patients);
    this.instanceCounts = new Int32Array(this.patients);
    this.#imagesPerWeight = this.#imagesForMean();
    for (let study = 0; study < studies; study++) this.#count(study);
  }

  get series(): number {
    return this.seriesBefore[this.shape.studies] ?? 0;
  }

  get instances(): number {
    return this.instancesBefore[this.shape.studies] ?? 0;
  }

  /** The kind of a study, its series, and how many instances each of them has. */
  seriesOf(study: number): { kind: number; series: SeriesKind[]; instances: number[] } {
    const random = new Random(this.shape.seed, STREAM.series, study);
    const kind = kindAt(random.next());
    const series = seriesKindsOf(STUDY_KINDS[kind] as (typeof STUDY_KINDS)[number], random);
    const counts = new Random(this.shape.seed, STREAM.counts, study);
    const instances = series.map(
      ({ weight }) => 1 + Math.floor(weight * this.#imagesPerWeight + counts.next()),
    );
    return { kind, series, instances };
  }

  #count(study: number): void {
    const { instances } = this.seriesOf(study);
    const total = instances.reduce((sum, count) => sum + count, 0);
    this.seriesBefore[study + 1] = (this.seriesBefore[study] ?? 0) + instances.length;
    this.instancesBefore[study + 1] = (this.instancesBefore[study] ?? 0) + total;
    const patient = this.patientOf[study] ?? 0;
    this.studyCounts[patient] = (this.studyCounts[patient] ?? 0) + 1;
    this.seriesCounts[patient] = (this.seriesCounts[patient] ?? 0) + instances.length;
    this.instanceCounts[patient] = (this.instanceCounts[patient] ?? 0) + total;
  }

  /** `1 + floor(weight × images + r)`, r from 0 to 1, is 1 + weight × images on the average. */
  #imagesForMean(): number {
    let [series, weight] = [0, 0];
    const sample = Math.min(this.shape.studies, 20_000);
    for (let study = 0; study < sample; study++) {
      const random = new Random(this.shape.seed, STREAM.series, study);
      const kinds = seriesKindsOf(STUDY_KINDS[kindAt(random.next())] as (typeof STUDY_KINDS)[number], random);
      series += kinds.length;
      for (const one of kinds) weight += one.weight;
    }
    return weight === 0 ? 0 : Math.max(0, (this.shape.instancesPerSeries - 1) * series) / weight;
  }
}

/** Patients come back, mostly soon. */
function patientsOf({ seed, studies }: ArchiveShape): Int32Array {
  const random = new Random(seed, STREAM.patients);
  const patientOf = new Int32Array(studies);
  let patients = 0;
  for (let study = 0; study < studies; study++) {
    const isNew = patients === 0 || random.chance(NEW_PATIENT_SHARE);
    patientOf[study] = isNew ? patients++ : Math.floor((1 - random.next() ** 2) * patients);
  }
  return patientOf;
}
