import type { Goal } from './goals.ts';
import type { Machine } from './machine.ts';
import type { Summary } from './summary.ts';

/** A table with a heading; cells are ready to print. */
export interface Table {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

export function tablesOf(summary: Summary, goals: readonly Goal[]): Table[] {
  const tables = [ingestTable, retrieveTable, findTable, studiesTable].map((tableOf) => tableOf(summary));
  return [...tables, goalTable(goals)].filter((table) => table.rows.length > 0);
}

function ingestTable({ ingest }: Summary): Table {
  return {
    title: 'C-STORE: medians; every server starts with an empty archive',
    head: [
      'set',
      'associations',
      'server',
      'acknowledged/s',
      'MB/s',
      'filed and indexed/s',
      'CPU s/GB',
      'peak RSS MB',
      'response p50 ms',
      'p99 ms',
      'lost',
    ],
    rows: ingest.map((row) => [
      row.set,
      String(row.associations),
      row.server,
      rounded(row.instancesPerSecond),
      rounded(row.megabytesPerSecond),
      row.server === 'raw' ? '' : rounded(row.filedPerSecond),
      rounded(row.cpuSecondsPerGigabyte),
      rounded(row.peakRssBytes / 1e6),
      rounded(row.latencyP50Ms),
      rounded(row.latencyP99Ms),
      String(row.lost),
    ]),
  };
}

function retrieveTable({ retrieve }: Summary): Table {
  return {
    title: 'Retrieve of the CT study: medians; its files are in the page cache',
    head: ['method', 'server', 'instances/s', 'MB/s', 'first instance ms', 'CPU s/GB', 'peak RSS MB', 'lost'],
    rows: retrieve.map((row) => [
      row.method,
      row.server,
      rounded(row.instancesPerSecond),
      rounded(row.megabytesPerSecond),
      rounded(row.firstInstanceMs),
      rounded(row.cpuSecondsPerGigabyte),
      rounded(row.peakRssBytes / 1e6),
      String(row.lost),
    ]),
  };
}

function findTable({ find }: Summary): Table {
  return {
    title: 'C-FIND at STUDY level',
    head: ['query', 'server', 'p50 ms', 'p99 ms', 'answers', 'right'],
    rows: find.map((row) => [
      row.query,
      row.server,
      rounded(row.p50Ms),
      rounded(row.p99Ms),
      String(row.answers),
      row.isRight ? 'yes' : 'no',
    ]),
  };
}

function studiesTable({ studies }: Summary): Table {
  return {
    title: `List of studies on the admin page: MariaDB, ${studies[0]?.studies ?? 0} studies, pages of 50`,
    head: ['list', 'p50 ms', 'p95 ms', 'SELECT 1 p50 ms', 'p95 ms', 'right'],
    rows: studies.map((row) => [
      row.list,
      rounded(row.p50Ms),
      rounded(row.p95Ms),
      rounded(row.selectOneP50Ms),
      rounded(row.selectOneP95Ms),
      row.isRight ? 'yes' : 'no',
    ]),
  };
}

function goalTable(goals: readonly Goal[]): Table {
  const judged = goals.filter((goal) => goal.verdict !== 'not measured');
  const rows = judged.map((goal) => [
    goal.words,
    goal.wanted,
    rounded(goal.measured ?? Number.NaN),
    goal.ceiling === undefined ? '' : rounded(goal.ceiling),
    goal.verdict,
  ]);
  const others = goals.length - judged.length;
  if (judged.length > 0 && others > 0) rows.push([`${others} other goals`, '', '', '', 'not measured']);
  return { title: 'Goals', head: ['goal', 'wanted', 'measured', 'the raw limit has', 'verdict'], rows };
}

/** Three significant digits, no decimals above 100, a dash for what is no number. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

export function toText(table: Table): string {
  const widths = table.head.map((name, column) =>
    Math.max(name.length, ...table.rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [`\n${table.title}`, line(table.head), ...table.rows.map(line)].join('\n');
}

function toMarkdownTable(table: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${table.title}`,
    '',
    line(table.head),
    line(table.head.map(() => '---')),
    ...table.rows.map(line),
  ].join('\n');
}

/** The whole page. @param servers name and description of each that ran @param remarks what a reader must know */
export function toMarkdown(
  tables: readonly Table[],
  machine: Machine,
  servers: readonly (readonly [name: string, description: string])[],
  remarks: readonly string[],
): string {
  return [
    '# Benchmarks',
    '',
    `Written by \`${machine.command}\` on ${machine.date}.`,
    '',
    `Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGigabytes} GB RAM, ${machine.fileSystem}, ${machine.kernel}.`,
    '',
    ...servers.map(([name, description]) => `- **${name}**: ${description}`),
    '',
    ...remarks.map((remark) => `- ${remark}`),
    '',
    tables.map(toMarkdownTable).join('\n\n'),
    '',
  ].join('\n');
}
