import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openCatalog } from '../../src/catalog/catalog.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { uids } from '../../src/dicom/uids.ts';
import { sha256Of } from '../helpers/corpus.ts';
import { AssociationRejected, contextsFor, DimseClient, identifierOf } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { settle } from '../helpers/settle.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';
import { conflictPaths, dataSetHashOf, filedPaths, leftovers } from '../helpers/volume.ts';
import { OPEN_TO_ALL, until, writeSiteFile } from './archive.ts';

const LARGE_BYTES = 100 * 1024 * 1024;
/** What the server may need more for a large instance than for a small one: its buffers, and what the engine leaves lying about. */
const LARGE_GROWTH_KIB_MAX = 32 * 1024;

describe('The storage service', () => {
  let server: TestServer;
  let client: DimseClient;
  before(async () => {
    server = await startServer({ env: OPEN_TO_ALL });
  });
  after(async () => {
    const code = await server.stop();
    removeFolder(server.dataDir);
    expect(code, 'exit status').to.equal(0);
    expect(server.log()).to.not.match(/ error bug /);
  });

  const classes = [uids.SecondaryCaptureImageStorage, uids.CTImageStorage];
  const contexts = contextsFor(
    classes.map((sopClass) => ({ sopClass, transferSyntax: uids.ExplicitVRLittleEndian })),
  );

  beforeEach(async () => {
    client = await DimseClient.connect({ port: server.port, contexts });
  });
  afterEach(async () => {
    await client.release();
  });

  function store({ sopClass, sopInstance, transferSyntax, dataSet }: StandIn, by: DimseClient = client) {
    return by.store(sopClass, sopInstance, transferSyntax, dataSet());
  }

  /** What a query at study level finds of a study, after everything is filed. */
  async function findStudy(studyInstanceUid: string | undefined) {
    const viewer = await DimseClient.connect({ port: server.port });
    const keys = {
      StudyInstanceUID: studyInstanceUid ?? '',
      PatientID: '',
      StudyDate: '',
      NumberOfStudyRelatedInstances: '',
    };
    const { status, responses } = await viewer.find(
      'STUDY',
      identifierOf({ QueryRetrieveLevel: 'STUDY', ...keys }),
    );
    await viewer.release();
    expect(status).to.equal(0x0000);
    return responses;
  }

  /** Hashes of the current file of an instance, and of those set aside, read from the disk. */
  async function versionsOf(sopInstance: string) {
    await settle(server);
    const hashesOf = (paths: string[]) =>
      paths.filter((path) => path.includes(sopInstance)).map((path) => dataSetHashOf(server.volumeDir, path));
    return {
      current: hashesOf(filedPaths(server.volumeDir)),
      aside: hashesOf(conflictPaths(server.volumeDir)).sort(),
    };
  }

  describe('refuses in words, and the association goes on', () => {
    const wrong: [what: string, instance: () => StandIn, status: number, words: RegExp][] = [
      [
        'a class other than the one announced',
        () => ({ ...makeInstance({ path: 'class' }), sopClass: uids.CTImageStorage }),
        0xa900,
        /class is Secondary Capture Image Storage, not the one announced/,
      ],
      [
        'an instance other than the one announced',
        () => ({
          ...makeInstance({ path: 'instance', with: { SOPInstanceUID: '2.25.31' } }),
          sopInstance: '2.25.32',
        }),
        0xa900,
        /instance is 2\.25\.31, not the one announced/,
      ],
      [
        'no Study Instance UID',
        () => makeInstance({ path: 'study', with: { StudyInstanceUID: null } }),
        0xa900,
        /no studyInstanceUid/i,
      ],
      [
        'no Series Instance UID',
        () => makeInstance({ path: 'series', with: { SeriesInstanceUID: '' } }),
        0xa900,
        /no seriesInstanceUid/i,
      ],
      [
        'a UID that would be a path',
        () => makeInstance({ path: 'path', with: { StudyInstanceUID: '../../../tmp/x' } }),
        0xa900,
        /is no UID/,
      ],
      [
        'a data set that is cut',
        () => makeInstance({ path: 'cut', change: (bytes) => bytes.subarray(0, -7) }),
        0xc000,
        /ends too early/,
      ],
      [
        'an empty data set',
        () => makeInstance({ path: 'empty', change: () => Buffer.alloc(0) }),
        0xc000,
        /empty/,
      ],
    ];
    for (const [what, instance, status, words] of wrong) {
      it(what, async () => {
        const answer = await store(instance());
        const next = await store(makeInstance({ path: 'next' }));

        expect(answer.status).to.equal(status);
        expect(answer.errorComment).to.match(words);
        expect(next.status).to.equal(0x0000);
        await settle(server);
        expect(leftovers(server.volumeDir)).to.deep.equal([]);
      });
    }
  });

  it('drops an instance whose sender goes away in its middle', async () => {
    await settle(server);
    const instance = makeInstance({ path: 'half', with: { SOPInstanceUID: '2.25.41' } });
    const leaver = await DimseClient.connect({ port: server.port, contexts });
    let isCommand = true;
    const sending = leaver.store(
      instance.sopClass,
      instance.sopInstance,
      instance.transferSyntax,
      instance.dataSet(),
      {
        cut(bytes) {
          if (isCommand) {
            isCommand = false;
            return [bytes];
          }
          setTimeout(() => leaver.socket.destroy(), 50);
          return [bytes.subarray(0, -100), ...new Array<Buffer>(1000).fill(Buffer.alloc(130_000))];
        },
      },
    );

    await sending.catch(() => undefined);
    await leaver.closed;

    await until('the half is gone', () => leftovers(server.volumeDir).length === 0);
    expect(await versionsOf('2.25.41')).to.deep.equal({ current: [], aside: [] });
  });

  it('stores what is odd and finds it: no Patient ID, long UIDs, bad dates', async () => {
    const odd = [
      makeInstance({ path: 'no ID', with: { PatientID: null, StudyInstanceUID: '2.25.51' } }),
      makeInstance({ path: 'long UID', with: { StudyInstanceUID: `2.25.${'5'.repeat(66)}` } }),
      makeInstance({ path: 'date', with: { StudyDate: '1.2.2026', StudyInstanceUID: '2.25.53' } }),
      makeInstance({ path: 'padding', with: { StudyInstanceUID: '2.25.54 ' } }),
    ];

    for (const instance of odd) expect((await store(instance)).status, instance.path).to.equal(0x0000);

    for (const { studyInstanceUid = '', path } of odd) {
      const [found] = await findStudy(studyInstanceUid.trim());
      expect(found?.uid(tags.StudyInstanceUID), path).to.equal(studyInstanceUid.trim());
    }
  });

  it('keeps the same data set once, however often it comes', async () => {
    const instance = makeInstance({ path: 'again', with: { SOPInstanceUID: '2.25.61' } });

    for (let time = 0; time < 3; time++) expect((await store(instance)).status).to.equal(0x0000);

    expect(await versionsOf('2.25.61')).to.deep.equal({ current: [sha256Of(instance.dataSet())], aside: [] });
  });

  it('keeps another data set of the same UID aside, with an event, and the first one current', async () => {
    const first = makeInstance({ path: 'first', with: { SOPInstanceUID: '2.25.62' } });
    const second = makeInstance({ path: 'second', with: { SOPInstanceUID: '2.25.62' } });

    for (const one of [first, second, second]) expect((await store(one)).status).to.equal(0x0000);

    expect(await versionsOf('2.25.62')).to.deep.equal({
      current: [sha256Of(first.dataSet())],
      aside: [sha256Of(second.dataSet())],
    });
    const catalog = await openCatalog({ url: `sqlite:${join(server.dataDir, 'catalog.sqlite')}` });
    const events = await catalog.events.list({ limit: 100 });
    await catalog.close();
    const ofInstance = events.filter(({ fields }) => fields['sopInstanceUid'] === '2.25.62');
    expect(ofInstance.map(({ kind }) => kind)).to.deep.equal(['instance-conflict']);
    expect(ofInstance[0]?.fields).to.include({
      sha256: sha256Of(second.dataSet()),
      caller: 'TESTSCU',
    });
  });

  it('leaves one intact copy current where ten senders send the same UID at once', async () => {
    const same = makeInstance({ path: 'same', with: { SOPInstanceUID: '2.25.63' } });
    const others = Array.from({ length: 9 }, () =>
      makeInstance({ path: 'other', with: { SOPInstanceUID: '2.25.64', StudyInstanceUID: '2.25.640' } }),
    );
    const senders = await Promise.all(
      Array.from({ length: 10 }, () => DimseClient.connect({ port: server.port, contexts })),
    );

    const ofSame = await Promise.all(senders.map((sender) => store(same, sender)));
    const ofOthers = await Promise.all(others.map((other, index) => store(other, senders[index])));

    await Promise.all(senders.map((sender) => sender.release()));
    expect([...ofSame, ...ofOthers].map(({ status }) => status)).to.deep.equal(new Array(19).fill(0));
    expect(await versionsOf('2.25.63')).to.deep.equal({ current: [sha256Of(same.dataSet())], aside: [] });
    const { current, aside } = await versionsOf('2.25.64');
    expect(current).to.have.lengthOf(1);
    expect([...current, ...aside].sort()).to.deep.equal(
      others.map(({ dataSet }) => sha256Of(dataSet())).sort(),
    );
    const [study] = await findStudy('2.25.640');
    expect(study?.number(tags.NumberOfStudyRelatedInstances)).to.equal(1);
  });

  it('takes command and data set in fragments of any size', async () => {
    const cuts: [name: string, cut: (bytes: Buffer) => Buffer[]][] = [
      ['one byte', (bytes) => piecesOf(bytes, () => 1)],
      ['seven bytes', (bytes) => piecesOf(bytes, () => 7)],
      ['any', (bytes) => piecesOf(bytes, (index) => (index * 37) % 101)],
      ['an empty one at the end', (bytes) => [bytes, Buffer.alloc(0)]],
    ];
    for (const [name, cut] of cuts) {
      const instance = makeInstance({ path: name });
      const { sopClass, sopInstance, transferSyntax } = instance;

      const { status } = await client.store(sopClass, sopInstance, transferSyntax, instance.dataSet(), {
        cut,
      });

      expect(status, name).to.equal(0x0000);
      expect((await versionsOf(sopInstance)).current, name).to.deep.equal([sha256Of(instance.dataSet())]);
    }
  });

  it('takes an instance of 100 MB in bounded memory', async () => {
    expect((await store(makeInstance({ path: 'small' }))).status).to.equal(0x0000);
    const before = peakMemoryKib(server.pid);
    const large = makeInstance({
      path: 'large',
      change: (bytes) => withPixelData(bytes, Buffer.alloc(LARGE_BYTES, 'pixel data')),
    });

    const { status } = await store(large);

    expect(status).to.equal(0x0000);
    expect(peakMemoryKib(server.pid) - before).to.be.below(LARGE_GROWTH_KIB_MAX);
    expect((await versionsOf(large.sopInstance)).current).to.deep.equal([sha256Of(large.dataSet())]);
  });
});

describe('The limit of associations', () => {
  const folder = temporaryFolder('limit');
  let server: TestServer;
  before(async () => {
    const config = writeSiteFile(folder, { dimse: { maximumAssociations: 2, unknownCallers: 'all' } });
    server = await startServer({ env: { DICOMKEEP_CONFIG: config } });
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  it('lets so many work at a time, turns the next away for now, and takes one when there is room again', async () => {
    const { port } = server;
    const first = await DimseClient.connect({ port });
    const second = await DimseClient.connect({ port });

    const rejection = await DimseClient.connect({ port }).catch((error: unknown) => error);

    // Rejected-transient, by the service provider (presentation): local-limit-exceeded — PS3.8 Table 9-21.
    expect(rejection).to.be.instanceOf(AssociationRejected);
    expect((rejection as AssociationRejected).reject).to.include({ result: 2, source: 3, reason: 2 });
    await until('it is logged', () => /association rejected .*local limit exceeded/.test(server.log()));
    expect(await Promise.all([first.echo(), second.echo()])).to.have.lengthOf(2);
    await first.release();
    const third = await connectInTime(port);
    expect((await third.echo()).status).to.equal(0x0000);
    await second.release();
    await third.release();
  });

  /** The end of one association and the beginning of the next may cross. */
  async function connectInTime(port: number): Promise<DimseClient> {
    let client: DimseClient | undefined;
    await until('there is room', async () => {
      client = await DimseClient.connect({ port }).catch(() => undefined);
      return client !== undefined;
    });
    if (client === undefined) throw new Error('no room');
    return client;
  }
});

function piecesOf(bytes: Buffer, sizeOf: (index: number) => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = Math.min(sizeOf(index), bytes.length - at);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** The same data set with other Pixel Data: its last element. */
function withPixelData(dataSet: Buffer, value: Buffer): Buffer {
  const start = dataSet.lastIndexOf(Buffer.from('e07f1000', 'hex'));
  const head = Buffer.from(dataSet.subarray(start, start + 12));
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([dataSet.subarray(0, start), head, value]);
}

/** The most memory that a process ever had resident, KiB. */
function peakMemoryKib(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]);
}
