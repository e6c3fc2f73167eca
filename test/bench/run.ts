import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Goal, goalsOf } from './goals.ts';
import { installMissing } from './install.ts';
import { describeMachine, type Machine } from './machine.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { isFaultless, scenarioGoals, tablesOf, wordsOf } from './presentations.ts';
import { goalTable, toMarkdown, toText } from './report.ts';
import { type Row, toJson } from './results.ts';
import { type Attempt, inTurn } from './scenario.ts';
import { dcmqrscp } from './servers/dcmqrscp.ts';
import { dicomkeepOnMariadb, dicomkeepOnSqlite } from './servers/dicomkeep.ts';
import { orthancOnMariadb, orthancOnSqlite } from './servers/orthanc.ts';
import type { ServerKind } from './servers/server.ts';
import { scenarios } from './suite.ts';
import { summarize } from './summary.ts';

const kinds: readonly ServerKind[] = [
  dicomkeepOnSqlite,
  dicomkeepOnMariadb,
  orthancOnSqlite,
  orthancOnMariadb,
  dcmqrscp,
];
const remarks = [
  'Load generator, server and database share the cores of the machine; everything runs over the loopback interface.',
  'The load generator has one process per association, encoded PDUs, blocking sockets with TCP_NODELAY and one request outstanding.',
  '*in flight*: the receiver grants an asynchronous operations window of eight C-STORE requests; all others are answered one by one.',
  'In every second repeat the order of the servers, and of the raw limits among them, is reversed.',
  '*raw* is TCP, a new file, fdatasync, one byte back, with blocking calls in one Node process per connection: the same bytes from the same client.',
  'An answer means: Dicomkeep, the instance with the proof that it is complete is on stable storage; Orthanc, the file is synced, and with MariaDB its index too; dcmqrscp, nothing is synced.',
  'The list of studies is asked of the catalogue in the process of the benchmark; its database has no instances in it.',
  '*filed and indexed* is when the server has nothing left to do for the set; *lost* counts what was refused or is not there afterwards.',
];

interface Outcome {
  rows: Row[];
  /** A measurement of ours did not come to its end. */
  hasFailed: boolean;
}

async function measureAll(
  options: Options,
  directory: string,
  servers: readonly ServerKind[],
): Promise<Outcome> {
  const outcome: Outcome = { rows: [], hasFailed: false };
  const attempt: Attempt = async (what, isOurs, run) => {
    try {
      for (const row of [await run()].flat()) {
        outcome.rows.push(row);
        console.log(`${what}: ${wordsOf(row)}`);
      }
    } catch (error) {
      outcome.hasFailed ||= isOurs;
      console.log(`${what}: FAILED, ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const wanted = scenarios.filter(({ name }) => options.only.includes(name));
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const suite = { options, directory, repeat, servers: inTurn(servers, repeat), attempt };
    for (const { isOnce = false, measure } of wanted) {
      if (repeat === 0 || !isOnce) await measure(suite);
    }
  }
  return outcome;
}

async function report(
  options: Options,
  machine: Machine,
  servers: readonly ServerKind[],
  rows: readonly Row[],
): Promise<void> {
  const summary = summarize(rows);
  const names = scenarios.map(({ name }) => name);
  const isJudged = !options.isSmoke && options.factor === 1;
  const goals: Goal[] = isJudged ? [...goalsOf(summary), ...scenarioGoals(rows, names)] : [];
  const tables = [...tablesOf(rows, names), goalTable(goals)].filter((table) => table.rows.length > 0);
  for (const table of tables) console.log(toText(table));
  if (options.json !== undefined) {
    await writeFile(
      options.json,
      toJson({ format: 'dicomkeep-benchmark', version: 1, machine, rows, summary, goals }),
    );
  }
  if (options.markdown !== undefined) {
    const described = servers.map(
      ({ name, description }) => [name, `${machine.versions[name]}: ${description}`] as const,
    );
    await writeFile(options.markdown, toMarkdown(tables, machine, described, remarks));
  }
}

function parsedOrExplained(args: readonly string[]): Options | undefined | 'wrong' {
  try {
    return parseOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nTry --help.`);
    return 'wrong';
  }
}

/** Those that can run here; of the others it is said why not. */
function installedOf(wanted: readonly ServerKind[]): ServerKind[] {
  for (const kind of wanted) {
    const missing = kind.missing();
    if (missing !== undefined) console.log(`${kind.name} is left out: ${missing}`);
  }
  return wanted.filter((kind) => kind.missing() === undefined);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parsedOrExplained(args);
  if (options === 'wrong') return 2;
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const wanted = kinds.filter((kind) => options.servers.includes(kind.name));
  if (options.installs) await installMissing(wanted);
  const servers = installedOf(wanted);
  const base = options.directory ?? fileURLToPath(new URL('../../data/bench', import.meta.url));
  await mkdir(base, { recursive: true });
  const directory = await mkdtemp(join(base, 'run-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  try {
    const versions: { [server: string]: string } = {};
    for (const kind of servers) versions[kind.name] = await kind.version();
    const machine = await describeMachine(directory, args, versions);
    const { rows, hasFailed } = await measureAll(options, directory, servers);
    await report(options, machine, servers, rows);
    return rows.every(isFaultless) && !hasFailed ? 0 : 1;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 2;
}
