import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { connectTo, foundIn, OPEN_TO_ALL, store, until, writeSiteFile } from './archive.ts';
import { ctInstance, type TestInstance } from './instances.ts';
import { isTraceWhole, readTrace, type SystemCall, traced } from './system-calls.ts';

const INSTANCES_PER_SENDER = 8;
const LARGE_BYTES = 32_000_000;

/** An instance, and the association on which it was sent. */
interface Sent {
  instance: TestInstance;
  /** As strace writes the connection: its end at our side. */
  clientPort: number;
  /** Among the instances of its association. */
  index: number;
}

/** What the kernel was asked to do, in which order: the promise of C-STORE-RSP 0000H can be seen nowhere else. */
describe('Accepting and filing, by the system calls (storage/FORMAT.md)', function () {
  this.timeout(300_000);
  let dataDir = '';
  let calls: SystemCall[] = [];
  const sent: Sent[] = [];

  before(async () => {
    dataDir = temporaryFolder('durability');
    const file = join(dataDir, 'trace');
    // The least that there is, so that an instance which a test can hold is large.
    const DICOMKEEP_CONFIG = writeSiteFile(dataDir, { storage: { rollingSyncBytes: 1_048_576 } });
    const server = await startServer({
      dataDir,
      env: { ...OPEN_TO_ALL, DICOMKEEP_CONFIG },
      wrapper: traced(file),
    });
    sent.push(...(await sendFromTwo(server)));
    const client = await connectTo(server);
    const found = await foundIn(client, 1, 1);
    await client.release();
    expect(await server.stop(), 'exit status').to.equal(0);
    await until('the trace is whole', () => isTraceWhole(file, server.pid));
    calls = readTrace(file);
    expect(found).to.have.lengthOf(INSTANCES_PER_SENDER);
  });
  after(() => removeFolder(dataDir));

  it('writes C-STORE-RSP after one fdatasync of the instance, and that after its last byte', () => {
    for (const { instance, clientPort, index } of sent.filter(isSmall)) {
      const file = incomingFileOf(instance);
      const writes = callsOn(file, /^pwrite/);
      const syncs = callsOn(file, /sync$/);
      const response = responsesTo(clientPort)[index];

      expect(syncs, instance.sopInstanceUid).to.have.lengthOf(1);
      expect(syncs[0]?.name).to.equal('fdatasync');
      expect(sum(writes), 'bytes written').to.be.above(instance.dataSet.length);
      expectOrder([...writes], syncs[0]);
      expectOrder([syncs[0]], response);
    }
  });

  it('syncs a large instance on its way as well, and at the end after the last byte', () => {
    const large = sent.filter((one) => !isSmall(one));
    for (const { instance, clientPort, index } of large) {
      const file = incomingFileOf(instance);
      const writes = callsOn(file, /^pwrite/);
      const syncs = callsOn(file, /sync$/);
      const last = syncs.at(-1);
      const between = writes.filter((write) => write.startedAt > (syncs.at(-2)?.startedAt ?? 0));

      expect(syncs).to.have.length.above(2);
      expect(sum(between), 'bytes left to the last sync').to.be.below(LARGE_BYTES / 2);
      expectOrder([...writes, ...syncs.slice(0, -1)], last);
      expectOrder([last], responsesTo(clientPort)[index]);
    }
    expect(large).to.have.lengthOf(2);
  });

  it('syncs the folder before it uses a file in it', () => {
    for (const { instance } of sent) {
      const file = incomingFileOf(instance);
      const created = calls.find(({ name, text }) => name === 'openat' && text.includes(`"${file}", O_`));
      const firstWrite = callsOn(file, /^pwrite/)[0];
      const folderSync = callsOn(dirname(file), /^fsync$/).find(
        (sync) =>
          sync.startedAt > (created?.endedAt ?? Infinity) && sync.endedAt < (firstWrite?.startedAt ?? 0),
      );

      expect(folderSync, `fsync of ${dirname(file)} between creation and first write`).to.not.equal(
        undefined,
      );
    }
  });

  it('renames an instance after the catalogue is on disk, and then syncs both folders', () => {
    const catalogSyncs = calls.filter(
      ({ name, target }) => /sync$/.test(name) && target.startsWith(join(dataDir, 'catalog.sqlite')),
    );
    for (const { instance } of sent) {
      const rename = renameOf(instance);
      const accepted = callsOn(incomingFileOf(instance), /sync$/).at(-1);
      const catalogSync = catalogSyncs.find(
        (sync) => sync.startedAt > (accepted?.endedAt ?? Infinity) && sync.endedAt < rename.startedAt,
      );
      const [from, to] = pathsOf(rename);

      expect(catalogSync, 'sync of the catalogue between acceptance and rename').to.not.equal(undefined);
      for (const folder of [dirname(from), dirname(to)]) {
        const folderSyncs = callsOn(folder, /^fsync$/).filter((sync) => sync.startedAt > rename.endedAt);
        expect(folderSyncs, `fsync of ${folder} after the rename`).to.not.have.lengthOf(0);
      }
    }
  });

  it('syncs the folders above a new one', () => {
    const { studyInstanceUid, seriesInstanceUid } =
      sent[0]?.instance ?? ctInstance({ study: 0, series: 0, number: 0 }, 0);
    const [, to] = pathsOf(renameOf(sent[0]?.instance));
    const week = dirname(dirname(dirname(to)));

    expect(to).to.include(join(studyInstanceUid, seriesInstanceUid));
    for (const folder of [join(week, studyInstanceUid), week, dirname(week)]) {
      expect(callsOn(folder, /^fsync$/), `fsync of ${folder}`).to.not.have.lengthOf(0);
    }
  });

  function renameOf(instance: TestInstance | undefined): SystemCall {
    const name = `${instance?.sopInstanceUid}.dcm"`;
    const rename = calls.find((call) => call.name.startsWith('rename') && call.text.endsWith(name));
    if (rename === undefined) throw new Error(`${name} was not renamed`);
    return rename;
  }

  function incomingFileOf(instance: TestInstance): string {
    return pathsOf(renameOf(instance))[0];
  }

  function callsOn(path: string, name: RegExp): SystemCall[] {
    return calls.filter((call) => call.target === path && name.test(call.name));
  }

  /** What was written to a client but the answer to its association request, which is the first. */
  function responsesTo(clientPort: number): SystemCall[] {
    const writes = calls.filter(
      ({ name, target }) => /^writev?$/.test(name) && target.endsWith(`:${clientPort}]`),
    );
    return writes.slice(1);
  }
});

/** Two associations at once; each ends with a large instance. */
async function sendFromTwo(server: TestServer): Promise<Sent[]> {
  const sendFrom = async (series: number) => {
    const client = await connectTo(server);
    const clientPort = client.socket.localPort ?? 0;
    const sent: Sent[] = [];
    for (let index = 0; index < INSTANCES_PER_SENDER; index++) {
      const isLast = index === INSTANCES_PER_SENDER - 1;
      const place = { study: 1, series, number: index + 1 };
      const instance = ctInstance(place, isLast ? LARGE_BYTES : 20_000 + index * 100_000);
      const { status } = await store(client, instance);
      expect(status).to.equal(0);
      sent.push({ instance, clientPort, index });
    }
    await client.release();
    return sent;
  };
  return (await Promise.all([sendFrom(1), sendFrom(2)])).flat();
}

function isSmall({ instance }: Sent): boolean {
  return instance.dataSet.length < LARGE_BYTES;
}

/** Everything of `before` had ended when `after` began. */
function expectOrder(before: readonly (SystemCall | undefined)[], after: SystemCall | undefined): void {
  for (const call of before) {
    expect(call?.endedAt, `end of ${call?.name} before the start of ${after?.name}`).to.be.below(
      after?.startedAt ?? -1,
    );
  }
}

function sum(writes: readonly SystemCall[]): number {
  return writes.reduce((total, write) => total + write.result, 0);
}

/** From and to. */
function pathsOf(rename: SystemCall): [string, string] {
  const [from = '', to = ''] = Array.from(rename.text.matchAll(/"([^"]+)"/g), (match) => match[1]);
  return [from, to];
}
