import { tags } from '../../../src/dicom/dictionary/tags.ts';
import { foldText } from '../../../src/dicom/fold.ts';
import type { Query } from '../clients/find.ts';
import type { ArchiveFacts, Expected } from './facts.ts';
import { Random } from './random.ts';
import { makePatient, makeStudy, studyKeys } from './study.ts';

/** One way of asking, with many values: none is asked twice, so that no cache of the last one answers. */
export interface ScaleCase {
  name: string;
  goal: 'indexed' | 'wildcard' | 'none';
  queries: { query: Query; expected: Expected }[];
}

type Ask = (facts: ArchiveFacts, study: number) => { keys: Keys; expected: Expected };
type Keys = Readonly<Record<number, string>>;

const STREAM = 21;
const DAY_MS = 86_400_000;

const CASES: readonly [name: string, goal: ScaleCase['goal'], ask: Ask][] = [
  ['patient ID', 'indexed', byPatientId],
  ['accession number', 'indexed', byAccession],
  ['date', 'indexed', (facts, study) => byDates(facts, study, 1)],
  ['week', 'indexed', (facts, study) => byDates(facts, study, 7)],
  ['name: Family^Gi*', 'indexed', (facts, study) => byName(facts, study, (family, given) => `${family}^${given.slice(0, 2)}*`)],
  ['name: Fa*ly^Given', 'indexed', (facts, study) => byName(facts, study, (family, given) => `${family.slice(0, 2)}*${family.slice(-2)}^${given}`)],
  ['name: *mily^Given', 'wildcard', (facts, study) => byName(facts, study, (family, given) => `*${family.slice(-4)}^${given}`)],
  ['name: *Family*', 'wildcard', (facts, study) => byName(facts, study, (family) => `*${family}*`)],
  ['modality and date', 'indexed', (facts, study) => byModality(facts, study, 1)],
  ['modality and week', 'indexed', (facts, study) => byModality(facts, study, 7)],
  ['modality and year', 'none', (facts, study) => byModality(facts, study, 365)],
  ['study', 'indexed', studyLevel],
  ['series of a study', 'indexed', seriesLevel],
  ['instances of a series', 'indexed', imageLevel],
]; // biome-ignore format: one table

/** @param count of values a case */
export function scaleCases(facts: ArchiveFacts, count: number): ScaleCase[] {
  const { seed, studies } = facts.plan.shape;
  return CASES.map(([name, goal, ask], index) => {
    const random = new Random(seed, STREAM, index);
    const queries = Array.from({ length: count }, () => {
      const { keys, expected } = ask(facts, random.below(studies));
      const sorted = Object.entries(keys).map(([tag, value]) => [Number(tag), '', utf8(value)] as const);
      return { query: { name, keys: sorted.toSorted(([one], [other]) => one - other) }, expected };
    });
    return { name, goal, queries };
  });
}

/** What workstations have in the list of studies. */
const OF_STUDY: Keys = {
  [tags.SpecificCharacterSet]: 'ISO_IR 192',
  [tags.QueryRetrieveLevel]: 'STUDY',
  [tags.StudyDate]: '',
  [tags.StudyTime]: '',
  [tags.AccessionNumber]: '',
  [tags.ModalitiesInStudy]: '',
  [tags.StudyDescription]: '',
  [tags.PatientName]: '',
  [tags.PatientID]: '',
  [tags.PatientBirthDate]: '',
  [tags.StudyInstanceUID]: '',
  [tags.StudyID]: '',
  [tags.NumberOfStudyRelatedSeries]: '',
  [tags.NumberOfStudyRelatedInstances]: '',
};

function byPatientId(facts: ArchiveFacts, study: number): ReturnType<Ask> {
  const patient = facts.plan.patientOf[study] ?? 0;
  const { id } = makePatient(facts.plan, patient);
  return { keys: { ...OF_STUDY, [tags.PatientID]: id }, expected: facts.ofPatient(patient) };
}

function byAccession(facts: ArchiveFacts, study: number): ReturnType<Ask> {
  const { accessionNumber } = studyKeys(facts.plan, study);
  return { keys: { ...OF_STUDY, [tags.AccessionNumber]: accessionNumber }, expected: facts.ofStudy(study) };
}

function byDates(facts: ArchiveFacts, study: number, days: number): ReturnType<Ask> {
  const dates = datesFrom(studyKeys(facts.plan, study).date, days);
  return { keys: { ...OF_STUDY, [tags.StudyDate]: rangeOf(dates) }, expected: facts.ofDates(dates) };
}

function byModality(facts: ArchiveFacts, study: number, days: number): ReturnType<Ask> {
  const dates = datesFrom(studyKeys(facts.plan, study).date, days);
  const modality = facts.plan.seriesOf(study).series[0]?.modality ?? 'CT';
  const keys = { ...OF_STUDY, [tags.StudyDate]: rangeOf(dates), [tags.ModalitiesInStudy]: modality };
  return { keys, expected: facts.ofDates(dates, modality) };
}

/** Of a patient's name in the group that people of its script type. */
function byName(
  facts: ArchiveFacts,
  study: number,
  patternOf: (family: string, given: string) => string,
): ReturnType<Ask> {
  const { name } = makePatient(facts.plan, facts.plan.patientOf[study] ?? 0);
  const [family = '', given = ''] = (name.Ideographic ?? name.Alphabetic ?? '').split('^');
  const pattern = patternOf(family, given);
  const folded = pattern.split('^').map(foldText).join('^');
  return { keys: { ...OF_STUDY, [tags.PatientName]: pattern }, expected: facts.ofName(folded) };
}

function studyLevel(facts: ArchiveFacts, study: number): ReturnType<Ask> {
  const { uid } = studyKeys(facts.plan, study);
  return { keys: { ...OF_STUDY, [tags.StudyInstanceUID]: uid }, expected: facts.ofStudy(study) };
}

function seriesLevel({ plan }: ArchiveFacts, study: number): ReturnType<Ask> {
  const keys = {
    [tags.QueryRetrieveLevel]: 'SERIES',
    [tags.StudyInstanceUID]: studyKeys(plan, study).uid,
    [tags.SeriesInstanceUID]: '',
    [tags.Modality]: '',
    [tags.SeriesNumber]: '',
    [tags.SeriesDescription]: '',
    [tags.NumberOfSeriesRelatedInstances]: '',
  };
  return { keys, expected: { answers: plan.seriesOf(study).series.length, instances: 0 } };
}

function imageLevel({ plan }: ArchiveFacts, study: number): ReturnType<Ask> {
  const made = makeStudy(plan, study);
  const series = made.series.toSorted((one, other) => other.instances.length - one.instances.length)[0];
  const keys = {
    [tags.QueryRetrieveLevel]: 'IMAGE',
    [tags.StudyInstanceUID]: made.uid,
    [tags.SeriesInstanceUID]: series?.uid ?? '',
    [tags.SOPInstanceUID]: '',
    [tags.InstanceNumber]: '',
  };
  return { keys, expected: { answers: series?.instances.length ?? 0, instances: 0 } };
}

function datesFrom(date: string, days: number): string[] {
  const first = Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`);
  return Array.from({ length: days }, (_, day) =>
    new Date(first + day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''),
  );
}

function rangeOf(dates: readonly string[]): string {
  const [first = '', last = first] = [dates[0], dates.at(-1)];
  return first === last ? first : `${first}-${last}`;
}

/** The encoder writes a byte for each character. */
function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
