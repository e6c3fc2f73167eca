import type { Goal } from './goals.ts';
import type { Machine } from './machine.ts';

/** A table with a heading; cells are ready to print. */
export interface Table {
  title: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

export function goalTable(goals: readonly Goal[]): Table {
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
