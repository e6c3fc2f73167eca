import type { Knex } from 'knex';
import { Problem } from '../lib/problem.ts';
import { type CursorValue, fromCursor, toCursor } from './cursor.ts';
import type { Engine } from './database.ts';
import { numberOf, type Row, textOf } from './rows.ts';

export type StudySort = 'lastArrivedAt' | 'studyDate' | 'patientName' | 'patientId';

interface Order {
  /** The columns of an index; the row's id follows, as in every index. */
  columns: readonly string[];
  index: string;
}

const ORDERS: Readonly<Record<StudySort, Order>> = {
  lastArrivedAt: { columns: ['last_arrived_at'], index: 'studies_last_arrived_at' },
  studyDate: { columns: ['study_date', 'study_time'], index: 'studies_study_date_study_time' },
  patientName: { columns: ['patient_name_alphabetic'], index: 'studies_patient_name_alphabetic' },
  patientId: { columns: ['patient_id'], index: 'studies_patient_id' },
};

/** The order of a list of studies (table t), and where a page of it begins. */
export class StudyOrder {
  readonly #order: Order;
  readonly #direction: 'asc' | 'desc';
  /** A cursor is of one list. */
  readonly #list: string;
  /** A study that is given more instances meanwhile moves in this order: the cursor keeps where it was. */
  readonly #moves: boolean;

  constructor(sort: StudySort, isDescending: boolean) {
    this.#order = ORDERS[sort];
    this.#moves = sort === 'lastArrivedAt';
    this.#direction = isDescending ? 'desc' : 'asc';
    this.#list = `studies by ${sort} ${this.#direction}`;
  }

  /** Table t, read along the index of this order and no other. */
  walk(engine: Engine): string {
    const { index } = this.#order;
    return engine === 'mariadb' ? `studies AS t FORCE INDEX (${index})` : `studies AS t INDEXED BY ${index}`;
  }

  sort(query: Knex.QueryBuilder): void {
    for (const column of this.#order.columns) query.orderBy(`t.${column}`, this.#direction);
    query.orderBy('t.id', this.#direction);
  }

  /** Only rows behind these values: those of the columns, then the id. */
  startBehind(query: Knex.QueryBuilder, values: readonly CursorValue[]): void {
    const names = [...this.#order.columns.map((column) => `t.${column}`), 't.id'];
    const [first = '', start = ''] = [names[0], values[0]];
    const beyond = this.#direction === 'desc' ? '<' : '>';
    // Said twice, since only this one is a range of the index.
    query.where(first, `${beyond}=`, start);
    query.where((page) => {
      for (let at = 0; at < names.length; at++) {
        page.orWhere((one) => {
          for (let before = 0; before < at; before++) one.where(names[before] ?? '', values[before] ?? '');
          one.where(names[at] ?? '', beyond, values[at] ?? '');
        });
      }
    });
  }

  valuesOf(row: Row): CursorValue[] {
    const values = this.#order.columns.map((column) =>
      typeof row[column] === 'string' ? textOf(row, column) : numberOf(row, column),
    );
    return [...values, numberOf(row, 'id')];
  }

  /** Of what does not move the row's id alone: names and IDs of patients have no place in an address line. */
  toCursor(row: Row): string {
    return toCursor(this.#list, this.#moves ? this.valuesOf(row) : [numberOf(row, 'id')]);
  }

  /**
   * @param rowOf the study's row, for the values that the cursor leaves out
   * @throws Problem 'unusable-identifier'
   */
  async fromCursor(
    cursor: string,
    rowOf: (id: number) => Promise<Row | undefined>,
  ): Promise<readonly CursorValue[]> {
    if (this.#moves) return fromCursor(cursor, this.#list, ['number', 'number']);
    const [id] = fromCursor(cursor, this.#list, ['number']);
    const row = await rowOf(Number(id));
    if (row === undefined) throw new Problem('unusable-identifier', `not a cursor of ${this.#list}`);
    return this.valuesOf(row);
  }
}
