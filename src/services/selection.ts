import { LEVELS, type Level } from '../catalog/attributes.ts';
import type { RetrieveUids } from '../catalog/catalog.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { Problem } from '../lib/problem.ts';
import { type InformationModel, MODEL_LEVELS, optionalKeyValues, uniqueKeyValues } from './levels.ts';

const UIDS = { STUDY: 'studyInstanceUids', SERIES: 'seriesInstanceUids', IMAGE: 'sopInstanceUids' } as const;

/**
 * What a C-MOVE or C-GET is about: the unique keys of its level and of those above it in the model — PS3.4 §C.4.2.2.1. Where relational retrieval
 * was agreed on, those above may be missing, or lists (§C.4.2.2.2.1).
 * @throws Problem 'data-set-mismatch': nobody means everything by nothing
 */
export function selectionOf(
  level: Level,
  model: InformationModel,
  identifier: DataSet,
  isRelational: boolean,
): RetrieveUids {
  const selection: RetrieveUids = {};
  for (const one of MODEL_LEVELS[model]) {
    if (LEVELS.indexOf(one) > LEVELS.indexOf(level)) break;
    const valuesOf = isRelational && one !== level ? optionalKeyValues : uniqueKeyValues;
    const values = valuesOf(identifier, one);
    if (one !== 'PATIENT') {
      if (values.length > 0) selection[UIDS[one]] = values;
      continue;
    }
    // Single Value Matching alone: PS3.4 §C.4.2.1.4.1.
    if (values.length > 1)
      throw new Problem('data-set-mismatch', `one Patient ID wanted, not ${values.length}`);
    const [patientId] = values;
    if (patientId !== undefined) selection.patientId = patientId;
  }
  return selection;
}
