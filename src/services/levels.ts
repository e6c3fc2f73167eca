import { LEVELS, type Level } from '../catalog/attributes.ts';
import { uidsPerKeyMax } from '../catalog/limits.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { withoutPadding } from '../dicom/padding.ts';
import { Problem } from '../lib/problem.ts';

/** The information models of PS3.4 §C.6, and the retired one that ends with the study (PS3.4-2004 §C.6.3). */
export type InformationModel = 'PATIENT' | 'STUDY' | 'PATIENT_STUDY';

/** Their levels, from the root. */
export const MODEL_LEVELS: Readonly<Record<InformationModel, readonly Level[]>> = {
  PATIENT: LEVELS,
  STUDY: ['STUDY', 'SERIES', 'IMAGE'],
  PATIENT_STUDY: ['PATIENT', 'STUDY'],
};

const UNIQUE_KEY: Readonly<Record<Level, { tag: number; name: string }>> = {
  PATIENT: { tag: tags.PatientID, name: 'Patient ID' },
  STUDY: { tag: tags.StudyInstanceUID, name: 'Study Instance UID' },
  SERIES: { tag: tags.SeriesInstanceUID, name: 'Series Instance UID' },
  IMAGE: { tag: tags.SOPInstanceUID, name: 'SOP Instance UID' },
};

/**
 * The level that an identifier speaks of, its hierarchy checked: each level of the model above it is named by one value of its unique
 * key — PS3.4 §C.4.1.2.1; unless relational queries or retrievals were agreed on (§C.4.1.2.2.1, §C.4.2.3.2.1).
 * @throws Problem 'data-set-mismatch' in words
 */
export function levelOfIdentifier(
  model: InformationModel,
  identifier: DataSet,
  isRelational: boolean,
): Level {
  const text = identifier.text(tags.QueryRetrieveLevel)?.trim() ?? '';
  const levels = MODEL_LEVELS[model];
  const level = levels.find((one) => one === text);
  if (level === undefined) {
    const found =
      text === '' ? 'no Query/Retrieve Level' : `Query/Retrieve Level ${JSON.stringify(text.slice(0, 16))}`;
    throw new Problem('data-set-mismatch', `${found}: one of ${levels.join(' ')} wanted`);
  }
  if (isRelational) return level;
  for (const above of levels.slice(0, levels.indexOf(level))) {
    const { name } = UNIQUE_KEY[above];
    const values = keyValues(identifier, above);
    const isSingle = values.length === 1 && !/[*?]/.test(values[0] ?? '*');
    if (!isSingle) throw new Problem('data-set-mismatch', `level ${level} needs one ${name}`);
  }
  return level;
}

/**
 * The values of a level's unique key, without padding.
 * @throws Problem 'data-set-mismatch' where there is none: nobody means everything by nothing
 */
export function uniqueKeyValues(identifier: DataSet, level: Level): string[] {
  const values = optionalKeyValues(identifier, level);
  if (values.length === 0) throw new Problem('data-set-mismatch', `no ${UNIQUE_KEY[level].name} to retrieve`);
  return values;
}

/**
 * As `uniqueKeyValues`, for a level whose key may be missing.
 * @throws Problem 'data-set-mismatch' for a wild card, which no UID has, and for more values than a key may have
 */
export function optionalKeyValues(identifier: DataSet, level: Level): string[] {
  const values = keyValues(identifier, level);
  const { name } = UNIQUE_KEY[level];
  if (values.length > uidsPerKeyMax) {
    throw new Problem('data-set-mismatch', `${name}: more than ${uidsPerKeyMax} values`);
  }
  if (values.some((value) => /[*?]/.test(value)) && level !== 'PATIENT') {
    throw new Problem('data-set-mismatch', `wild card in ${name}`);
  }
  return values;
}

function keyValues(identifier: DataSet, level: Level): string[] {
  const values = identifier.texts(UNIQUE_KEY[level].tag).map((value) => withoutPadding(value).trimStart());
  return values.filter((value) => value !== '');
}
