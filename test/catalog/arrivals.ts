import { createHash } from 'node:crypto';
import type { InstanceArrival } from '../../src/catalog/catalog.ts';
import { hexOfTag, vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import type { JsonDataSet, JsonValue } from '../../src/dicom/json.ts';

export type Keyword = keyof typeof tags;
export type Values = { [keyword in Keyword]?: JsonValue | JsonValue[] };

/** DICOM JSON from keywords; a string for a PN is its alphabetic group. */
export function attributes(values: Values): JsonDataSet {
  const dataSet: JsonDataSet = {};
  for (const [keyword, value] of Object.entries(values)) {
    const tag = tags[keyword as Keyword];
    const vr = vrOf(tag);
    const list = Array.isArray(value) ? value : [value ?? null];
    dataSet[hexOfTag(tag)] = {
      vr,
      Value: list.map((one) => (vr === 'PN' && typeof one === 'string' ? { Alphabetic: one } : one)),
    };
  }
  return dataSet;
}

/** A CT image; the UIDs are those of study `1.study`, series `1.study.series`, instance `1.study.series.number`. */
export function ctArrival(
  study: number,
  series: number,
  number: number,
  values: Values = {},
  fields: Partial<InstanceArrival> = {},
): InstanceArrival {
  const studyInstanceUid = fields.studyInstanceUid ?? `1.${study}`;
  const seriesInstanceUid = fields.seriesInstanceUid ?? `1.${study}.${series}`;
  const sopInstanceUid = fields.sopInstanceUid ?? `1.${study}.${series}.${number}`;
  return {
    studyInstanceUid,
    seriesInstanceUid,
    sopInstanceUid,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    sizeBytes: 526_000 + number,
    dataSetOffset: 700,
    sha256: createHash('sha256').update(sopInstanceUid).digest('hex'),
    arrivedAt: 1_795_000_000_000 + number,
    sourceAeTitle: 'CT1',
    week: '2026-W47',
    attributes: attributes({
      PatientName: `Patient^${study}`,
      PatientID: `ID${study}`,
      StudyInstanceUID: studyInstanceUid,
      SeriesInstanceUID: seriesInstanceUid,
      SOPInstanceUID: sopInstanceUid,
      StudyDate: '20261120',
      Modality: 'CT',
      SeriesNumber: series,
      InstanceNumber: number,
      ...values,
    }),
    ...fields,
  };
}

/** The first value of an attribute, for a person's name its alphabetic group. */
export function firstOf(dataSet: JsonDataSet | undefined, keyword: Keyword): unknown {
  const value = dataSet?.[hexOfTag(tags[keyword])]?.Value?.[0];
  return typeof value === 'object' && value !== null && 'Alphabetic' in value ? value.Alphabetic : value;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
