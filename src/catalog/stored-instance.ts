import type { StoredInstance } from './arrival.ts';
import { hexOf, numberOf, type Row, textOf } from './rows.ts';

/** What `toStoredInstance` reads of table i: all but the attributes, which are the most of a row. */
export const INSTANCE_COLUMNS = [
  'i.id',
  'i.series_row_id',
  'i.sop_instance_uid',
  'i.sop_class_uid',
  'i.transfer_syntax_uid',
  'i.instance_number',
  'i.size_bytes',
  'i.data_set_offset',
  'i.sha256',
  'i.arrived_at',
  'i.source_ae_title',
  'i.week',
];

/** @param parent a row with the UIDs of series and study */
export function toStoredInstance(row: Row, parent: Row): StoredInstance {
  return {
    sopInstanceUid: textOf(row, 'sop_instance_uid'),
    sopClassUid: textOf(row, 'sop_class_uid'),
    seriesInstanceUid: textOf(parent, 'series_instance_uid'),
    studyInstanceUid: textOf(parent, 'study_instance_uid'),
    transferSyntaxUid: textOf(row, 'transfer_syntax_uid'),
    sizeBytes: numberOf(row, 'size_bytes'),
    dataSetOffset: numberOf(row, 'data_set_offset'),
    sha256: hexOf(row, 'sha256'),
    arrivedAt: numberOf(row, 'arrived_at'),
    sourceAeTitle: textOf(row, 'source_ae_title'),
    week: textOf(row, 'week'),
  };
}
