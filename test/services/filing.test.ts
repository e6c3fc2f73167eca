import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { ArrivalOutcome, InstanceArrival } from '../../src/catalog/catalog.ts';
import { type Catalog, openCatalog } from '../../src/catalog/catalog.ts';
import { explicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import { Filer } from '../../src/services/filing.ts';
import { type AcceptedInstance, BatchFiler } from '../../src/services/filing-batch.ts';
import { readHeader } from '../../src/services/recovery.ts';
import { StorageService } from '../../src/services/storage.ts';
import { isoWeekOf } from '../../src/storage/week.ts';
import { refusalOf } from '../storage/problems.ts';
import { ctDataSet, encoded, headerTags, memoryLog, type TestVolume, testVolume } from './fixtures.ts';

/** Answers as the catalogue does, from a map; can be made to fail. */
class FakeCatalog {
  readonly batches: InstanceArrival[][] = [];
  readonly current = new Map<string, string>();
  beforeSync: () => Promise<void> = async () => undefined;
  failWith: (arrivals: readonly InstanceArrival[]) => unknown = () => undefined;

  readonly instances = {
    indexUnsynced: async (arrivals: readonly InstanceArrival[]): Promise<{ outcomes: ArrivalOutcome[] }> => {
      await wait(1);
      const error = this.failWith(arrivals);
      if (error !== undefined) throw error;
      this.batches.push([...arrivals]);
      return { outcomes: arrivals.map((arrival) => this.#outcomeOf(arrival)) };
    },
    synced: (): Promise<void> => this.beforeSync(),
  };

  #outcomeOf({ sopInstanceUid, sha256 }: InstanceArrival): ArrivalOutcome {
    const currentSha256 = this.current.get(sopInstanceUid);
    this.current.set(sopInstanceUid, currentSha256 ?? sha256);
    if (currentSha256 === undefined) return { outcome: 'filed' };
    return currentSha256 === sha256 ? { outcome: 'duplicate' } : { outcome: 'conflict', currentSha256 };
  }

  get order(): string[] {
    return this.batches.flat().map(({ sopInstanceUid }) => sopInstanceUid);
  }
}

const unavailable = () => new Problem('catalog-unavailable', 'the database does not answer');

describe('Filer', () => {
  let place: TestVolume;
  let catalog: FakeCatalog;
  let filer: Filer;
  let log: ReturnType<typeof memoryLog>;

  beforeEach(async () => {
    place = await testVolume();
    catalog = new FakeCatalog();
    log = memoryLog();
    filer = newFiler(catalog as unknown as Catalog);
  });
  afterEach(async () => {
    await filer.stop();
    await place.remove();
  });

  function newFiler(
    of: Catalog,
    bounds: { batchInstancesMax?: number; incomingInstancesMax?: number; incomingBytesMax?: number } = {},
  ) {
    const batchFiler = new BatchFiler({
      catalog: of,
      files: place.files,
      log,
      readHeader: ({ name, dataSetOffset, transferSyntaxUid, proof: { sizeBytes } }) =>
        readHeader(
          place.files.incomingPathOf(name),
          { dataSetOffset, sizeBytes, transferSyntaxUid },
          headerTags,
        ),
    });
    return new Filer({
      batchFiler,
      log,
      batchInstancesMax: 10,
      incomingInstancesMax: 1000,
      incomingBytesMax: 1e9,
      ...bounds,
    });
  }

  /** Stores instances through the service, as an association does; what was accepted is added to `to`. */
  async function store(
    number: number,
    description = '',
    to: Pick<Filer, 'add' | 'admit'> = filer,
  ): Promise<void> {
    const sink = new StorageService({
      incoming: place.incoming,
      filer: to as Filer,
      keptTags: headerTags,
    }).begin({
      affectedSopClassUid: uids.CTImageStorage,
      affectedSopInstanceUid: `1.2.1.1.${number}`,
      transferSyntaxUid: explicitVrLittleEndian.uid,
      callingAeTitle: 'CT1',
      callingAddress: '192.0.2.7',
    });
    sink.write(encoded(ctDataSet(1, 1, number, { SeriesDescription: description })));
    await sink.end();
  }

  /** Accepted and not given to any filer. */
  async function accepted(number: number, description = ''): Promise<AcceptedInstance> {
    const taken: AcceptedInstance[] = [];
    await store(number, description, { add: (one) => taken.push(one), admit: async () => undefined });
    const [one] = taken;
    if (one === undefined) throw new Error('nothing was accepted');
    return one;
  }

  /** Files of the volume without those that are open ahead, by their paths. */
  function tree(): string[] {
    const names = readdirSync(place.path, { recursive: true, withFileTypes: true });
    const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const filled = paths.filter((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0);
    return filled
      .map((path) => path.slice(place.path.length + 1))
      .filter((path) => path !== 'dicomkeep-volume.json')
      .sort();
  }

  const pathOf = (accepted: AcceptedInstance) => place.files.incomingPathOf(accepted.name);

  it('files what was accepted: a row, and the file in its place', async () => {
    filer.start([]);
    await store(1);
    await store(2);

    await filer.settled();

    expect(catalog.order).to.deep.equal(['1.2.1.1.1', '1.2.1.1.2']);
    expect(catalog.batches.flat()[0]).to.deep.include({
      sourceAeTitle: 'CT1',
      studyInstanceUid: '1.2.1',
      seriesInstanceUid: '1.2.1.1',
    });
    expect(catalog.batches.flat()[0]?.attributes['00100010']).to.deep.equal({
      vr: 'PN',
      Value: [{ Alphabetic: 'Doe^1' }],
    });
    expect(tree().map((path) => path.replace(/^\d{4}-W\d\d/, 'week'))).to.deep.equal([
      'week/1.2.1/1.2.1.1/1.2.1.1.1.dcm',
      'week/1.2.1/1.2.1.1/1.2.1.1.2.dcm',
    ]);
    expect([filer.backlogInstances, filer.backlogBytes]).to.deep.equal([0, 0]);
  });

  it('files by itself within a moment, many at a time, in their order', async () => {
    filer.start([]);
    for (let number = 1; number <= 25; number++) await store(number);
    while (filer.backlogInstances > 0) await wait(10);

    expect(catalog.order).to.deep.equal(Array.from({ length: 25 }, (_, index) => `1.2.1.1.${index + 1}`));
    expect(Math.max(...catalog.batches.map(({ length }) => length))).to.be.within(5, 10);
  });

  it('files what an earlier run has left before all that came since', async () => {
    const left = [await accepted(1), { ...(await accepted(2)), header: undefined }];
    await store(3);

    filer.start(left);
    await filer.settled();

    expect(catalog.order).to.deep.equal(['1.2.1.1.1', '1.2.1.1.2', '1.2.1.1.3']);
    expect(catalog.batches.flat()[1]?.attributes['00100020'], 'read from the file again').to.deep.equal({
      vr: 'LO',
      Value: ['P1'],
    });
  });

  it('is settled only when recovery is over and what it found is filed', async () => {
    const left = await accepted(1);
    let isSettled = false;
    const settled = filer.settled().then(() => {
      isSettled = true;
    });
    await wait(20);
    expect(isSettled).to.equal(false);

    filer.start([left]);
    await settled;

    expect(catalog.order).to.deep.equal(['1.2.1.1.1']);
  });

  it('is indexed for a query when the rows are there; files follow when senders rest', async () => {
    filer.start([]);
    for (let number = 1; number <= 25; number++) await store(number);

    await filer.indexed();

    expect(catalog.order).to.have.length(25);
    expect(filer.backlogInstances).to.equal(25);
    expect(filer.queued('1.2.1.1.1')?.identity.sopInstanceUid).to.equal('1.2.1.1.1');
    expect(tree().filter((path) => !path.startsWith('incoming/'))).to.deep.equal([]);

    while (filer.backlogInstances > 0) await wait(10);

    expect(tree().filter((path) => path.startsWith('incoming/'))).to.deep.equal([]);
    expect(filer.queued('1.2.1.1.1')).to.equal(undefined);
    expect(catalog.order, 'none was indexed twice').to.have.length(25);
  });

  it('answers a query while files are on their way to their places', async () => {
    let place: () => void = () => undefined;
    const placing = new Promise<void>((resolve) => {
      place = resolve;
    });
    catalog.beforeSync = () => placing;
    filer.start([]);
    await store(1);
    const settled = filer.settled();
    await filer.indexed();
    await store(2);

    await filer.indexed();

    expect(catalog.order).to.deep.equal(['1.2.1.1.1', '1.2.1.1.2']);
    expect(filer.backlogInstances).to.equal(2);
    place();
    await settled;
  });

  it('moves no file whose row is not durable', async () => {
    const unavailableSync = () => Promise.reject(unavailable());
    catalog.beforeSync = unavailableSync;
    filer.start([]);
    await store(1);

    expect(await refusalOf(filer.settled())).to.equal('catalog-unavailable: the database does not answer');
    expect(tree()[0]).to.match(/^incoming\//);
    expect(filer.failure?.code).to.equal('catalog-unavailable');

    catalog.beforeSync = async () => undefined;
    await filer.settled();

    expect(tree()[0]).to.match(/1\.2\.1\.1\.1\.dcm$/);
    expect(filer.failure).to.equal(undefined);
  });

  it('lets queries see what is indexed while the volume is away, and files it when that is back', async () => {
    catalog.beforeSync = () => Promise.reject(new Problem('volume-offline', 'not mounted'));
    filer.start([]);
    await store(1);

    await filer.indexed();
    expect(await refusalOf(filer.settled())).to.equal('volume-offline: not mounted');
    await store(2);
    await filer.indexed();

    expect(catalog.order).to.deep.equal(['1.2.1.1.1', '1.2.1.1.2']);
    catalog.beforeSync = async () => undefined;
    while (filer.backlogInstances > 0) await wait(10);
    expect(filer.failure).to.equal(undefined);
  });

  it('tries again when the catalogue is back, and loses nothing', async () => {
    catalog.failWith = unavailable;
    filer.start([]);
    await store(1);

    expect(await refusalOf(filer.settled())).to.equal('catalog-unavailable: the database does not answer');
    expect(filer.failure?.code).to.equal('catalog-unavailable');
    expect(filer.backlogInstances).to.equal(1);
    expect(tree()[0]).to.match(/^incoming\//);

    catalog.failWith = () => undefined;
    await filer.settled();

    expect(filer.failure).to.equal(undefined);
    expect(tree()[0]).to.match(/1\.2\.1\.1\.1\.dcm$/);
    const lines = log.lines.map(({ level, message }) => `${level} ${message}`);
    expect(lines).to.deep.equal(['error filing waits', 'info filing goes on']);
  });

  it('tries again by itself, and says the same words once', async () => {
    let attempts = 0;
    catalog.failWith = () => (++attempts < 3 ? unavailable() : undefined);
    filer.start([]);
    await store(1);

    while (filer.backlogInstances > 0) await wait(10);

    expect(attempts).to.equal(3);
    expect(log.lines.filter(({ message }) => message === 'filing waits')).to.have.length(1);
  });

  it('leaves out the one instance on which the catalogue chokes, and names it', async () => {
    catalog.failWith = (arrivals) =>
      arrivals.some(({ sopInstanceUid }) => sopInstanceUid === '1.2.1.1.2')
        ? new Error('Incorrect string value')
        : undefined;
    const poison = await accepted(2);
    filer.start([await accepted(1), poison, await accepted(3)]);

    await filer.settled();

    expect(catalog.order).to.deep.equal(['1.2.1.1.1', '1.2.1.1.3']);
    expect(log.lines).to.deep.equal([
      {
        level: 'error',
        message: 'instance not filed, it stays in incoming',
        fields: { file: poison.name, reason: 'Incorrect string value' },
      },
    ]);
    expect(existsSync(pathOf(poison))).to.equal(true);
  });

  it('files the others when a file is gone, or can no longer be read', async () => {
    const gone = await accepted(1);
    const goneUnread = { ...(await accepted(2)), header: undefined };
    unlinkSync(pathOf(gone));
    unlinkSync(pathOf(goneUnread));
    filer.start([gone, goneUnread, await accepted(3)]);

    await filer.settled();

    expect(tree().map((path) => path.slice(-13))).to.deep.equal(['1.2.1.1.3.dcm']);
    const named = log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['file']);
    expect(named).to.have.members([gone.name, goneUnread.name]);
  });

  it('waits while the volume is away, whatever the reason', async () => {
    filer.start([]);
    await store(1);
    const folder = join(place.path, isoWeekOf(Date.now()));
    mkdirSync(folder, { recursive: true });
    const blocked = join(folder, '1.2.1');
    writeFileSync(blocked, 'in the place of a folder');

    expect(await refusalOf(filer.settled())).to.match(/^volume-offline/);
    expect(filer.backlogInstances).to.equal(1);
    unlinkSync(blocked);
    catalog.current.clear(); // the real one knows its own row again

    await filer.settled();
    expect(tree()).to.have.length(1);
  });

  it('lets senders wait at its bounds, and go on when there is room', async () => {
    filer = newFiler(catalog as unknown as Catalog, { incomingInstancesMax: 2 });
    await store(1);
    await store(2);
    let isAdmitted = false;
    const third = store(3).then(() => {
      isAdmitted = true;
    });
    await wait(30);
    expect(isAdmitted).to.equal(false);

    filer.start([]);
    await third;
    await filer.settled();

    expect(catalog.order).to.have.length(3);
  });

  it('counts bytes too', async () => {
    filer = newFiler(catalog as unknown as Catalog, { incomingBytesMax: 1000 });
    await filer.admit();
    await store(1);
    expect(filer.backlogBytes).to.be.within(600, 1000);
    await filer.admit();
    await store(2);

    let isAdmitted = false;
    void filer.admit().then(() => {
      isAdmitted = true;
    });
    await wait(10);
    expect(isAdmitted).to.equal(false);
    filer.start([]);
    while (!isAdmitted) await wait(5);
  });

  it('refuses at its bounds while nothing can be filed, also those who wait already', async () => {
    filer = newFiler(catalog as unknown as Catalog, { incomingInstancesMax: 1 });
    await store(1);
    const waiting = refusalOf(filer.admit());
    catalog.failWith = unavailable;
    filer.start([]);

    const words = 'backlog-full: 1 instances wait to be filed: the database does not answer';
    expect(await waiting).to.equal(words);
    expect(await refusalOf(filer.admit())).to.equal(words);
  });

  it('files what it can when it stops', async () => {
    filer.start([]);
    await store(1);

    await filer.stop();

    expect(catalog.order).to.deep.equal(['1.2.1.1.1']);
  });

  it('stops also while nothing can be filed', async () => {
    catalog.failWith = unavailable;
    filer.start([]);
    await store(1);

    await filer.stop();

    expect(filer.backlogInstances).to.equal(1);
  });
});

describe('Filer with a catalogue (DESIGN promise 4)', () => {
  let place: TestVolume;
  let folder = '';
  let catalog: Catalog;
  let filer: Filer;
  let log: ReturnType<typeof memoryLog>;

  beforeEach(async () => {
    place = await testVolume();
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-catalog-'));
    catalog = await openCatalog({ url: `sqlite:${join(folder, 'catalog.db')}` });
    await catalog.migrate();
    log = memoryLog();
    const readNothing = () => Promise.reject(new Error('not needed'));
    filer = new Filer({
      batchFiler: new BatchFiler({ catalog, files: place.files, log, readHeader: readNothing }),
      log,
      batchInstancesMax: 100,
      incomingInstancesMax: 1000,
      incomingBytesMax: 1e9,
    });
    filer.start([]);
  });
  afterEach(async () => {
    await filer.stop();
    await catalog.close();
    await place.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function store(description: string, arrivedAt?: number): Promise<void> {
    const add = (accepted: AcceptedInstance) =>
      filer.add({
        ...accepted,
        proof: { ...accepted.proof, arrivedAt: arrivedAt ?? accepted.proof.arrivedAt },
      });
    const to = { add, admit: () => filer.admit() } as Filer;
    const sink = new StorageService({ incoming: place.incoming, filer: to, keptTags: headerTags }).begin({
      affectedSopClassUid: uids.CTImageStorage,
      affectedSopInstanceUid: '1.2.1.1.1',
      transferSyntaxUid: explicitVrLittleEndian.uid,
      callingAeTitle: 'CT1',
      callingAddress: '192.0.2.7',
    });
    sink.write(encoded(ctDataSet(1, 1, 1, { SeriesDescription: description })));
    await sink.end();
  }

  const count = (folderName: string) => {
    const path = join(place.path, folderName);
    if (!existsSync(path)) return 0;
    return readdirSync(path, { recursive: true }).filter((name) => String(name).endsWith('.dcm')).length;
  };

  async function currentDescription(): Promise<string> {
    const instance = await catalog.instances.findByUid('1.2.1.1.1');
    if (instance === undefined) throw new Error('not in the catalogue');
    return readFileSync(place.files.pathOf(instance), 'latin1').match(/version [a-z]/)?.[0] ?? '';
  }

  it('keeps one of the same bytes, however often and how fast they come', async () => {
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 5 }, () => store('version a', 1_795_000_000_000)));
      await filer.settled();
    }

    expect(await currentDescription()).to.equal('version a');
    expect(count('conflicts')).to.equal(0);
    expect(count('damaged'), 'nothing is damaged').to.equal(0);
    expect(log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('keeps every other version once beside the first, which stays current', async () => {
    for (const description of [
      'version a',
      'version b',
      'version b',
      'version c',
      'version a',
      'version b',
    ]) {
      await store(description);
      await filer.settled();
    }

    expect(await currentDescription()).to.equal('version a');
    expect(count('conflicts')).to.equal(2);
    expect(count('damaged'), 'nothing is damaged').to.equal(0);
    expect(log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('puts an instance that came again in the place of the first one where that is damaged or gone', async () => {
    await store('version a');
    await filer.settled();
    const instance = await catalog.instances.findByUid('1.2.1.1.1');
    if (instance === undefined) throw new Error('not in the catalogue');
    const path = place.files.pathOf(instance);
    const whole = readFileSync(path);
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 1] = 0xaa;

    writeFileSync(path, damaged);
    await store('version a');
    await filer.settled();

    expect(readFileSync(path).subarray(-300).equals(whole.subarray(-300))).to.equal(true);
    expect(count('damaged'), 'the damaged one is kept').to.equal(1);

    unlinkSync(path);
    await store('version a');
    await filer.settled();

    expect(await currentDescription()).to.equal('version a');
    expect(count('conflicts')).to.equal(0);
  });

  it('sets aside, and does not lose, what lies in the place of an instance unknown to the catalogue', async () => {
    const path = place.files.pathOf({
      week: isoWeekOf(Date.now()),
      studyInstanceUid: '1.2.1',
      seriesInstanceUid: '1.2.1.1',
      sopInstanceUid: '1.2.1.1.1',
    });
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'of somebody else');

    await store('version a');
    await filer.settled();

    expect(await currentDescription()).to.equal('version a');
    const [aside = ''] = readdirSync(join(place.path, 'damaged'));
    expect(readFileSync(join(place.path, 'damaged', aside), 'latin1')).to.equal('of somebody else');
  });
});
