import type { Query } from '../clients/find.ts';
import { examinationSets, type SetShape, setsFor, valuesOf } from '../data-sets.ts';

/** 'busy': what a busy department sends. 'saturated': ten times that, which nobody can keep up with here. */
export type Variant = 'busy' | 'saturated';

/** One of the senders: an association with one request outstanding at a time. */
export interface Modality {
  /** Of its size, for the report. */
  label: string;
  set: SetShape;
  /** From one instance to the next, milliseconds. */
  intervalMs: number;
  /** It releases its association after so many and requests another one. */
  instancesPerAssociation: number;
}

/** A query, and how many answers it has to have. */
export interface ExpectedQuery {
  query: Query;
  answers: number;
}

interface Kind {
  label: string;
  count: number;
  name: SetShape['name'];
  instancesPerSecond: number;
  instancesPerSeries: number;
}

/** 16 senders; together some 55 MB and 310 instances a second. */
const kinds: readonly Kind[] = [
  { label: '60 KB', count: 5, name: 'small', instancesPerSecond: 50, instancesPerSeries: 200 },
  { label: '300 KB', count: 3, name: 'thick', instancesPerSecond: 8, instancesPerSeries: 100 },
  { label: '512 KB', count: 4, name: 'ct', instancesPerSecond: 8, instancesPerSeries: 100 },
  { label: '15 MB', count: 3, name: 'capture', instancesPerSecond: 0.2, instancesPerSeries: 4 },
  { label: '200 MB', count: 1, name: 'multi-frame', instancesPerSecond: 1 / 30, instancesPerSeries: 2 },
];
const saturation = 10;
const seriesPerStudy = 2;
/** More than any of them comes to. */
const instancesMax = 1e7;

export function modalitiesOf(variant: Variant, isSmoke: boolean): Modality[] {
  const shapes = [...setsFor(isSmoke), ...examinationSets(1)];
  const times = variant === 'saturated' ? saturation : 1;
  return kinds
    .flatMap((kind) => Array.from({ length: kind.count }, () => kind))
    .map(({ label, name, instancesPerSecond, instancesPerSeries }, index) => {
      const shape = shapes.find((set) => set.name === name) as SetShape;
      return {
        label,
        set: { ...shape, source: index + 1, instances: instancesMax, instancesPerSeries, seriesPerStudy },
        intervalMs: 1000 / (instancesPerSecond * times),
        instancesPerAssociation: instancesPerSeries * seriesPerStudy,
      };
    });
}

/** Bytes a second that modalities send when nobody holds them up; pixels alone, which is nearly all. */
export function plannedBytesPerSecond(modalities: readonly Modality[]): number {
  return modalities.reduce((sum, { set, intervalMs }) => sum + (pixelBytesOf(set) * 1000) / intervalMs, 0);
}

function pixelBytesOf({ rows, columns, bytesPerPixel, frames }: SetShape): number {
  return rows * columns * bytesPerPixel * frames;
}

/** What a workstation asks, of studies that are there before: each knows its answers, whatever else comes in meanwhile. */
export function workstationQueries(set: SetShape, studies: number): ExpectedQuery[] {
  const middle = valuesOf(set, studies - (studies % 2));
  const study = (values: { date?: string; name?: string; id?: string }): Query['keys'] => [
    [0x00080020, 'DA', values.date ?? ''],
    [0x00080052, 'CS', 'STUDY'],
    [0x00080061, 'CS', ''],
    [0x00081030, 'LO', ''],
    [0x00100010, 'PN', values.name ?? ''],
    [0x00100020, 'LO', values.id ?? ''],
    [0x0020000d, 'UI', ''],
    [0x00201206, 'IS', ''],
    [0x00201208, 'IS', ''],
  ];
  const series: Query['keys'] = [
    [0x00080052, 'CS', 'SERIES'],
    [0x00080060, 'CS', ''],
    [0x0020000d, 'UI', middle.studyInstanceUid],
    [0x0020000e, 'UI', ''],
    [0x00200011, 'IS', ''],
  ];
  return [
    { query: { name: 'patient ID', keys: study({ id: middle.patientId }) }, answers: 1 },
    { query: { name: 'week', keys: study({ date: '20200103-20200109' }) }, answers: 7 },
    {
      query: { name: 'name', keys: study({ name: `${middle.patientName.split('^')[0]}*` }) },
      answers: 1,
    },
    { query: { name: 'series of a study', keys: series }, answers: set.seriesPerStudy },
  ];
}
