import type { Knex } from 'knex';
import type { InstanceArrival } from './arrival.ts';
import { insertEvent } from './event-repository.ts';
import { uidsPerStatement } from './limits.ts';
import { fitAscii, fitText, hexOf, piecesOf, type Row, textOf } from './rows.ts';

/** Another data set that came with the SOP Instance UID of a current instance. Its path is a function of UID and hash. */
export interface Conflict {
  arrival: InstanceArrival;
  currentSha256: string;
}

/** Each version is recorded once, with an event, however often it is sent. */
export async function recordConflicts(trx: Knex.Transaction, conflicts: readonly Conflict[]): Promise<void> {
  const known = new Set<string>();
  for (const piece of piecesOf(conflicts, uidsPerStatement)) {
    const uids = piece.map(({ arrival }) => arrival.sopInstanceUid);
    const rows = await trx<Row>('conflicts')
      .whereIn('sop_instance_uid', uids)
      .select('sop_instance_uid', 'sha256');
    for (const row of rows) known.add(`${textOf(row, 'sop_instance_uid')}/${hexOf(row, 'sha256')}`);
  }
  for (const { arrival, currentSha256 } of conflicts) {
    const key = `${arrival.sopInstanceUid}/${arrival.sha256}`;
    if (known.has(key)) continue;
    known.add(key);
    await trx('conflicts').insert({
      sop_instance_uid: arrival.sopInstanceUid,
      series_instance_uid: arrival.seriesInstanceUid,
      study_instance_uid: arrival.studyInstanceUid,
      sop_class_uid: fitAscii(arrival.sopClassUid, 128),
      transfer_syntax_uid: fitAscii(arrival.transferSyntaxUid, 128),
      size_bytes: arrival.sizeBytes,
      data_set_offset: arrival.dataSetOffset,
      sha256: Buffer.from(arrival.sha256, 'hex'),
      arrived_at: arrival.arrivedAt,
      source_ae_title: fitText(arrival.sourceAeTitle, 64),
    });
    await insertEvent(trx, {
      at: arrival.arrivedAt,
      kind: 'instance-conflict',
      severity: 'warning',
      words: `Another data set came with the SOP Instance UID ${arrival.sopInstanceUid}; both are kept, the first stays current`,
      fields: {
        caller: arrival.sourceAeTitle,
        studyInstanceUid: arrival.studyInstanceUid,
        sopInstanceUid: arrival.sopInstanceUid,
        currentSha256,
        sha256: arrival.sha256,
      },
    });
  }
}
