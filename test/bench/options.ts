import { parseArgs } from 'node:util';
import type { SetShape } from './data-sets.ts';
import type { ServerName } from './servers/server.ts';

export const scenarioNames = ['ingest', 'retrieve', 'find', 'studies'] as const;
export const setNames = ['ct', 'small', 'multi-frame'] as const;
export const serverNames = [
  'raw',
  'dicomkeep-sqlite',
  'dicomkeep-mariadb',
  'orthanc-sqlite',
  'orthanc-mariadb',
  'dcmqrscp',
] as const satisfies readonly ServerName[];

export interface Options {
  isSmoke: boolean;
  only: readonly (typeof scenarioNames)[number][];
  servers: readonly ServerName[];
  sets: readonly SetShape['name'][];
  associations: readonly number[];
  repeats: number;
  directory: string | undefined;
  json: string | undefined;
  markdown: string | undefined;
}

export const usage = `Usage: node test/bench/run.ts [options]

Measures this server beside others on this machine; needs Debian's orthanc, orthanc-mysql, dcmtk and MariaDB for all
of it, and does without those that are not installed.

  --only LIST          of ${scenarioNames.join(', ')}
  --servers LIST       of ${serverNames.join(', ')}
  --sets LIST          of ${setNames.join(', ')}
  --associations LIST  how many at once (1,4)
  --repeats N          median of so many runs (3)
  --smoke              a few instances of each set, once: shows that everything works, measures nothing
  --dir PATH           a folder on the disk to measure, for a temporary folder (data/bench)
  --json FILE          write the rows of all runs and the summary
  --markdown FILE      write the report, e.g. docs/benchmarks.md
  --help

Exit code 1 when one of our servers refused or lost an instance or answered a query wrongly; a missed goal is only reported.`;

/** @returns undefined when help is asked for @throws on an unknown option or name, naming it */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      servers: { type: 'string' },
      sets: { type: 'string' },
      associations: { type: 'string', default: '1,4' },
      repeats: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      dir: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    isSmoke: values.smoke,
    only: listOf('--only', values.only, scenarioNames),
    servers: listOf('--servers', values.servers, serverNames),
    sets: listOf('--sets', values.sets, setNames),
    associations: values.associations.split(',').map((text) => numberFrom('--associations', text)),
    repeats: numberFrom('--repeats', values.repeats ?? (values.smoke ? '1' : '3')),
    directory: values.dir,
    json: values.json,
    markdown: values.markdown,
  };
}

function listOf<Name extends string>(
  option: string,
  text: string | undefined,
  names: readonly Name[],
): readonly Name[] {
  if (text === undefined) return names;
  return text.split(',').map((word) => {
    const name = names.find((known) => known === word);
    if (name === undefined) throw new Error(`${option}: ${word} is none of ${names.join(', ')}`);
    return name;
  });
}

function numberFrom(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 64)
    throw new Error(`${option}: ${text} is no number from 1 to 64`);
  return value;
}
