import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { hasMariadb, Mariadb } from '../helpers/mariadb.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { connectTo, foundIn, imagesOf, OPEN_TO_ALL, store, until, writeSiteFile } from './archive.ts';
import { ctInstance, dataSetSha256Of, filedPaths, type TestInstance } from './instances.ts';

const SENDERS = 4;
/** How long the catalogue may take; a real one gets more. */
const CATALOG = { acquireTimeoutMs: 2000, queryTimeoutMs: 2000 };
/** Within this a query is answered in some way, milliseconds: the above, and what a query waits for filing. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Acknowledged instances by series, as the senders go on. */
type Acknowledged = Map<number, TestInstance[]>;

describe('An outage of MariaDB (DESIGN promise 3)', function () {
  this.timeout(300_000);
  let mariadb: Mariadb | undefined;
  let dataDir = '';
  let env: Record<string, string> = {};
  let server: TestServer | undefined;

  before(async function () {
    if (!hasMariadb) this.skip();
    mariadb = await Mariadb.start();
  });
  after(async () => mariadb?.stop());
  beforeEach(() => {
    dataDir = temporaryFolder('outage');
    env = { ...OPEN_TO_ALL, DICOMKEEP_DATABASE_URL: database().freshDatabase() };
    configure({});
  });
  afterEach(async () => {
    await server?.kill();
    server = undefined;
    removeFolder(dataDir);
  });

  it('that crashes in mid-load loses and refuses nothing, and no query says that there is nothing', async () => {
    server = await startServer({ dataDir, env });

    const { acknowledged, answers } = await loadDuring(server, async () => {
      await database().pause('SIGKILL');
      await sleep(2500);
      await database().resume();
    });

    await expectAllFound(server, acknowledged);
    expect(answers.failures, 'queries that failed, in words').to.not.have.lengthOf(0);
    expect(answers.slowestMs).to.be.below(ANSWER_TIMEOUT_MS);
  });

  it('that hangs in mid-load loses and refuses nothing, and no query says that there is nothing', async () => {
    server = await startServer({ dataDir, env });

    const { acknowledged, answers } = await loadDuring(server, async () => {
      const resume = hang();
      await sleep(6000);
      resume();
    });

    await expectAllFound(server, acknowledged);
    expect(answers.failures, 'queries that failed, in words').to.not.have.lengthOf(0);
    expect(answers.slowestMs).to.be.below(ANSWER_TIMEOUT_MS);
  });

  it('at the start of the server does not keep it from storing; it catches up by itself', async () => {
    await serveOnce();
    await database().pause('SIGKILL');
    server = await startServer({ dataDir, env });
    try {
      await expectStoredAndNotFound(server);
    } finally {
      await database().resume();
    }

    await expectAllFound(server, new Map([[1, STORED_MEANWHILE]]));
  });

  it('at the start of the server, hanging, does not keep it from storing either', async () => {
    await serveOnce();
    const resume = hang();
    try {
      const startedAt = performance.now();
      server = await startServer({ dataDir, env });
      expect(performance.now() - startedAt, 'milliseconds to the start').to.be.below(atMost(10_000));
      await expectStoredAndNotFound(server);
    } finally {
      resume();
    }

    await expectAllFound(server, new Map([[1, STORED_MEANWHILE]]));
  });

  it('that outlasts the room for accepted instances is answered with A700 in words, until it ends', async () => {
    configure({ storage: { incomingInstancesMax: 20 } });
    server = await startServer({ dataDir, env });
    const client = await connectTo(server);
    await database().pause('SIGKILL');
    const stored: TestInstance[] = [];
    let refusal: { status: number; errorComment: string | undefined } | undefined;
    for (let number = 1; number <= 100 && refusal === undefined; number++) {
      const instance = ctInstance({ study: 1, series: 1, number }, 10_000);
      const answer = await store(client, instance);
      if (answer.status === 0) stored.push(instance);
      else refusal = answer;
    }
    const isAlive = (await client.echo()).status === 0;
    await database().resume();

    expect(refusal?.status.toString(16)).to.equal('a700');
    expect(refusal?.errorComment).to.match(/^\d+ instances wait to be filed/);
    expect(stored).to.have.lengthOf(20);
    expect(isAlive, 'C-ECHO on the same association').to.equal(true);

    const later = ctInstance({ study: 1, series: 1, number: 1000 }, 10_000);
    await until('stores again', async () => (await store(client, later)).status === 0);
    await expectAllFound(server, new Map([[1, [...stored, later]]]));
    await client.release();
  });

  function database(): Mariadb {
    if (mariadb === undefined) throw new Error('MariaDB was not started');
    return mariadb;
  }

  /** Stops the database as it stands: its connections stay open and nothing answers. @returns how to let it go on */
  function hang(): () => void {
    const pid = database().pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    return () => process.kill(pid, 'SIGCONT');
  }

  function configure(settings: object): void {
    env['DICOMKEEP_CONFIG'] = writeSiteFile(dataDir, { catalog: CATALOG, ...settings });
  }

  /** Makes the volume and the tables. */
  async function serveOnce(): Promise<void> {
    const first = await startServer({ dataDir, env });
    expect(await first.stop()).to.equal(0);
  }
});

const STORED_MEANWHILE = [1, 2, 3, 4, 5].map((number) => ctInstance({ study: 1, series: 1, number }, 50_000));

async function expectStoredAndNotFound(server: TestServer): Promise<void> {
  const client = await connectTo(server);
  for (const instance of STORED_MEANWHILE) {
    const { status, errorComment } = await store(client, instance);
    expect(status, errorComment).to.equal(0);
  }
  const query = await client.find('STUDY', imagesOf(1, 1));
  await client.release();

  expect(query.status.toString(16)).to.equal('a700');
  expect(query.errorComment).to.match(/\w/);
  expect(query.responses).to.deep.equal([]);
}

/** Four senders and one who asks, a second before the outage, during it, and a second after it. */
async function loadDuring(server: TestServer, outage: () => Promise<void>) {
  const acknowledged: Acknowledged = new Map();
  const over = new AbortController();
  const senders = Array.from({ length: SENDERS }, (_, index) =>
    sendUntil(server, index + 1, acknowledged, over.signal),
  );
  const asking = askUntil(server, acknowledged, over.signal);
  try {
    await sleep(1000);
    await outage();
    await sleep(1000);
  } finally {
    over.abort();
  }
  await Promise.all(senders);
  return { acknowledged, answers: await asking };
}

/** Sends at the pace of a fast modality. */
async function sendUntil(
  server: TestServer,
  series: number,
  acknowledged: Acknowledged,
  over: AbortSignal,
): Promise<void> {
  const client = await connectTo(server);
  const stored: TestInstance[] = [];
  acknowledged.set(series, stored);
  for (let number = 1; !over.aborted; number++) {
    const instance = ctInstance({ study: 1, series, number }, 50_000 + (number % 7) * 100_000);
    const { status, errorComment } = await store(client, instance);
    expect(status, errorComment).to.equal(0);
    stored.push(instance);
    await sleep(10);
  }
  await client.release();
}

/** Asks again and again, on associations of its own: an answer is all that was acknowledged before, or a failure in words. */
async function askUntil(server: TestServer, acknowledged: Acknowledged, over: AbortSignal) {
  const answers = { failures: [] as string[], successes: 0, slowestMs: 0 };
  for (let series = 1; !over.aborted; series = (series % SENDERS) + 1) {
    const client = await connectTo(server);
    const before = (acknowledged.get(series) ?? []).map(({ sopInstanceUid }) => sopInstanceUid);
    const startedAt = performance.now();
    const { status, errorComment, responses } = await client.find('STUDY', imagesOf(1, series));
    answers.slowestMs = Math.max(answers.slowestMs, performance.now() - startedAt);
    await client.release();
    if (status === 0) {
      answers.successes += 1;
      expect(responses.map((response) => response.uid(0x00080018))).to.include.members(before);
    } else {
      expect(status.toString(16)).to.equal('a700');
      expect(errorComment).to.match(/\w/);
      answers.failures.push(errorComment ?? '');
    }
    await sleep(100);
  }
  expect(answers.successes, 'queries that were answered').to.be.above(0);
  return answers;
}

/** By C-FIND, and each whole in its place. */
async function expectAllFound(server: TestServer, acknowledged: Acknowledged): Promise<void> {
  const client = await connectTo(server);
  await until(
    'queries are answered',
    async () => (await client.find('STUDY', imagesOf(1, 1))).status === 0,
    30_000,
  );
  for (const [series, instances] of acknowledged) {
    const found = await foundIn(client, 1, series);
    expect(found, `in series ${series}`).to.have.members(
      instances.map(({ sopInstanceUid }) => sopInstanceUid),
    );
  }
  await client.release();
  const uids = [...acknowledged.values()].flat().map(({ sopInstanceUid }) => sopInstanceUid);
  // A row is there before its file is in its place.
  await until('all are in their places', () => {
    const filed = filedPaths(server.volumeDir);
    return uids.every((uid) => filed.has(uid));
  });
  const paths = filedPaths(server.volumeDir);
  for (const { sopInstanceUid, sha256 } of [...acknowledged.values()].flat()) {
    expect(dataSetSha256Of(paths.get(sopInstanceUid) ?? ''), sopInstanceUid).to.equal(sha256);
  }
  const { status, stdout } = await server.run('verify');
  expect(stdout).to.match(/, 0 findings\n$/);
  expect(status).to.equal(0);
}
