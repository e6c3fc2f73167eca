import type { Database } from './database.ts';
import { uidsPerStatement } from './limits.ts';
import { hexOf, numberOf, piecesOf, type Row, textOf } from './rows.ts';

/** Another version of an instance: kept, and not the one that is answered with. */
export interface RecordedConflict {
  id: number;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  transferSyntaxUid: string;
  /** Of the data set, bytes. */
  sizeBytes: number;
  /** Of the data set, lower-case hex. */
  sha256: string;
  /** Milliseconds since 1970. */
  arrivedAt: number;
  sourceAeTitle: string;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class ConflictRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first. */
  async list(options: {
    studyInstanceUid?: string;
    limit: number;
    beforeId?: number;
  }): Promise<RecordedConflict[]> {
    const { studyInstanceUid, limit, beforeId = Number.MAX_SAFE_INTEGER } = options;
    const rows = await this.#database.read((db) => {
      const query = db<Row>('conflicts').where('id', '<', beforeId).orderBy('id', 'desc').limit(limit);
      if (studyInstanceUid !== undefined) query.where('study_instance_uid', studyInstanceUid);
      return query.select('*');
    });
    return rows.map((row) => ({
      id: numberOf(row, 'id'),
      studyInstanceUid: textOf(row, 'study_instance_uid'),
      seriesInstanceUid: textOf(row, 'series_instance_uid'),
      sopInstanceUid: textOf(row, 'sop_instance_uid'),
      sopClassUid: textOf(row, 'sop_class_uid'),
      transferSyntaxUid: textOf(row, 'transfer_syntax_uid'),
      sizeBytes: numberOf(row, 'size_bytes'),
      sha256: hexOf(row, 'sha256'),
      arrivedAt: numberOf(row, 'arrived_at'),
      sourceAeTitle: textOf(row, 'source_ae_title'),
    }));
  }

  /** Other versions of these instances. */
  async versionsOf(
    sopInstanceUids: readonly string[],
  ): Promise<Pick<RecordedConflict, 'sopInstanceUid' | 'sizeBytes' | 'sha256'>[]> {
    const versions = [];
    for (const piece of piecesOf(sopInstanceUids, uidsPerStatement)) {
      const rows = await this.#database.read((db) =>
        db<Row>('conflicts')
          .whereIn('sop_instance_uid', piece)
          .select('sop_instance_uid', 'size_bytes', 'sha256'),
      );
      for (const row of rows) {
        versions.push({
          sopInstanceUid: textOf(row, 'sop_instance_uid'),
          sizeBytes: numberOf(row, 'size_bytes'),
          sha256: hexOf(row, 'sha256'),
        });
      }
    }
    return versions;
  }

  /** @param since milliseconds since 1970: of those that came then or later */
  async count(since: number): Promise<number> {
    const row = await this.#database.read((db) =>
      db<Row>('conflicts').where('arrived_at', '>=', since).count({ total: 'id' }).first(),
    );
    return numberOf(row ?? {}, 'total');
  }
}
