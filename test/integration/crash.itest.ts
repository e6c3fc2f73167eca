import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { identifierOf } from '../helpers/dimse-client.ts';
import { hasMariadb, Mariadb } from '../helpers/mariadb.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { connectTo, foundIn, OPEN_TO_ALL, store, until } from './archive.ts';
import {
  ctInstance,
  dataSetSha256Of,
  filedPaths,
  filesIn,
  seriesUidOf,
  studyUidOf,
  type TestInstance,
} from './instances.ts';

const SENDERS = 4;
/** Instances of one round. */
const ACKNOWLEDGED_MAX = 40;
const READY_TIMEOUT_MS = 15_000;

/** What the senders of all rounds know. */
interface Ledger {
  /** Every instance of which at least one byte may have been sent, by SOP Instance UID. */
  sent: Map<string, TestInstance>;
  acknowledged: Set<string>;
  /** By sender: sent and not acknowledged when the server died; sent again in the next round, as a modality does. */
  unanswered: (TestInstance | undefined)[];
}

describe('A server that is killed in mid-stream (DESIGN promise 1)', function () {
  this.timeout(600_000);

  it('has everything that it acknowledged, whole, after 20 rounds on SQLite', async () => {
    await dieAndComeBack(20, {});
  });

  it('has everything that it acknowledged, whole, after 10 rounds on MariaDB', async function () {
    if (!hasMariadb) this.skip();
    const mariadb = await Mariadb.start();
    try {
      await dieAndComeBack(10, { DICOMKEEP_DATABASE_URL: mariadb.freshDatabase() });
    } finally {
      await mariadb.stop();
    }
  });
});

async function dieAndComeBack(rounds: number, settings: Record<string, string>): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomOf(seed);
  const dataDir = temporaryFolder('crash');
  const ledger: Ledger = { sent: new Map(), acknowledged: new Set(), unanswered: [] };
  let server = await startServer({ dataDir, env: { ...OPEN_TO_ALL, ...settings } });
  try {
    for (let round = 1; round <= rounds; round++) {
      await sendUntilKilled(server, round, ledger, random);
      server = await startServer({ dataDir, env: { ...OPEN_TO_ALL, ...settings } });
      await expectReady(server);
      await expectRounds(server, [round], ledger);
    }
    const all = Array.from({ length: rounds }, (_, index) => index + 1);
    await expectRounds(server, all, ledger);
    await expectTidy(server, ledger);
  } catch (error) {
    throw new Error(
      `with seed ${seed}: ${error instanceof Error ? error.stack : error}\n${server.log().slice(-3000)}`,
    );
  } finally {
    await server.kill();
    removeFolder(dataDir);
  }
  const { sent, acknowledged } = ledger;
  console.log(`        seed ${seed}: ${acknowledged.size} acknowledged of ${sent.size} in ${rounds} rounds`);
}

/** Four senders, one who asks all the time, so that filing is under way too, and SIGKILL a moment after some instances were acknowledged. */
async function sendUntilKilled(
  server: TestServer,
  round: number,
  ledger: Ledger,
  random: () => number,
): Promise<void> {
  const clients = await Promise.all(Array.from({ length: SENDERS }, () => connectTo(server)));
  const acknowledged = ledger.acknowledged.size + 1 + Math.floor(random() * ACKNOWLEDGED_MAX);
  const sending = clients.map(async (client, sender) => {
    for (let number = 1; ; number++) {
      const sizeBytes = 5_000 + Math.floor(random() ** 3 * 3_000_000);
      const instance =
        ledger.unanswered[sender] ?? ctInstance({ study: round, series: sender + 1, number }, sizeBytes);
      ledger.unanswered[sender] = instance;
      ledger.sent.set(instance.sopInstanceUid, instance);
      try {
        const { status } = await store(client, instance);
        expect(status, 'status of the C-STORE-RSP').to.equal(0);
      } catch (error) {
        if (client.ended === undefined) throw error;
        return; // killed
      }
      ledger.acknowledged.add(instance.sopInstanceUid);
      ledger.unanswered[sender] = undefined;
    }
  });
  const asking = askUntilKilled(server, round);
  const killing = until('instances are acknowledged', () => ledger.acknowledged.size >= acknowledged).finally(
    async () => {
      await sleep(random() * 60);
      await server.kill();
    },
  );
  await Promise.all([killing, asking, ...sending]);
}

/** Queries want rows, and a retrieve wants files: it finds none to send. */
async function askUntilKilled(server: TestServer, round: number): Promise<void> {
  const client = await connectTo(server);
  const nothing = identifierOf({
    QueryRetrieveLevel: 'SERIES',
    StudyInstanceUID: studyUidOf(round),
    SeriesInstanceUID: seriesUidOf(round, SENDERS + 1),
  });
  for (;;) {
    try {
      for (let series = 1; series <= SENDERS; series++) await foundIn(client, round, series);
      await client.get('STUDY', nothing);
    } catch (error) {
      if (client.ended === undefined) throw error;
      return; // killed
    }
  }
}

async function expectReady(server: TestServer): Promise<void> {
  const startedAt = performance.now();
  const client = await connectTo(server);
  const { status } = await client.echo();
  await client.release();

  expect(status, 'status of the C-ECHO-RSP').to.equal(0);
  expect(performance.now() - startedAt, 'milliseconds to C-ECHO').to.be.below(READY_TIMEOUT_MS);
}

/** Acknowledged is found, found was sent, and what is found is whole. */
async function expectRounds(server: TestServer, rounds: readonly number[], ledger: Ledger): Promise<void> {
  const client = await connectTo(server);
  const found = new Set<string>();
  for (const round of rounds) {
    for (let series = 1; series <= SENDERS; series++) {
      for (const uid of await foundIn(client, round, series)) found.add(uid);
    }
  }
  await client.release();
  const studies = new Set(
    rounds.map((round) => ctInstance({ study: round, series: 1, number: 1 }, 0).studyInstanceUid),
  );
  // Found is what has its row and is durable in `incoming/`; its file comes to its place a moment later.
  await untilFiled(server);
  const paths = filedPaths(server.volumeDir);
  const isOfRounds = (uid: string) => studies.has(ledger.sent.get(uid)?.studyInstanceUid ?? '');
  const lost = [...ledger.acknowledged].filter((uid) => isOfRounds(uid) && !found.has(uid));
  const damaged = [...found].filter((uid) => {
    const path = paths.get(uid);
    return path === undefined || dataSetSha256Of(path) !== ledger.sent.get(uid)?.sha256;
  });

  expect(lost, 'acknowledged and not found').to.deep.equal([]);
  expect(damaged, 'found and not whole, or never sent').to.deep.equal([]);
}

/** No leftovers, and the archive itself finds nothing wrong. */
async function expectTidy(server: TestServer, ledger: Ledger): Promise<void> {
  await untilFiled(server);
  const paths = filedPaths(server.volumeDir);
  const missing = [...ledger.acknowledged].filter((uid) => !paths.has(uid));
  const { status, stdout, stderr } = await server.run('verify');

  expect(missing, 'acknowledged and without a file').to.deep.equal([]);
  expect(stdout, stderr).to.match(/ verified, 0 findings\n$/);
  expect(status).to.equal(0);
  expect(filesIn(server.volumeDir, 'conflicts')).to.deep.equal([]);
}

async function untilFiled(server: TestServer): Promise<void> {
  await until('incoming holds nothing but files opened ahead', () =>
    filesIn(server.volumeDir, 'incoming').every(
      (path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0,
    ),
  );
}

/** Numbers from 0 to 1 that come again with the same seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
