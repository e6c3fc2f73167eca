import type { Knex } from 'knex';
import { type RetrieveUids, restrictHierarchy } from './retrieve.ts';
import type { Row } from './rows.ts';

/** Instances of one SOP class in one transfer syntax. */
export interface RetrieveShare {
  sopClassUid: string;
  transferSyntaxUid: string;
  count: number;
}

/** `total` instances of the selection for each sop_class_uid and transfer_syntax_uid. */
export async function countByClass(db: Knex, selection: RetrieveUids): Promise<Row[]> {
  const query = restrictHierarchy(db, selection);
  if (selection.sopInstanceUids === undefined) query.join({ i: 'instances' }, 'i.series_row_id', 's.id');
  const rows: Row[] = await query
    .groupBy('i.sop_class_uid', 'i.transfer_syntax_uid')
    .count({ total: 'i.id' })
    .select('i.sop_class_uid', 'i.transfer_syntax_uid');
  return rows;
}
