import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { type DimseClient, identifierOf } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { settle } from '../helpers/settle.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { connectTo, foundIn, OPEN_TO_ALL, store, until } from './archive.ts';
import { ctInstance } from './instances.ts';

const MARKER = 'dicomkeep-volume.json';
/** One look at the marker holds good for a quarter of a second. */
const NOTICED_WITHIN_MS = atMost(2000);

describe('A volume that is not there (DESIGN promise 7)', function () {
  this.timeout(300_000);
  let dataDir = '';
  let server: TestServer | undefined;
  let count = 0;

  beforeEach(() => {
    dataDir = temporaryFolder('volume');
  });
  afterEach(async () => {
    await server?.kill();
    server = undefined;
    removeFolder(dataDir);
  });

  it('is answered with A700 in words while its marker is gone, and found OFFLINE; all is well when it is back', async () => {
    server = await startServer({ dataDir, env: OPEN_TO_ALL });
    const client = await connectTo(server);
    await expectStored(client);
    expect(await availability(client)).to.equal('ONLINE');
    const marker = join(server.volumeDir, MARKER);
    renameSync(marker, `${marker}.away`);
    await until('is noticed', async () => (await availability(client)) === 'OFFLINE', NOTICED_WITHIN_MS);

    const { status, errorComment } = await storeNext(client);
    const availabilityMeanwhile = await availability(client);

    expect(status.toString(16)).to.equal('a700');
    expect(errorComment).to.match(/volume marker missing/);
    expect(availabilityMeanwhile).to.equal('OFFLINE');

    renameSync(`${marker}.away`, marker);
    await until('stores again', async () => (await storeNext(client)).status === 0, NOTICED_WITHIN_MS);
    expect(await availability(client)).to.equal('ONLINE');
    await client.release();
  });

  it('is refused in words when the marker of another volume stands in its place', async () => {
    server = await startServer({ dataDir, env: OPEN_TO_ALL });
    const client = await connectTo(server);
    await expectStored(client);
    const marker = join(server.volumeDir, MARKER);
    const ours = readFileSync(marker, 'utf8');
    writeFileSync(marker, ours.replace(/"id": "[^"]+"/, '"id": "00000000-0000-4000-8000-000000000000"'));
    await until('refuses', async () => (await storeNext(client)).status !== 0, NOTICED_WITHIN_MS);

    const { status, errorComment } = await storeNext(client);

    expect(status.toString(16)).to.equal('a700');
    expect(errorComment).to.match(/is another volume/);

    writeFileSync(marker, ours);
    await until('stores again', async () => (await storeNext(client)).status === 0, NOTICED_WITHIN_MS);
    await client.release();
  });

  it('at the start is waited for: A700, nothing written into the empty folder, alive when it is mounted', async () => {
    const first = await startServer({ dataDir, env: OPEN_TO_ALL });
    const before = await connectTo(first);
    const uid = await expectStored(before);
    await before.release();
    await first.stop();
    renameSync(first.volumeDir, `${first.volumeDir}.away`);
    mkdirSync(first.volumeDir);
    server = await startServer({ dataDir, env: OPEN_TO_ALL });
    const client = await connectTo(server);

    const { status, errorComment } = await storeNext(client);
    const startedAt = performance.now();
    const query = await client.find(
      'STUDY',
      identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '' }),
    );
    const tookMs = performance.now() - startedAt;

    expect(status.toString(16)).to.equal('a700');
    expect(errorComment).to.match(/volume marker missing/);
    expect((await client.echo()).status).to.equal(0);
    // What an earlier run has accepted and not filed lies on the volume: an answer would not be all.
    expect(query.status.toString(16)).to.equal('a700');
    expect(query.errorComment).to.match(/volume marker missing/);
    expect(tookMs).to.be.below(NOTICED_WITHIN_MS);
    expect(readdirSync(server.volumeDir)).to.deep.equal([]);

    rmSync(server.volumeDir, { recursive: true });
    renameSync(`${server.volumeDir}.away`, server.volumeDir);
    await until('stores again', async () => (await storeNext(client)).status === 0, 2 * NOTICED_WITHIN_MS);
    await until(
      'answers queries',
      async () => (await availability(client)) === 'ONLINE',
      2 * NOTICED_WITHIN_MS,
    );
    expect(await foundIn(client, 1, 1)).to.include(uid);
    await client.release();
  });

  it('while instances wait to be filed is not filled with new folders', async () => {
    server = await startServer({ dataDir, env: OPEN_TO_ALL });
    const client = await connectTo(server);
    await expectStored(client);
    await settle(server);
    const { volumeDir } = server;
    const waits = () => server?.log().includes('filing waits') ?? false;
    const backAgain = () => {
      rmSync(volumeDir, { recursive: true });
      renameSync(`${volumeDir}.away`, volumeDir);
    };
    let number = 0;
    // Accepted at once before the disk goes, which nothing has filed yet, most times.
    for (let isWaiting = false; !isWaiting; ) {
      if (number > 0) backAgain();
      number += 1;
      await until('stores', async () => {
        const accepted = await store(client, ctInstance({ study: 2, series: 1, number }, 1000));
        return accepted.status === 0;
      });
      renameSync(volumeDir, `${volumeDir}.away`);
      mkdirSync(volumeDir);
      isWaiting = await until('filing waits', waits, 3000).then(
        () => true,
        () => false,
      );
      expect(number, 'tries').to.be.below(10);
    }

    expect(readdirSync(volumeDir)).to.deep.equal([]);

    backAgain();
    await until('filing goes on', () => server?.log().includes('filing goes on') ?? false);
    const uids = Array.from(
      { length: number },
      (_, index) => ctInstance({ study: 2, series: 1, number: index + 1 }, 0).sopInstanceUid,
    );
    expect(await foundIn(client, 2, 1)).to.have.members(uids);
    await client.release();
  });

  it('is served by one server: a second one says so and ends, also where it goes there by another path', async () => {
    server = await startServer({ dataDir, env: OPEN_TO_ALL });
    const otherPath = join(dataDir, 'link');
    symlinkSync(server.volumeDir, otherPath);
    for (const DICOMKEEP_VOLUME_DIR of [server.volumeDir, otherPath]) {
      const otherDataDir = temporaryFolder('second');
      const second = await startServer({ dataDir: otherDataDir, env: { DICOMKEEP_VOLUME_DIR } }).then(
        async (started) => {
          await started.kill();
          return 'started';
        },
        (error: unknown) => String(error),
      );
      removeFolder(otherDataDir);

      expect(second).to.match(/cannot start .*another dicomkeep serves the volume/);
    }
    const client = await connectTo(server);
    await expectStored(client);
    await client.release();
    expect(existsSync(join(server.volumeDir, MARKER))).to.equal(true);
  });

  it('may have a long path', async () => {
    const volumeDir = join(dataDir, 'a-folder-with-a-long-name/'.repeat(8));
    mkdirSync(volumeDir, { recursive: true });
    server = await startServer({ dataDir, env: { ...OPEN_TO_ALL, DICOMKEEP_VOLUME_DIR: volumeDir } });
    const client = await connectTo(server);

    await expectStored(client);

    await client.release();
  });

  async function storeNext(client: DimseClient) {
    count += 1;
    return await store(client, ctInstance({ study: 1, series: 1, number: count }, 10_000));
  }

  /** @returns the SOP Instance UID */
  async function expectStored(client: DimseClient): Promise<string> {
    const { status, errorComment } = await storeNext(client);
    expect(status, errorComment).to.equal(0);
    return ctInstance({ study: 1, series: 1, number: count }, 0).sopInstanceUid;
  }
});

/** Instance Availability (0008,0056) of the study. */
async function availability(client: DimseClient): Promise<string | undefined> {
  const keys = { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '', InstanceAvailability: '' };
  const { responses } = await client.find('STUDY', identifierOf(keys));
  return responses[0]?.text(tags.InstanceAvailability);
}
