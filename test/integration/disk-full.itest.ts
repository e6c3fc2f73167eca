import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { DimseClient } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { connectTo, foundIn, imagesOf, OPEN_TO_ALL, store, until, wholeStudy } from './archive.ts';
import { ctInstance, filesIn, type TestInstance } from './instances.ts';
import { SmallDisk } from './small-disk.ts';

const MEGABYTE = 1_000_000;

describe('A full disk (DESIGN promise 6)', function () {
  this.timeout(300_000);
  let disk: SmallDisk | undefined;
  let dataDir = '';
  let server: TestServer | undefined;

  beforeEach(() => {
    dataDir = temporaryFolder('disk-full');
  });
  afterEach(async () => {
    await server?.kill();
    server = undefined;
    disk?.unmount();
    disk = undefined;
    removeFolder(dataDir);
  });

  it('is answered with A700 in words, on an association that lives; what was acknowledged is whole', async function () {
    const volume = mount(this, 40);
    volume.fill(30 * MEGABYTE);
    server = await startOn({ DICOMKEEP_VOLUME_DIR: volume.path });
    const client = await connectTo(server);

    const { stored, refusal } = await storeUntilRefused(client, 1, 1);

    expect(refusal.status.toString(16)).to.equal('a700');
    expect(refusal.errorComment).to.match(/disk full/);
    expect((await client.echo()).status).to.equal(0);
    expect(await foundIn(client, 1, 1)).to.have.members(stored.map(({ sopInstanceUid }) => sopInstanceUid));
    await expectRetrievable(client, 1, stored);

    volume.relieve();
    const later = ctInstance({ study: 1, series: 1, number: 1000 }, MEGABYTE);

    await until('stores with space again', async () => (await store(client, later)).status === 0);
    await expectRetrievable(client, 1, [...stored, later]);
    await client.release();
  });

  it('that nobody foresaw, since another program fills it again and again, damages nothing of what fits', async function () {
    const volume = mount(this, 100);
    server = await startOn({ DICOMKEEP_VOLUME_DIR: volume.path });
    const client = await connectTo(server);
    const over = new AbortController();
    const statuses = new Set<string>();
    const sending = [1, 2, 3, 4].map(async (series) => {
      const sender = await connectTo({ port: server?.port ?? 0 });
      const stored: TestInstance[] = [];
      for (let number = 1; !over.signal.aborted; number++) {
        const instance = ctInstance({ study: 5, series, number }, 50_000);
        const { status, errorComment } = await store(sender, instance);
        statuses.add(`${status.toString(16)} ${errorComment ?? ''}`);
        if (status === 0) stored.push(instance);
        await sleep(10);
      }
      await sender.release();
      return stored;
    });
    for (let round = 0; round < 12 || (statuses.size < 2 && round < 60); round++) {
      await sleep(Math.random() * 400);
      volume.fill();
      await sleep(Math.random() * 40);
      volume.relieve();
    }
    over.abort();
    const stored = (await Promise.all(sending)).flat();

    expect([...statuses]).to.have.members(['0 ', 'a700 disk full']);
    expect(stored).to.have.length.above(20);
    await until(
      'queries are answered',
      async () => (await client.find('STUDY', imagesOf(5, 1))).status === 0,
    );
    await expectRetrievable(client, 5, stored);
    await client.release();
    const { stdout } = await server.run('verify');
    expect(stdout).to.match(/, 0 findings\n$/);
  });

  it('refuses some of four senders at once, and damages nothing of the others', async function () {
    const volume = mount(this, 40);
    server = await startOn({ DICOMKEEP_VOLUME_DIR: volume.path });
    const sentUntilFull = [1, 2, 3, 4].map(async (series) => {
      const client = await connectTo({ port: server?.port ?? 0 });
      const stored: TestInstance[] = [];
      // On and on, for what one is refused leaves room for another.
      for (let round = 0; round < 5; round++) {
        const result = await storeUntilRefused(client, 2, series, round * 1000);
        stored.push(...result.stored);
        expect(result.refusal.status.toString(16)).to.equal('a700');
      }
      await client.release();
      return stored;
    });

    const stored = (await Promise.all(sentUntilFull)).flat();

    volume.relieve();
    const client = await connectTo(server);
    await expectRetrievable(client, 2, stored);
    await client.release();
    const leftovers = filesIn(volume.path, 'incoming').filter((path) => statSync(path).size > 0);
    expect(leftovers, 'what was refused leaves nothing behind').to.deep.equal([]);
    const { status, stdout } = await server.run('verify');
    expect(stdout).to.match(/, 0 findings\n$/);
    expect(status).to.equal(0);
  });

  it('is not reached where a reserve is set: A700 says so', async function () {
    const volume = mount(this, 40);
    volume.fill(35 * MEGABYTE);
    const reserveBytes = 20 * MEGABYTE;
    server = await startOn({
      DICOMKEEP_VOLUME_DIR: volume.path,
      DICOMKEEP_RESERVE_BYTES: String(reserveBytes),
    });
    const client = await connectTo(server);
    expect((await store(client, ctInstance({ study: 3, series: 1, number: 1 }, MEGABYTE))).status).to.equal(
      0,
    );
    volume.fill(reserveBytes - MEGABYTE);

    const { refusal } = await storeUntilRefused(client, 3, 2);

    expect(refusal.status.toString(16)).to.equal('a700');
    expect(refusal.errorComment).to.match(/reserve of 20000000 bytes/);

    volume.relieve();
    const again = ctInstance({ study: 3, series: 3, number: 1 }, MEGABYTE);
    await until('stores again', async () => (await store(client, again)).status === 0);
    await client.release();
  });

  it('of the catalogue lets storing go on; queries fail in words until there is space', async function () {
    const catalogDisk = mount(this, 8);
    server = await startOn({
      DICOMKEEP_DATA_DIR: catalogDisk.path,
      DICOMKEEP_VOLUME_DIR: `${dataDir}/volume`,
    });
    const client = await connectTo(server);
    const stored: string[] = [];
    const storeOne = async () => {
      const instance = ctInstance({ study: 4, series: 1, number: stored.length + 1 }, 1000);
      const { status, errorComment } = await store(client, instance);
      expect(status, errorComment).to.equal(0);
      stored.push(instance.sopInstanceUid);
    };
    await storeOne();
    expect(await foundIn(client, 4, 1)).to.have.lengthOf(1);
    catalogDisk.fill();

    // The catalogue has some room in its files still.
    while (!server.log().includes('filing waits') && stored.length < 5000) await storeOne();
    for (let more = 0; more < 10; more++) await storeOne();
    const query = await client.find('STUDY', imagesOf(4, 1));

    expect(query.status.toString(16), 'of the query').to.equal('a700');
    expect(query.errorComment).to.match(/^catalogue: .*full/);
    expect(server.log()).to.match(/filing waits.*full/);
    expect(query.responses).to.deep.equal([]);

    catalogDisk.relieve();
    await until('filing goes on', () => server?.log().includes('filing goes on') ?? false);
    expect(await foundIn(client, 4, 1)).to.have.members(stored);
    await client.release();
  });

  function mount(test: Mocha.Context, megabytes: number): SmallDisk {
    disk = SmallDisk.mount(megabytes);
    if (disk === undefined) return test.skip();
    return disk;
  }

  async function startOn(env: Record<string, string>): Promise<TestServer> {
    return await startServer({ dataDir, env: { ...OPEN_TO_ALL, ...env } });
  }
});

/** Instances of up to two megabytes, until one is refused. */
async function storeUntilRefused(client: DimseClient, study: number, series: number, firstNumber = 1) {
  const stored: TestInstance[] = [];
  for (let number = firstNumber; number < firstNumber + 200; number++) {
    const instance = ctInstance({ study, series, number }, Math.floor(2 * MEGABYTE * Math.random()));
    const refusal = await store(client, instance);
    if (refusal.status !== 0) return { stored, refusal };
    stored.push(instance);
  }
  throw new Error('200 instances were stored');
}

/** By C-GET, byte for byte. */
async function expectRetrievable(
  client: DimseClient,
  study: number,
  stored: readonly TestInstance[],
): Promise<void> {
  const { status, errorComment, received } = await client.get('STUDY', wholeStudy(study));

  expect(status, errorComment).to.equal(0);
  expect(received.map(({ sha256 }) => sha256)).to.have.members(stored.map(({ sha256 }) => sha256));
}
