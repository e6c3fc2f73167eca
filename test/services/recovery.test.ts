import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { type Catalog, openCatalog } from '../../src/catalog/catalog.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { encodeFileMeta, writeProof } from '../../src/dicom/file-meta.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Filer } from '../../src/services/filing.ts';
import { BatchFiler } from '../../src/services/filing-batch.ts';
import { verifyVolume } from '../../src/services/integrity.ts';
import { readHeader, recover } from '../../src/services/recovery.ts';
import { reindexVolume } from '../../src/services/reindexing.ts';
import { dumpRows } from '../helpers/catalog-engines.ts';
import { refusalOf } from '../storage/problems.ts';
import {
  ctDataSet,
  encoded,
  headerTags,
  memoryLog,
  sha256Of,
  type TestVolume,
  testVolume,
} from './fixtures.ts';

const FIRST_AT = Date.parse('2026-11-21T12:00:00Z');

/** An instance file as the archive writes it. */
function instanceFile(
  dataSet: Buffer,
  arrivedAt: number,
  { sopInstanceUid = '1.2.1.1.1', transferSyntaxUid = uids.ExplicitVRLittleEndian as string } = {},
): Buffer {
  const meta = { sopClassUid: uids.CTImageStorage, sopInstanceUid, transferSyntaxUid, sourceAeTitle: 'CT1' };
  const fileMeta = encodeFileMeta(meta);
  writeProof(fileMeta, {
    sizeBytes: dataSet.length,
    sha256: sha256Of(dataSet),
    arrivedAt,
    sourceAeTitle: 'CT1',
    sourceAddress: '192.0.2.7',
  });
  return Buffer.concat([fileMeta, dataSet]);
}

describe('recover (storage/FORMAT.md, Recovery)', () => {
  let place: TestVolume;
  let log: ReturnType<typeof memoryLog>;
  const dataSet = encoded(ctDataSet(1, 1, 1));
  const whole = instanceFile(dataSet, FIRST_AT);

  beforeEach(async () => {
    place = await testVolume();
    mkdirSync(join(place.path, 'incoming'));
    log = memoryLog();
  });
  afterEach(() => place.remove());

  async function recovered(files: Record<string, Buffer>) {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(place.files.incomingPathOf(name), bytes);
    return recover(Object.keys(files), { files: place.files, keptTags: headerTags, log });
  }

  const folder = (name: string) =>
    existsSync(join(place.path, name)) ? readdirSync(join(place.path, name)) : [];

  it('takes what proves itself whole, in the order of its arrival, ready to be filed', async () => {
    const second = instanceFile(encoded(ctDataSet(1, 1, 2)), FIRST_AT + 1);
    const deflated = instanceFile(deflateRawSync(encoded(ctDataSet(1, 1, 3))), FIRST_AT + 2, {
      transferSyntaxUid: uids.DeflatedExplicitVRLittleEndian,
    });

    const accepted = await recovered({ 'c.dcm': deflated, 'b.dcm': second, 'a.dcm': whole });

    expect(accepted.map(({ name }) => name)).to.deep.equal(['a.dcm', 'b.dcm', 'c.dcm']);
    expect(accepted[0]).to.deep.include({
      dataSetOffset: whole.length - dataSet.length,
      transferSyntaxUid: uids.ExplicitVRLittleEndian,
      identity: {
        sopClassUid: uids.CTImageStorage,
        sopInstanceUid: '1.2.1.1.1',
        studyInstanceUid: '1.2.1',
        seriesInstanceUid: '1.2.1.1',
      },
    });
    expect(accepted[2]?.identity.sopInstanceUid).to.equal('1.2.1.1.3');
    expect(folder('incoming')).to.have.members(['a.dcm', 'b.dcm', 'c.dcm']);
  });

  it('removes what was never acknowledged: empty, or without header', async () => {
    const accepted = await recovered({
      'empty.dcm': Buffer.alloc(0),
      'hole.dcm': Buffer.concat([Buffer.alloc(700), dataSet]),
      'begun.dcm': Buffer.alloc(50),
    });

    expect(accepted).to.deep.equal([]);
    expect(folder('incoming')).to.deep.equal([]);
    expect(folder('damaged')).to.deep.equal([]);
    expect(log.lines.at(-1)).to.deep.equal({
      level: 'info',
      message: 'recovered',
      fields: { accepted: 0, neverAcknowledged: 3, files: 3 },
    });
  });

  it('sets aside, and never removes, what has a header and is not whole', async () => {
    const flipped = Buffer.from(whole);
    flipped[flipped.length - 1] = 0xaa;
    const torn = Buffer.from(whole);
    torn.fill(0x20, whole.length - dataSet.length - 200, whole.length - dataSet.length - 100);
    const files = {
      'short.dcm': whole.subarray(0, -1),
      'long.dcm': Buffer.concat([whole, Buffer.alloc(1)]),
      'flipped.dcm': flipped,
      'torn.dcm': torn,
    };

    expect(await recovered({ ...files, 'whole.dcm': whole })).to.have.length(1);

    expect(folder('incoming')).to.deep.equal(['whole.dcm']);
    for (const [name, bytes] of Object.entries(files)) {
      expect(readFileSync(place.files.damagedPathOf(name)).equals(bytes), name).to.equal(true);
    }
    expect(
      log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['reason']),
    ).to.have.members([
      `${dataSet.length - 1} bytes, not ${dataSet.length} as proven`,
      `${dataSet.length + 1} bytes, not ${dataSet.length} as proven`,
      'SHA-256 not as proven',
      'the proof is not readable',
    ]);
  });

  it('does not wait for ever for what the disk cannot read: it is set aside too', async () => {
    // A folder can be opened and not be read, as a file on bad sectors.
    mkdirSync(place.files.incomingPathOf('unreadable.dcm'), { recursive: true });
    const names = ['unreadable.dcm', 'whole.dcm'];
    writeFileSync(place.files.incomingPathOf('whole.dcm'), whole);

    const accepted = await recover(names, { files: place.files, keptTags: headerTags, log });

    expect(accepted.map(({ name }) => name)).to.deep.equal(['whole.dcm']);
    expect(folder('damaged')).to.deep.equal(['unreadable.dcm']);
    expect(log.lines.find(({ level }) => level === 'error')?.fields['reason']).to.match(/EISDIR/);
  });

  it('tells a file cut at any byte from a whole one', async () => {
    const lengths = [...Array(40).keys()].map((step) => Math.floor((whole.length * step) / 40));
    const files = Object.fromEntries(lengths.map((length) => [`${length}.dcm`, whole.subarray(0, length)]));

    expect(await recovered(files)).to.deep.equal([]);

    expect(folder('incoming')).to.deep.equal([]);
    // Cut within the preamble it looks like one that was never acknowledged.
    expect(folder('damaged')).to.have.members(
      lengths.filter((length) => length > 128).map((length) => `${length}.dcm`),
    );
  });

  it('brings many into the order of their arrival, and those of one moment into that of their names', async () => {
    const counts = [...Array(40).keys()];
    const nameOf = (count: number) => `${String(count).padStart(2, '0')}.dcm`;
    // The first ones are long, so that others are done before them.
    const files = counts.map((count) => {
      const one = ctDataSet(1, 1, count + 1);
      if (count < 4) one.set({ tag: tags.PixelData, vr: 'OW', bytes: Buffer.alloc(3_000_000) });
      return [nameOf(count), instanceFile(encoded(one), count < 20 ? FIRST_AT + 1 : FIRST_AT)] as const;
    });

    const accepted = await recovered(Object.fromEntries(files));

    const inOrder = [...counts.slice(20), ...counts.slice(0, 20)];
    expect(accepted.map(({ name }) => name)).to.deep.equal(inOrder.map(nameOf));
  });

  it('ends early when it is told to, and does the rest the next time', async () => {
    writeFileSync(place.files.incomingPathOf('a.dcm'), whole);
    writeFileSync(place.files.incomingPathOf('b.dcm'), '');
    const options = { files: place.files, keptTags: headerTags, log };

    const ended = recover(['a.dcm', 'b.dcm'], { ...options, signal: AbortSignal.abort() });

    expect(await refusalOf(ended)).to.match(/^cancelled/);
    expect(folder('incoming')).to.have.members(['a.dcm', 'b.dcm']);
    expect(await recover(['a.dcm', 'b.dcm'], options)).to.have.length(1);
    expect(folder('incoming')).to.deep.equal(['a.dcm']);
  });

  it('reads the header again as far as Pixel Data, and says where it cannot', async () => {
    const path = place.files.incomingPathOf('a.dcm');
    writeFileSync(path, whole);
    const instance = {
      dataSetOffset: whole.length - dataSet.length,
      sizeBytes: dataSet.length,
      transferSyntaxUid: uids.ExplicitVRLittleEndian,
    };

    const header = await readHeader(path, instance, headerTags);

    expect([...header.elements.keys()]).to.include(0x00100010);
    rmSync(path);
    expect(await refusalOf(readHeader(path, instance, headerTags))).to.match(/^not-found/);
  });
});

describe('reindexVolume and verifyVolume (DESIGN promise 3)', () => {
  let place: TestVolume;
  let folder: string;
  const open: Catalog[] = [];

  beforeEach(async () => {
    place = await testVolume();
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-catalog-'));
  });
  afterEach(async () => {
    for (const catalog of open.splice(0)) await catalog.close();
    await place.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const urlOf = (name: string) => `sqlite:${join(folder, `${name}.db`)}`;

  async function catalogOf(name: string): Promise<Catalog> {
    const catalog = await openCatalog({ url: urlOf(name) });
    await catalog.migrate();
    open.push(catalog);
    return catalog;
  }

  /** Files instances as the daemon does; 'v2' of the first is another version of it. */
  async function fill(catalog: Catalog): Promise<void> {
    const log = memoryLog();
    mkdirSync(join(place.path, 'incoming'));
    const names: string[] = [];
    const add = (name: string, bytes: Buffer) => {
      writeFileSync(place.files.incomingPathOf(name), bytes);
      names.push(name);
    };
    for (let number = 1; number <= 12; number++) {
      const dataSet = ctDataSet(1 + (number % 3), 1 + (number % 2), number, { PatientName: `Doe^${number}` });
      const sopInstanceUid = dataSet.uid(tags.SOPInstanceUID) ?? '';
      // Over two weeks, the later ones first in the tree.
      add(
        `${number}.dcm`,
        instanceFile(encoded(dataSet), FIRST_AT + number * 86_400_000, { sopInstanceUid }),
      );
    }
    add(
      'v2.dcm',
      instanceFile(encoded(ctDataSet(2, 2, 1, { PatientName: 'Other' })), FIRST_AT + 20 * 86_400_000, {
        sopInstanceUid: '1.2.2.2.1',
      }),
    );
    const filer = new Filer({
      batchFiler: new BatchFiler({
        catalog,
        files: place.files,
        log,
        readHeader: () => Promise.reject(new Error('not needed')),
      }),
      log,
      batchInstancesMax: 5,
      incomingInstancesMax: 100,
      incomingBytesMax: 1e9,
    });
    filer.start(await recover(names, { files: place.files, keptTags: headerTags, log }));
    await filer.settled();
    await filer.stop();
  }

  async function reindex(catalog: Catalog) {
    const skipped: string[] = [];
    let found = 0;
    let done = 0;
    const result = await reindexVolume({
      catalog,
      files: place.files,
      volumePath: place.path,
      keptTags: headerTags,
      batchInstancesMax: 4,
      found: (count) => {
        found += count;
      },
      done: (count) => {
        done += count;
      },
      skipped: (path, reason) => skipped.push(`${path.slice(place.path.length + 1)}: ${reason}`),
    });
    return { ...result, skippedFiles: skipped, found, done };
  }

  async function verify(catalog: Catalog, filingWaitMs = 0) {
    const findings: string[] = [];
    const result = await verifyVolume({
      filingWaitMs,
      catalog,
      files: place.files,
      volumePath: place.path,
      done: () => undefined,
      found: (path, reason) => findings.push(`${path.slice(place.path.length + 1)}: ${reason}`),
    });
    return { ...result, words: findings.sort() };
  }

  const filed = (number: number) => {
    const paths = readdirSync(place.path, { recursive: true }).map(String);
    const path = paths.find((one) => /W\d\d\//.test(one) && one.endsWith(`.${number}.dcm`));
    return join(place.path, path ?? '');
  };

  it('rebuild the same rows from the files alone, and nothing more the second time', async () => {
    await fill(await catalogOf('first'));
    const rebuilt = await catalogOf('rebuilt');

    expect(await reindex(rebuilt)).to.deep.include({
      indexed: 13,
      known: 0,
      skipped: 0,
      found: 13,
      done: 13,
    });

    expect(await dumpRows(urlOf('rebuilt'))).to.deep.equal(await dumpRows(urlOf('first')));
    expect(await reindex(rebuilt)).to.deep.include({ known: 12, skipped: 0 });
    expect(await dumpRows(urlOf('rebuilt'))).to.deep.equal(await dumpRows(urlOf('first')));
    expect(await verify(rebuilt)).to.deep.include({ instances: 13, findings: 0, words: [] });
  });

  it('go on where they were stopped', async () => {
    await fill(await catalogOf('first'));
    const rebuilt = await catalogOf('rebuilt');
    const late = filed(12);
    copyFileSync(late, `${late}.later`);
    rmSync(late);
    await reindex(rebuilt);
    copyFileSync(`${late}.later`, late);

    expect(await reindex(rebuilt)).to.deep.include({ known: 11 });
    expect((await dumpRows(urlOf('rebuilt')))['instances']).to.have.length(12);
  });

  it('leave alone and name what is no whole instance file, or lies elsewhere', async () => {
    await fill(await catalogOf('first'));
    const stray = join(filed(1), '../1.9.9.dcm');
    copyFileSync(filed(1), stray);
    writeFileSync(join(filed(1), '../notes.dcm'), 'no DICOM');
    writeFileSync(filed(2), readFileSync(filed(2)).subarray(0, -3));

    const result = await reindex(await catalogOf('rebuilt'));

    expect(result).to.deep.include({ skipped: 3, done: result.found });
    expect(result.skippedFiles.join('\n')).to.match(/1\.9\.9\.dcm: it does not lie where its UIDs belong/);
    expect(result.skippedFiles.join('\n')).to.match(/notes\.dcm: no DICOM Part 10 file/);
    expect(result.skippedFiles.join('\n')).to.match(/\.2\.dcm: \d+ bytes, not \d+ as proven/);
  });

  it('take a conflicting version for nothing more than that while the first one is damaged', async () => {
    await fill(await catalogOf('first'));
    const first = filed(1);
    writeFileSync(first, readFileSync(first).subarray(0, -3));
    const rebuilt = await catalogOf('rebuilt');

    await reindex(rebuilt);

    for await (const instance of rebuilt.instances.all()) {
      expect(
        existsSync(place.files.pathOf(instance)),
        `${instance.sopInstanceUid} lies where the catalogue says`,
      ).to.equal(true);
    }
  });

  it('find what is missing, damaged or not in the catalogue, and change nothing', async () => {
    const catalog = await catalogOf('first');
    await fill(catalog);
    rmSync(filed(3));
    writeFileSync(filed(4), readFileSync(filed(4)).subarray(0, -2));
    const flipped = readFileSync(filed(5));
    flipped[flipped.length - 4] = 0xaa;
    writeFileSync(filed(5), flipped);
    const forged = instanceFile(encoded(ctDataSet(1, 1, 6, { PatientName: 'Doe^7' })), FIRST_AT);
    writeFileSync(filed(6), forged);
    copyFileSync(filed(7), join(filed(7), '../1.9.9.dcm'));

    const { findings, words } = await verify(catalog);

    expect(findings).to.equal(5);
    const all = words.join('\n');
    expect(all).to.match(/\.3\.dcm: no file/);
    expect(all).to.match(/\.4\.dcm: data set of \d+ bytes, \d+ in the catalogue/);
    expect(all).to.match(/\.5\.dcm: SHA-256 of the data set differs/);
    expect(all).to.match(/\.6\.dcm: (the proof in the file is not that of the catalogue|data set of)/);
    expect(all).to.match(/1\.9\.9\.dcm: not in the catalogue/);
  });

  it('wait for files that a server is about to file, and for no others', async () => {
    const catalog = await catalogOf('first');
    await fill(catalog);
    const paths = [3, 4, 5, 6].map(filed);
    const whole = paths.map((path) => readFileSync(path));
    for (const path of paths) rmSync(path);
    const putBack = (index: number) => () => writeFileSync(paths[index] ?? '', whole[index] ?? '');
    const timers = [0, 1, 2].map((index) => setTimeout(putBack(index), 1200 * (index + 1)));

    const { findings, words, instances, bytes } = await verify(catalog, 2000);

    for (const timer of timers) clearTimeout(timer);
    expect(words).to.deep.equal([`${paths[3]?.slice(place.path.length + 1)}: no file ${paths[3]}`]);
    expect({ findings, instances }).to.deep.equal({ findings: 1, instances: 13 });
    putBack(3)();
    const all = await verify(catalog);
    expect(all.findings).to.equal(0);
    expect(bytes).to.be.within(all.bytes - 2000, all.bytes - 500);
  }).timeout(30_000);
});
