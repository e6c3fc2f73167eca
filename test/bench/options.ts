import { parseArgs } from 'node:util';
import type { SetShape } from './data-sets.ts';
import type { ServerName } from './servers/server.ts';

export const scenarioNames = [
  'ingest',
  'retrieve',
  'find',
  'examination',
  'lifecycle',
  'disks',
  'load',
  'studies',
  'scale',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];
export const diskNames = ['ext4', 'btrfs', 'btrfs-ssd', 'hard-disk'] as const;
export type DiskName = (typeof diskNames)[number];
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
  only: readonly ScenarioName[];
  servers: readonly ServerName[];
  sets: readonly SetShape['name'][];
  associations: readonly number[];
  repeats: number;
  /** How large the sets are, of those of the goals; goals are judged at 1 alone. */
  factor: number;
  /** Of the scenario lifecycle: a filled catalogue to start with. */
  catalogueUrl: string | undefined;
  /** Of the scenario load: how long each of its runs lasts. */
  minutes: number;
  /** Of the scenario disks. */
  disks: readonly DiskName[];
  /** Of the scenario scale: how many the catalogues have, and instances of a series in the mean. */
  studies: readonly number[];
  instancesPerSeries: number;
  /** Of the scenario scale: where filled catalogues stay for the next run. */
  keep: string | undefined;
  installs: boolean;
  directory: string | undefined;
  json: string | undefined;
  markdown: string | undefined;
}

export const usage = `Usage: node test/bench/run.ts [options]

Measures this server beside others on this machine; needs Debian's orthanc, orthanc-mysql, dcmtk and MariaDB for all
of it, and does without those that are not installed. Cold page caches need root.

  --only LIST          of ${scenarioNames.join(', ')}
  --servers LIST       of ${serverNames.join(', ')}
  --sets LIST          of ${setNames.join(', ')}
  --associations LIST  how many at once (1,4)
  --repeats N          median of so many runs (3), the servers in turn forwards and backwards
  --factor F           sets F times as large as those of the goals, 0.001 to 10 (1)
  --quick              the same as --factor 0.1 --repeats 1: a look in minutes
  --smoke              a few instances of each set, once: shows that everything works, measures nothing
  --catalogue URL      lifecycle: starts and stops with this filled catalogue (sqlite:PATH, mysql://…) as well
  --disks LIST         disks: of ${diskNames.join(', ')}; file systems on loop devices need root, the simulated hard disk a C compiler
  --minutes M          load: how long each of its runs lasts (10)
  --studies LIST       scale: so many studies in each catalogue (10000,100000), with some ten series each
  --per-series F       scale: instances of a series in the mean (2)
  --keep PATH          scale: a folder where filled catalogues stay, and are found again
  --install            first installs the Debian packages that are missing (root)
  --dir PATH           a folder on the disk to measure, for a temporary folder (data/bench)
  --json FILE          write every row with every sample, the summary and the goals
  --markdown FILE      write the report, e.g. docs/benchmarks.md
  --help

Exit code 1 when one of our servers refused or lost an instance or answered a query wrongly; a missed goal is only reported.`;

const quickFactor = '0.1';
const smokeFactor = '0.005';

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
      factor: { type: 'string' },
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      catalogue: { type: 'string' },
      disks: { type: 'string' },
      minutes: { type: 'string', default: '10' },
      studies: { type: 'string' },
      'per-series': { type: 'string', default: '2' },
      keep: { type: 'string' },
      install: { type: 'boolean', default: false },
      dir: { type: 'string' },
      json: { type: 'string' },
      markdown: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const isShort = values.smoke || values.quick;
  const factor = values.smoke ? smokeFactor : values.quick ? quickFactor : '1';
  return {
    isSmoke: values.smoke,
    only: listOf('--only', values.only, scenarioNames),
    servers: listOf('--servers', values.servers, serverNames),
    sets: listOf('--sets', values.sets, setNames),
    associations: values.associations.split(',').map((text) => numberFrom('--associations', text)),
    repeats: numberFrom('--repeats', values.repeats ?? (isShort ? '1' : '3')),
    factor: factorFrom(values.factor ?? factor),
    catalogueUrl: values.catalogue,
    disks: listOf('--disks', values.disks, diskNames),
    minutes: numberFrom('--minutes', values.minutes),
    studies: (values.studies ?? (values.smoke ? '300' : '10000,100000')).split(',').map(studiesFrom),
    instancesPerSeries: perSeriesFrom(values['per-series']),
    keep: values.keep,
    installs: values.install,
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

function perSeriesFrom(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 100)) throw new Error(`--per-series: ${text} is no number from 1 to 100`);
  return value;
}

function studiesFrom(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100 || value > 5_000_000)
    throw new Error(`--studies: ${text} is no number from 100 to 5000000`);
  return value;
}

function factorFrom(text: string): number {
  const value = Number(text);
  if (!(value >= 0.001 && value <= 10)) throw new Error(`--factor: ${text} is no number from 0.001 to 10`);
  return value;
}
