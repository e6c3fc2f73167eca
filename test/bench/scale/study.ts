import type { InstanceArrival } from '../../../src/catalog/catalog.ts';
import { hexOfTag, vrOf } from '../../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../../src/dicom/dictionary/tags.ts';
import type { JsonDataSet, JsonValue, PersonName } from '../../../src/dicom/json.ts';
import { imageAttributes } from './image.ts';
import { type Modality, type SeriesKind, STUDY_KINDS, sopClassOf } from './kinds.ts';
import { personName, physicianName } from './names.ts';
import type { ArchivePlan } from './plan.ts';
import { Random } from './random.ts';

const STREAM = { patient: 11, study: 12, series: 13 };

const DAY_MS = 86_400_000;
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const JPEG_LOSSLESS = '1.2.840.10008.1.2.4.70';

/** Devices that make UIDs of a UUID (PS3.5 §B.2), in no order; the others count and tell the time. */
const UUID_SHARE = 0.15;

export interface MadePatient {
  name: PersonName;
  id: string;
  attributes: JsonDataSet;
}

/** What queries ask of a study. */
export interface StudyKeys {
  uid: string;
  accessionNumber: string;
  /** `YYYYMMDD`. */
  date: string;
  /** `HHMMSS`. */
  time: string;
  /** Milliseconds since 1970. */
  arrivedAt: number;
}

export interface MadeSeries {
  uid: string;
  modality: Modality;
  attributes: JsonDataSet;
  instances: InstanceArrival[];
}

export interface MadeStudy extends StudyKeys {
  patient: MadePatient;
  attributes: JsonDataSet;
  series: MadeSeries[];
}

export function makePatient({ shape }: ArchivePlan, index: number): MadePatient {
  const random = new Random(shape.seed, STREAM.patient, index);
  const name = personName(random);
  const number = `${shape.seed}${String(index).padStart(7, '0')}`;
  const isOurs = random.chance(0.7);
  const id = isOurs ? `PAT${number}` : number;
  const birth = new Date(Date.UTC(1925, 0, 1) + random.next() ** 0.7 * 90 * 365 * DAY_MS);
  const attributes = dataSet([
    [tags.PatientName, { ...name }],
    [tags.PatientID, id],
    ...(isOurs ? [] : [[tags.IssuerOfPatientID, 'Praxis am Markt'] as [number, JsonValue]]),
    [tags.PatientBirthDate, dateOf(birth)],
    [tags.PatientSex, random.pick(['F', 'M'])],
  ]);
  return { name, id, attributes };
}

/** The order in which studies come is that of their dates, but for some from archives that were given up. */
export function studyKeys({ shape }: ArchivePlan, index: number): StudyKeys {
  const random = new Random(shape.seed, STREAM.study, index);
  const day = Math.floor((index / shape.studies) * shape.days);
  const arrivedAt = shape.firstDayMs + day * DAY_MS + Math.floor((6 + 12 * random.next()) * 3_600_000);
  const isLate = random.chance(0.05);
  const takenAt = isLate
    ? shape.firstDayMs + Math.floor(random.next() * day) * DAY_MS + 36_000_000
    : arrivedAt;
  const taken = new Date(takenAt);
  const [date, time] = [dateOf(taken), timeOf(taken)];
  const uid = random.chance(UUID_SHARE)
    ? `2.25.${random.uuidDigits()}`
    : `1.2.840.113619.2.${random.between(10, 59)}.${date}${time}.${shape.seed}.${index}`;
  return { uid, accessionNumber: `A${shape.seed}${String(index).padStart(8, '0')}`, date, time, arrivedAt };
}

/** With all that belongs to it; its instances have the attributes of their own level alone, see `arrivalsOf`. */
export function makeStudy(plan: ArchivePlan, index: number): MadeStudy {
  const { shape } = plan;
  const keys = studyKeys(plan, index);
  const patient = makePatient(plan, plan.patientOf[index] ?? 0);
  const { kind, series, instances } = plan.seriesOf(index);
  const random = new Random(shape.seed, STREAM.series, index);
  const { descriptions, bodyParts } = STUDY_KINDS[kind] as (typeof STUDY_KINDS)[number];
  const attributes = dataSet([
    [tags.StudyDate, keys.date],
    [tags.StudyTime, keys.time],
    [tags.AccessionNumber, keys.accessionNumber],
    [tags.StudyID, String(100_000 + (index % 900_000))],
    [tags.StudyDescription, random.pick(descriptions)],
    [tags.ReferringPhysicianName, { ...physicianName(random) }],
    [tags.PatientAge, `0${random.between(10, 89)}Y`],
    [tags.InstitutionName, random.pick(['Kreiskrankenhaus Musterstadt', 'MVZ Radiologie am Ring'])],
    [tags.RequestedProcedureDescription, random.pick(descriptions)],
  ]);
  const study: MadeStudy = { ...keys, patient, attributes, series: [] };
  const bodyPart = random.pick(bodyParts);
  for (const [number, one] of series.entries()) {
    study.series.push(makeSeries(study, one, number + 1, instances[number] ?? 0, bodyPart, random));
  }
  return study;
}

function makeSeries(
  study: MadeStudy,
  kind: SeriesKind,
  number: number,
  count: number,
  bodyPart: string,
  random: Random,
): MadeSeries {
  const { modality } = kind;
  const uid = uidBelow(study.uid, number, random);
  const station = `${modality}${random.between(1, 3)}`;
  const time = shifted(study.time, number * 40);
  const attributes = dataSet([
    [tags.SeriesDate, study.date],
    [tags.SeriesTime, time],
    [tags.Modality, modality],
    [tags.Manufacturer, random.pick(['SIEMENS', 'GE MEDICAL SYSTEMS', 'Philips'])],
    [tags.StationName, station],
    [tags.SeriesDescription, kind.description],
    [tags.InstitutionalDepartmentName, 'Radiologie'],
    [tags.ManufacturerModelName, `Model ${modality} 64`],
    [tags.BodyPartExamined, bodyPart],
    [tags.DeviceSerialNumber, String(random.between(40_000, 49_999))],
    [tags.SoftwareVersions, 'syngo 2012B'],
    [tags.ProtocolName, kind.description],
    [tags.FrameOfReferenceUID, `${study.uid}.0`.slice(0, 64)],
    [tags.SeriesNumber, number],
    [tags.PerformedProcedureStepStartDate, study.date],
    [tags.PerformedProcedureStepStartTime, study.time],
    [tags.PerformedProcedureStepID, study.accessionNumber],
  ]);
  const series: MadeSeries = { uid, modality, attributes, instances: [] };
  for (let instance = 1; instance <= count; instance++) {
    series.instances.push(makeInstance(study, series, station, number, instance, random));
  }
  return series;
}

function makeInstance(
  study: MadeStudy,
  series: MadeSeries,
  station: string,
  seriesNumber: number,
  number: number,
  random: Random,
): InstanceArrival {
  const { modality } = series;
  const arrivedAt = study.arrivedAt + seriesNumber * 20_000 + number * 50;
  const time = shifted(study.time, seriesNumber * 40 + number);
  const isCompressed = modality === 'US' || modality === 'XA';
  return {
    studyInstanceUid: study.uid,
    seriesInstanceUid: series.uid,
    sopInstanceUid: uidBelow(series.uid, number, random),
    sopClassUid: sopClassOf(modality),
    transferSyntaxUid: isCompressed ? JPEG_LOSSLESS : EXPLICIT_LITTLE_ENDIAN,
    sizeBytes: 2 * random.between(10_000, 300_000),
    dataSetOffset: 2 * random.between(180, 220),
    sha256: random.bytes(32).toString('hex'),
    arrivedAt,
    sourceAeTitle: station,
    week: isoWeekOf(arrivedAt),
    attributes: dataSet(imageAttributes(modality, number, study.date, time)),
  };
}

/** Its instances with the attributes of all levels, as a reader of the file gives them. */
export function arrivalsOf(study: MadeStudy): InstanceArrival[] {
  return study.series.flatMap((series) =>
    series.instances.map((instance) => ({
      ...instance,
      attributes: {
        ...study.patient.attributes,
        ...study.attributes,
        ...series.attributes,
        ...instance.attributes,
      },
    })),
  );
}

function uidBelow(parent: string, number: number, random: Random): string {
  return parent.startsWith('2.25.') ? `2.25.${random.uuidDigits()}` : `${parent}.${number}`;
}

export function dataSet(
  values: readonly (readonly [number, JsonValue | readonly JsonValue[]])[],
): JsonDataSet {
  const made: JsonDataSet = {};
  for (const [tag, value] of values) {
    const { key, vr } = elementOf(tag);
    made[key] = { vr, Value: Array.isArray(value) ? (value as JsonValue[]) : [value as JsonValue] };
  }
  return made;
}

const elements = new Map<number, { key: string; vr: string }>();

/** Remembered: there are millions of elements of some hundred tags. */
function elementOf(tag: number): { key: string; vr: string } {
  let element = elements.get(tag);
  if (element === undefined) {
    element = { key: hexOfTag(tag), vr: vrOf(tag) };
    elements.set(tag, element);
  }
  return element;
}

function dateOf(at: Date): string {
  return at.toISOString().slice(0, 10).replaceAll('-', '');
}

function timeOf(at: Date): string {
  return at.toISOString().slice(11, 19).replaceAll(':', '');
}

/** `HHMMSS`, so many seconds later, within the day. */
function shifted(time: string, seconds: number): string {
  const digits = Number(time);
  const given = Math.floor(digits / 10_000) * 3600 + (Math.floor(digits / 100) % 100) * 60 + (digits % 100);
  const total = Math.min(86_399, given + seconds);
  const shown = Math.floor(total / 3600) * 10_000 + (Math.floor(total / 60) % 60) * 100 + (total % 60);
  return String(shown).padStart(6, '0');
}

/** ISO 8601 week: that of the Thursday of the same week. */
function isoWeekOf(ms: number): string {
  const thursday = new Date(Math.floor(ms / DAY_MS) * DAY_MS);
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  const week = Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS + 1) / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}
