import { LEVELS, type Level, levelOf } from '../../src/catalog/attributes.ts';
import { dictionaryElement, formatTag, vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { hasWildcard, isFolded, matcherFor } from '../../src/dicom/matching.ts';
import {
  QUERY_SUB_FIELDS,
  RETRIEVE_SUB_FIELDS,
  type SubField,
} from '../../src/services/extended-negotiation.ts';
import { MODEL_LEVELS } from '../../src/services/levels.ts';
import { OUR_OWN } from '../../src/services/query-identifier.ts';
import { table } from './markdown.ts';

/** Unique and required keys of PS3.4 Tables C.6-1 to C.6-5; all others are optional there. */
const UNIQUE: ReadonlySet<number> = new Set([
  tags.PatientID,
  tags.StudyInstanceUID,
  tags.SeriesInstanceUID,
  tags.SOPInstanceUID,
]);
const REQUIRED: ReadonlySet<number> = new Set([
  tags.PatientName,
  tags.StudyDate,
  tags.StudyTime,
  tags.AccessionNumber,
  tags.StudyID,
  tags.Modality,
  tags.SeriesNumber,
  tags.InstanceNumber,
]);

export const levels: readonly Level[] = LEVELS;

export function keyTable(level: Level): string {
  const ofLevel = [...new Set<number>(Object.values(tags))].filter(
    (tag) => levelOf(tag) === level && !OUR_OWN.has(tag),
  );
  const rows = ofLevel.sort((a, b) => a - b).map((tag) => [...nameAndTag(tag), typeOf(tag), matchingOf(tag)]);
  return table(['Attribute', 'Tag', 'VR', 'Type', 'Matching, beside universal'], rows);
}

export function ownTable(): string {
  return table(['Attribute', 'Tag', 'VR'], [...OUR_OWN].map(nameAndTag));
}

function nameAndTag(tag: number): string[] {
  return [dictionaryElement(tag)?.keyword ?? '', formatTag(tag), vrOf(tag)];
}

function typeOf(tag: number): string {
  if (UNIQUE.has(tag)) return 'U';
  return REQUIRED.has(tag) ? 'R' : 'O';
}

/** A range, and a value within it that no single value matching would find. */
const RANGES: Readonly<Record<string, { range: string; within: string }>> = {
  DA: { range: '20260101-20261231', within: '20260615' },
  TM: { range: '0800-1200', within: '100000' },
  DT: { range: '20260101-20261231', within: '20260615120000' },
};

/** Found out from the matching itself. */
function matchingOf(tag: number): string {
  const vr = vrOf(tag);
  if (vr === 'SQ') return 'sequence';
  const types = ['single value'];
  if (isListMatched(tag, vr)) types.push(vr === 'UI' ? 'list of UIDs' : 'multiple values');
  if (hasWildcard(vr, 'a*')) types.push('wild card');
  const probe = RANGES[vr];
  if (probe !== undefined && matcherFor({ tag, vr, values: [probe.range] })({ vr, Value: [probe.within] }))
    types.push('range');
  const words = types.join(', ');
  return isFolded(tag, vr) ? `${words}; case, accents and width make no difference` : words;
}

function isListMatched(tag: number, vr: string): boolean {
  const values = RANGES[vr] === undefined ? ['1', '2'] : ['20250101', RANGES[vr].within];
  return matcherFor({ tag, vr, values })({ vr, Value: [values[1] ?? ''] });
}

export function modelTable(): string {
  return table(
    ['Information model', 'Levels'],
    Object.entries(MODEL_LEVELS).map(([model, ofModel]) => [
      { PATIENT: 'Patient Root', STUDY: 'Study Root', PATIENT_STUDY: 'Patient/Study Only (Retired)' }[
        model
      ] ?? model,
      ofModel.join(', '),
    ]),
  );
}

export const querySubFieldTable = () => subFieldTable(QUERY_SUB_FIELDS);
export const retrieveSubFieldTable = () => subFieldTable(RETRIEVE_SUB_FIELDS);

function subFieldTable(subFields: readonly SubField[]): string {
  return table(
    ['Byte', 'Meaning of 1', 'Answered where 1 is asked'],
    subFields.map(({ words, isSupported }, index) => [index + 1, words, isSupported ? 1 : 0]),
  );
}
