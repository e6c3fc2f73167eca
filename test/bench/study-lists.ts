import type { Catalog } from '../../src/catalog/catalog.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { foldPersonName } from '../../src/dicom/fold.ts';
import type { MadeStudy } from './study-archive.ts';

type PageOptions = Parameters<Catalog['studies']['page']>[0];

/** One way of asking for the list of studies. */
export interface ListCase {
  name: string;
  /** What is asked for, in turn. */
  variants: readonly ListVariant[];
}

export interface ListVariant {
  options: PageOptions;
  /** UIDs of the page that it has to be. */
  expected: readonly string[];
}

interface Wanted {
  text?: string;
  keys?: PageOptions['keys'];
  sort?: PageOptions['sort'];
  isDescending?: boolean;
  matches?(study: MadeStudy): boolean;
  /** Where the page begins among those that match, 0 to 1. */
  depth?: number;
}

const LIMIT = 50;

/** What the page of studies asks for: as it opens, page by page, in every order, and as one types. */
export async function listCases(catalog: Catalog, studies: readonly MadeStudy[]): Promise<ListCase[]> {
  const cases: [string, Wanted[]][] = [
    ['newest', [{}]],
    ['newest, pages deep down', [0.3, 0.6, 0.95].map((depth) => ({ depth }))],
    ['by study date', [{ sort: 'studyDate' }, { sort: 'studyDate', depth: 0.5 }]],
    [
      'by name',
      [
        { sort: 'patientName', isDescending: false },
        { sort: 'patientName', depth: 0.5 },
      ],
    ],
    [
      'by ID',
      [
        { sort: 'patientId', isDescending: false },
        { sort: 'patientId', depth: 0.5 },
      ],
    ],
    ['family name', ['schmi', 'müller', 'иванов', '山田', '王小明', 'Takah'].map(named)],
    ['one letter', ['s', 'm', 'w'].map(named)],
    ['patient ID', ['PAT00123', '30456', 'pat0050000'].map(identified)],
    ['month or day', ['2019-03', '20240517', '17.05.2014'].map(dated)],
    ['year', ['2012', '2024'].map(dated)],
    ['modality', ['ct', 'PT', 'mg'].map((text) => ({ text, matches: hasModality(text) }))],
    ['modality and name', ['ct schmidt', 'mr 山田', 'us wilson'].map(modalityAndName)],
    ['year and modality', ['2024 ct', '2015 mr'].map(yearAndModality)],
    ['name by date, many', [{ ...named('m'), sort: 'studyDate' }]],
    ['C-FIND keys', [keyed('Schmidt*', '20180101-20181231')]],
  ];
  const made: ListCase[] = [];
  for (const [name, wanted] of cases) {
    const variants: ListVariant[] = [];
    for (const one of wanted) variants.push(await variantOf(catalog, studies, one));
    made.push({ name, variants });
  }
  return made;
}

async function variantOf(
  catalog: Catalog,
  studies: readonly MadeStudy[],
  wanted: Wanted,
): Promise<ListVariant> {
  const { sort = 'lastArrivedAt', isDescending = true, matches = () => true, depth = 0 } = wanted;
  const sorted = studies
    .map((study, index) => ({ study, key: sortKey(study, sort), index }))
    .filter(({ study }) => matches(study))
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : one.index - other.index));
  if (isDescending) sorted.reverse();
  const start = Math.floor(sorted.length * depth);
  const options: PageOptions = { keys: wanted.keys ?? [], sort, isDescending, limit: LIMIT };
  if (wanted.text !== undefined) options.text = wanted.text;
  const cursor = await cursorAt(catalog, options, start);
  if (cursor !== null) options.cursor = cursor;
  return { options, expected: sorted.slice(start, start + LIMIT).map(({ study }) => study.uid) };
}

/** Goes there page by page, as a reader does. */
async function cursorAt(catalog: Catalog, options: PageOptions, start: number): Promise<string | null> {
  let cursor: string | null = null;
  for (let at = 0; at < start; ) {
    const limit = Math.min(1000, start - at);
    const page = await catalog.studies.page({ ...options, limit, cursor: cursor ?? undefined });
    at += page.items.length;
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  return cursor;
}

/** Texts that compare as the columns do: code points, which are in the order of UTF-16 for all that is made here. */
function sortKey(study: MadeStudy, sort: PageOptions['sort']): string {
  switch (sort) {
    case 'lastArrivedAt':
      return String(study.lastArrivedAt).padStart(16, '0');
    case 'studyDate':
      return study.studyDate + study.studyTime;
    case 'patientName':
      return foldPersonName(study.name).alphabetic;
    case 'patientId':
      return study.patientId;
  }
}

function named(text: string): Wanted {
  return { text, matches: hasName(text) };
}

function hasName(text: string): (study: MadeStudy) => boolean {
  const wanted = foldPersonName({ Alphabetic: text }).alphabetic;
  return ({ name }) => {
    const folded = foldPersonName(name);
    return Object.values(folded).some(
      (group: string) =>
        group.split('^').some((component) => component.startsWith(wanted)) ||
        group.replace('^', '').startsWith(wanted),
    );
  };
}

function identified(text: string): Wanted {
  const written = [text, text.toUpperCase()];
  return { text, matches: ({ patientId }) => written.some((start) => patientId.startsWith(start)) };
}

/** An ID may begin with the digits of a date too. */
function dated(text: string): Wanted {
  const digits = /^\d\d\./.test(text) ? text.split('.').reverse().join('') : text.replaceAll('-', '');
  return {
    text,
    matches: ({ studyDate, patientId }) => studyDate.startsWith(digits) || patientId.startsWith(text),
  };
}

function hasModality(text: string): (study: MadeStudy) => boolean {
  const isNamed = hasName(text);
  return (study) => study.modalities.includes(text.toUpperCase()) || isNamed(study);
}

function modalityAndName(text: string): Wanted {
  const [modality = '', name = ''] = text.split(' ');
  const [isOfModality, isNamed] = [hasModality(modality), hasName(name)];
  return { text, matches: (study) => isOfModality(study) && isNamed(study) };
}

function yearAndModality(text: string): Wanted {
  const [year = '', modality = ''] = text.split(' ');
  const [isOfYear, isOfModality] = [dated(year).matches, hasModality(modality)];
  return { text, matches: (study) => isOfYear?.(study) === true && isOfModality(study) };
}

function keyed(patientName: string, studyDate: string): Wanted {
  const [from = '', to = ''] = studyDate.split('-');
  const isNamed = hasName(patientName.replace('*', ''));
  return {
    keys: [
      { tag: tags.PatientName, vr: 'PN', values: [patientName] },
      { tag: tags.StudyDate, vr: 'DA', values: [studyDate] },
    ],
    matches: (study) => isNamed(study) && study.studyDate >= from && study.studyDate <= to,
  };
}
