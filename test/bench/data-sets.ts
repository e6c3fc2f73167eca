/** In the order of the digit that their UIDs have. */
const setKinds = ['ct', 'small', 'multi-frame', 'studies', 'thin', 'thick', 'capture'] as const;

/** A set of generated instances of one kind: what one measurement stores. */
export interface SetShape {
  name: (typeof setKinds)[number];
  /** Which of several modalities it comes from, 1 to 99: what they send has no patient, study or instance in common. */
  source?: number;
  instances: number;
  instancesPerSeries: number;
  seriesPerStudy: number;
  sopClassUid: string;
  modality: string;
  rows: number;
  columns: number;
  bytesPerPixel: 1 | 2;
  frames: number;
}

/** The values of the attributes that differ from instance to instance; each has always the same length. */
export interface InstanceValues {
  sopInstanceUid: string;
  seriesInstanceUid: string;
  studyInstanceUid: string;
  patientId: string;
  patientName: string;
  studyDate: string;
  instanceNumber: string;
}

export const storageClasses = {
  ct: '1.2.840.10008.5.1.4.1.1.2',
  mr: '1.2.840.10008.5.1.4.1.1.4',
  secondaryCapture: '1.2.840.10008.5.1.4.1.1.7',
  xRayAngiographic: '1.2.840.10008.5.1.4.1.1.12.1',
} as const;

export const explicitVrLittleEndian = '1.2.840.10008.1.2.1';
export const implicitVrLittleEndian = '1.2.840.10008.1.2';

/** The sets of the goals, or a few instances of each to see that everything works. @param factor so many times as large */
export function setsFor(isSmoke: boolean, factor = 1): SetShape[] {
  const base = { bytesPerPixel: 2, frames: 1 } as const;
  const ct = { sopClassUid: storageClasses.ct, modality: 'CT', rows: 512, columns: 512 };
  const mr = { sopClassUid: storageClasses.mr, modality: 'MR', rows: 176, columns: 170 };
  const xa = { sopClassUid: storageClasses.xRayAngiographic, modality: 'XA', rows: 1000, columns: 1000 };
  const tiny = { sopClassUid: storageClasses.secondaryCapture, modality: 'OT', rows: 8, columns: 8 };
  const [ctInstances = 0, smallInstances = 0, largeInstances = 0, studies = 0] = isSmoke
    ? [25, 30, 2, 20]
    : [2185, 3000, 5, 2000].map((count) => Math.ceil(count * factor));
  return [
    {
      ...base,
      ...ct,
      name: 'ct',
      instances: ctInstances,
      instancesPerSeries: Math.ceil(ctInstances / 5),
      seriesPerStudy: 5,
    },
    { ...base, ...mr, name: 'small', instances: smallInstances, instancesPerSeries: 100, seriesPerStudy: 3 },
    {
      ...xa,
      name: 'multi-frame',
      instances: largeInstances,
      instancesPerSeries: largeInstances,
      seriesPerStudy: 1,
      bytesPerPixel: 1,
      frames: isSmoke ? 8 : 200,
    },
    { ...base, ...tiny, name: 'studies', instances: 2 * studies, instancesPerSeries: 1, seriesPerStudy: 2 },
  ];
}

/** Sets that are one study together. */
const examinationNames: readonly SetShape['name'][] = ['thin', 'thick', 'capture'];

/** One examination of a modern CT: 10,000 × 60 KB in 20 series, 1000 × 300 KB in two, 4 × 15 MB. @param factor so many times as many */
export function examinationSets(factor: number): SetShape[] {
  const base = { bytesPerPixel: 2, frames: 1 } as const;
  const ct = { sopClassUid: storageClasses.ct, modality: 'CT' };
  const of = (count: number): number => Math.max(1, Math.round(count * factor));
  const capture = { sopClassUid: storageClasses.secondaryCapture, modality: 'OT', rows: 3872, columns: 3872 };
  return [
    { ...base, ...ct, ...seriesOf(of(10_000), 20), name: 'thin', rows: 176, columns: 170 },
    { ...base, ...ct, ...seriesOf(of(1000), 2), name: 'thick', rows: 400, columns: 384 },
    { ...base, ...capture, ...seriesOf(of(4), 1), name: 'capture', bytesPerPixel: 1 },
  ];
}

function seriesOf(
  instances: number,
  seriesPerStudy: number,
): Pick<SetShape, 'instances' | 'seriesPerStudy' | 'instancesPerSeries'> {
  return { instances, seriesPerStudy, instancesPerSeries: Math.ceil(instances / seriesPerStudy) };
}

export function studiesOf(set: SetShape): number {
  return Math.ceil(set.instances / (set.instancesPerSeries * set.seriesPerStudy));
}

/** Values of the instance with this index: deterministic, so that every server gets the same set. */
export function valuesOf(set: SetShape, index: number): InstanceValues {
  const series = Math.floor(index / set.instancesPerSeries);
  const study = Math.floor(series / set.seriesPerStudy);
  const letter = String.fromCharCode(65 + (study % 26));
  const source = set.source ?? 0;
  return {
    sopInstanceUid: uid(set, 3, index),
    seriesInstanceUid: uid(set, 2, series),
    studyInstanceUid: uid(set, 1, study),
    patientId: `P${String(source * 100_000 + study).padStart(7, '0')}`,
    patientName: `${letter}${String(source * 10_000 + study).padStart(6, '0')}^BENCH`,
    studyDate: dateOf(study, source === 0 ? 2020 : 2000),
    instanceNumber: String((index % set.instancesPerSeries) + 1).padStart(6, '0'),
  };
}

/** A UID of always 40 characters — PS3.5 §B.2: 2.25 and a number below 2^128. */
function uid(set: SetShape, level: number, index: number): string {
  const isOfExamination = level === 1 && examinationNames.includes(set.name);
  const kind = setKinds.indexOf(isOfExamination ? 'thin' : set.name) + 1;
  return `2.25.73141592653589793238462${kind}${level}${String(set.source ?? 0).padStart(2, '0')}${String(index).padStart(8, '0')}`;
}

/** One study a day from the first of January of a year on. */
function dateOf(study: number, year: number): string {
  const date = new Date(Date.UTC(year, 0, 1 + study));
  return date.toISOString().slice(0, 10).replaceAll('-', '');
}
