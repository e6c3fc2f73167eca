import { parentPort, Worker } from 'node:worker_threads';
import type { Row } from '../../../src/catalog/rows.ts';
import { STUDIES_AT_ONCE } from './loader.ts';
import { ArchivePlan, type ArchiveShape } from './plan.ts';
import { rowsOfStudies, TABLES, type Table } from './rows.ts';

/** Pieces that are made ahead of need. */
const AHEAD = 2;

/** Rows of a table as LOAD DATA reads them. */
export interface Lines {
  table: Table;
  columns: string[];
  /** Those of them whose values are in hex. */
  hexColumns: string[];
  rows: number;
  lines: Uint8Array;
}

export interface MadeLines {
  from: number;
  studies: number;
  tables: Lines[];
  /** Rows of `arrival_statistics`, to be added to those of the same key. */
  tallies: Row[];
}

type Request = { shape: ArchiveShape } | { from: number; to: number };

/** Rows of the shape's studies from one on, made in a thread while others are written. */
export async function* linesAhead(
  shape: ArchiveShape,
  first: number,
  studiesAtOnce = STUDIES_AT_ONCE,
): AsyncGenerator<MadeLines, void, undefined> {
  const worker = new Worker(new URL(import.meta.url));
  worker.setMaxListeners(4 * AHEAD);
  try {
    worker.postMessage({ shape } satisfies Request);
    const waiting: Promise<MadeLines>[] = [];
    let next = first;
    const ask = (): void => {
      if (next >= shape.studies) return;
      const request = { from: next, to: Math.min(next + studiesAtOnce, shape.studies) };
      next = request.to;
      waiting.push(answerTo(worker, request));
    };
    for (let ahead = 0; ahead < AHEAD; ahead++) ask();
    for (let lines = waiting.shift(); lines !== undefined; lines = waiting.shift()) {
      const made = await lines;
      ask();
      yield made;
    }
  } finally {
    await worker.terminate();
  }
}

function answerTo(worker: Worker, request: { from: number; to: number }): Promise<MadeLines> {
  const answer = new Promise<MadeLines>((resolve, reject) => {
    const isMine = (made: MadeLines): void => {
      if (made.from !== request.from) return;
      worker.off('message', isMine);
      worker.off('error', reject);
      resolve(made);
    };
    worker.on('message', isMine);
    worker.on('error', reject);
    worker.postMessage(request);
  });
  // Whoever waits for an earlier one hears of the error first.
  answer.catch(() => {});
  return answer;
}

/** As LOAD DATA reads it by default: columns parted by tabs, backslashes before what means something. */
export function lineOf(row: Row, columns: readonly string[]): string {
  let line = '';
  for (const column of columns) line += `${fieldOf(row[column])}\t`;
  return `${line.slice(0, -1)}\n`;
}

function fieldOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  const text = String(value);
  return /[\\\t\n\0]/.test(text) ? text.replace(/[\\\t\n\0]/g, escaped) : text;
}

function escaped(sign: string): string {
  return sign === '\0' ? '\\0' : `\\${sign}`;
}

function linesOf(table: Table, rows: readonly Row[]): Lines {
  const first = rows[0] ?? {};
  const columns = Object.keys(first);
  let lines = '';
  for (const row of rows) lines += lineOf(row, columns);
  return {
    table,
    columns,
    hexColumns: columns.filter((column) => first[column] instanceof Uint8Array),
    rows: rows.length,
    lines: new TextEncoder().encode(lines),
  };
}

let plan: ArchivePlan | undefined;
parentPort?.on('message', (request: Request) => {
  if ('shape' in request) {
    plan = new ArchivePlan(request.shape);
    return;
  }
  if (plan === undefined) throw new Error('a plan comes first');
  const { from, to } = request;
  const rows = rowsOfStudies(plan, from, to);
  const tables = TABLES.filter((table) => table !== 'arrival_statistics' && rows[table].length > 0);
  const made = tables.map((table) => linesOf(table, rows[table]));
  const answer: MadeLines = { from, studies: to - from, tables: made, tallies: rows.arrival_statistics };
  const buffers = made.map(({ lines }) => lines.buffer as ArrayBuffer);
  parentPort?.postMessage(answer, buffers);
});
