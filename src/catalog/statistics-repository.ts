import type { Database } from './database.ts';
import { numberOf, type Row, textOf } from './rows.ts';

/** Instances that were filed, duplicates not among them. */
export interface DayOfArrivals {
  /** `YYYYMMDD`, a day of the time zone that the process ran in. */
  day: string;
  sourceAeTitle: string;
  /** '' where an instance had none. */
  modality: string;
  instances: number;
  /** Of data sets. */
  bytes: number;
  /** When the last of them came, milliseconds since 1970. */
  lastArrivedAt: number;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class StatisticsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order of days. @param fromDay and `toDay`: `YYYYMMDD`, both included */
  async days(fromDay: string, toDay: string): Promise<DayOfArrivals[]> {
    const rows = await this.#database.read((db) =>
      db<Row>('arrival_statistics')
        .whereBetween('day', [fromDay, toDay])
        .orderBy(['day', 'source_ae_title', 'modality'])
        .select('*'),
    );
    return rows.map((row) => ({
      day: textOf(row, 'day'),
      sourceAeTitle: textOf(row, 'source_ae_title'),
      modality: textOf(row, 'modality'),
      instances: numberOf(row, 'instances'),
      bytes: numberOf(row, 'bytes'),
      lastArrivedAt: numberOf(row, 'last_arrived_at'),
    }));
  }

  /** Of the whole archive. Reads no row of an instance. */
  async totals(): Promise<{ studies: number; instances: number; bytes: number }> {
    const [studies, arrivals] = await Promise.all([
      this.#database.read((db) => db<Row>('studies').count({ total: 'id' }).first()),
      this.#database.read((db) =>
        db<Row>('arrival_statistics').sum({ instances: 'instances', bytes: 'bytes' }).first(),
      ),
    ]);
    return {
      studies: numberOf(studies ?? {}, 'total'),
      instances: numberOf(arrivals ?? {}, 'instances'),
      bytes: numberOf(arrivals ?? {}, 'bytes'),
    };
  }
}
