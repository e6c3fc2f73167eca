import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SetShape, setsFor } from './data-sets.ts';
import { goalsOf } from './goals.ts';
import { describeMachine, type Machine } from './machine.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { tablesOf, toMarkdown, toText } from './report.ts';
import type { Row } from './results.ts';
import { find } from './scenarios/find.ts';
import { ingest, ingestRaw } from './scenarios/ingest.ts';
import { retrieve } from './scenarios/retrieve.ts';
import { studyLists } from './scenarios/studies.ts';
import { dcmqrscp } from './servers/dcmqrscp.ts';
import { dicomkeepOnMariadb, dicomkeepOnSqlite } from './servers/dicomkeep.ts';
import { orthancOnMariadb, orthancOnSqlite } from './servers/orthanc.ts';
import type { ServerKind } from './servers/server.ts';
import { summarize } from './summary.ts';

const kinds: readonly ServerKind[] = [
  dicomkeepOnSqlite,
  dicomkeepOnMariadb,
  orthancOnSqlite,
  orthancOnMariadb,
  dcmqrscp,
];
const findRepeats = 5;
const studiesInList = { smoke: 1000, measured: 100_000 };
const remarks = [
  'Load generator, server and database share the cores of the machine; everything runs over the loopback interface.',
  'The load generator has one process per association, encoded PDUs, blocking sockets with TCP_NODELAY and one request outstanding.',
  '*raw* is TCP, a new file, fdatasync, one byte back, with blocking calls in one Node process per connection: the same bytes from the same client.',
  'An answer means: Dicomkeep, the instance with the proof that it is complete is on stable storage; Orthanc, the file is synced, and with MariaDB its index too; dcmqrscp, nothing is synced.',
  'The list of studies is asked of the catalogue in the process of the benchmark; its database has no instances in it.',
  '*filed and indexed* is when the server has nothing left to do for the set; *lost* counts what was refused or is not there afterwards.',
];

/** Does one measurement, says how it went, and keeps its rows; one that fails is said and left out. */
type Attempt = (what: string, isOurs: boolean, run: () => Promise<Row | Row[]>) => Promise<void>;

interface Outcome {
  rows: Row[];
  /** A measurement of ours did not come to its end. */
  hasFailed: boolean;
}

async function measureAll(options: Options, directory: string, servers: ServerKind[]): Promise<Outcome> {
  const sets = setsFor(options.isSmoke);
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
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const ordered = repeat % 2 === 0 ? servers : servers.toReversed();
    if (options.only.includes('ingest')) await ingestAll(options, directory, sets, ordered, attempt);
  }
  const setNamed = (name: SetShape['name']): SetShape => sets.find((set) => set.name === name) as SetShape;
  for (const kind of servers) {
    if (options.only.includes('retrieve')) {
      await attempt(`retrieve ${kind.name}`, kind.isOurs, () =>
        retrieve(kind, directory, setNamed('ct'), options.repeats),
      );
    }
    if (options.only.includes('find') && kind.canFind) {
      await attempt(`find ${kind.name}`, kind.isOurs, () =>
        find(kind, directory, setNamed('studies'), findRepeats),
      );
    }
  }
  if (options.only.includes('studies') && servers.includes(dicomkeepOnMariadb)) {
    const count = options.isSmoke ? studiesInList.smoke : studiesInList.measured;
    await attempt('list of studies', true, () => studyLists(directory, count));
  }
  return outcome;
}

async function ingestAll(
  options: Options,
  directory: string,
  sets: readonly SetShape[],
  servers: readonly ServerKind[],
  attempt: Attempt,
): Promise<void> {
  for (const set of sets.filter(({ name }) => options.sets.some((wanted) => wanted === name))) {
    for (const associations of options.associations) {
      const what = `${set.name} ×${associations}`;
      if (options.servers.includes('raw')) {
        await attempt(`${what} raw`, true, () => ingestRaw(directory, set, associations));
      }
      for (const kind of servers) {
        await attempt(`${what} ${kind.name}`, kind.isOurs, () => ingest(kind, directory, set, associations));
      }
    }
  }
}

function wordsOf(row: Row): string {
  if (row.scenario === 'find')
    return `${row.query} ${row.p50Ms.toFixed(1)} ms, ${row.isRight ? 'right' : 'WRONG'}`;
  if (row.scenario === 'studies')
    return `${row.list} p95 ${row.p95Ms.toFixed(1)} ms, ${row.isRight ? 'right' : 'WRONG'}`;
  const loss = row.lost === 0 ? '' : `, LOST ${row.lost}`;
  if (row.scenario === 'retrieve') {
    return `${row.method} ${(row.instances / row.seconds).toFixed(0)}/s, first ${row.firstInstanceMs.toFixed(1)} ms${loss}`;
  }
  const failures = Object.keys(row.failures).length === 0 ? '' : ` ${JSON.stringify(row.failures)}`;
  return `${(row.instances / row.acknowledgedSeconds).toFixed(1)}/s${loss}${failures}`;
}

/** True when a server of ours, or the raw limit, did its work without a loss, a refusal or a wrong answer. */
function isFaultless(row: Row): boolean {
  if (!row.server.startsWith('dicomkeep')) return true;
  if (row.scenario === 'find' || row.scenario === 'studies') return row.isRight;
  if (row.scenario === 'retrieve') return row.lost === 0 && row.status === 0;
  return row.lost === 0 && Object.keys(row.failures).length === 0 && Number.isFinite(row.filedSeconds);
}

async function report(options: Options, machine: Machine, servers: ServerKind[], rows: Row[]): Promise<void> {
  const summary = summarize(rows);
  const goals = options.isSmoke ? [] : goalsOf(summary);
  const tables = tablesOf(summary, goals);
  for (const table of tables) console.log(toText(table));
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ machine, rows, summary, goals }, null, 2)}\n`);
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

async function main(args: readonly string[]): Promise<number> {
  const options = parsedOrExplained(args);
  if (options === 'wrong') return 2;
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const wanted = kinds.filter((kind) => options.servers.includes(kind.name));
  const servers = wanted.filter((kind) => kind.missing() === undefined);
  for (const kind of wanted) {
    const missing = kind.missing();
    if (missing !== undefined) console.log(`${kind.name} is left out: ${missing}`);
  }
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
