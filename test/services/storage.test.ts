import { readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { dataSetOffsetOf, decodeFileMeta } from '../../src/dicom/file-meta.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Filer } from '../../src/services/filing.ts';
import type { AcceptedInstance } from '../../src/services/filing-batch.ts';
import { StorageService, type StoreRequest } from '../../src/services/storage.ts';
import { refusalOf } from '../storage/problems.ts';
import {
  ctDataSet,
  dataSetOf,
  encoded,
  headerTags,
  piecesOf,
  sha256Of,
  type TestVolume,
  type Texts,
  testVolume,
} from './fixtures.ts';

const REQUEST: StoreRequest = {
  affectedSopClassUid: uids.CTImageStorage,
  affectedSopInstanceUid: '1.2.1.1.1',
  transferSyntaxUid: uids.ExplicitVRLittleEndian,
  callingAeTitle: 'CT1',
  callingAddress: '192.0.2.7',
};

describe('StorageService (PS3.4 Annex B)', () => {
  let place: TestVolume;
  let taken: AcceptedInstance[];
  let admit: () => Promise<void>;
  let filer: Filer;
  let service: StorageService;

  before(async () => {
    place = await testVolume();
  });
  after(() => place.remove());
  beforeEach(() => {
    taken = [];
    admit = async () => undefined;
    filer = { add: (one: AcceptedInstance) => taken.push(one), admit: () => admit() } as unknown as Filer;
    service = new StorageService({ incoming: place.incoming, filer, keptTags: headerTags });
  });

  const bytes = encoded(ctDataSet(1, 1, 1));

  /** Names of files in `incoming/` that hold anything. */
  const filled = () => {
    const folder = join(place.path, 'incoming');
    return readdirSync(folder).filter(
      (name) => (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) > 0,
    );
  };

  async function refused(dataSet: Buffer, request: Partial<StoreRequest> = {}): Promise<string> {
    const before = filled();
    const sink = service.begin({ ...REQUEST, ...request });
    sink.write(dataSet);
    const refusal = await refusalOf(sink.end());
    await wait(5);
    // What an earlier test has refused may go away meanwhile.
    expect(
      filled().filter((name) => !before.includes(name)),
      'nothing is left behind',
    ).to.deep.equal([]);
    expect(taken, 'nothing is filed').to.deep.equal([]);
    return refusal;
  }

  it('tells of a modality as much as can be one', async () => {
    const sink = service.begin(REQUEST);
    sink.write(encoded(ctDataSet(1, 1, 1, { Modality: 'X'.repeat(5000) })));

    expect((await sink.end()).modality).to.equal('X'.repeat(16));
  });

  it('accepts a data set: a file with its proof, byte for byte what came', async () => {
    const before = Date.now();
    const sink = service.begin(REQUEST);
    sink.write(bytes.subarray(0, 100));
    sink.write(bytes.subarray(100));
    await sink.end();

    const [accepted] = taken;
    const file = readFileSync(place.files.incomingPathOf(accepted?.name ?? ''));
    const offset = dataSetOffsetOf(file);
    expect(file.subarray(offset).equals(bytes)).to.equal(true);
    const { meta, proof } = decodeFileMeta(file.subarray(0, offset));
    expect(meta).to.deep.equal({
      sopClassUid: uids.CTImageStorage,
      sopInstanceUid: '1.2.1.1.1',
      transferSyntaxUid: uids.ExplicitVRLittleEndian,
      sourceAeTitle: 'CT1',
    });
    expect(proof).to.deep.include({
      sizeBytes: bytes.length,
      sha256: sha256Of(bytes),
      sourceAeTitle: 'CT1',
      sourceAddress: '192.0.2.7',
    });
    expect(proof?.arrivedAt).to.be.within(before, Date.now());
    expect(accepted).to.deep.include({
      dataSetOffset: offset,
      proof,
      transferSyntaxUid: uids.ExplicitVRLittleEndian,
    });
  });

  it('tells what it has stored', async () => {
    const sink = service.begin(REQUEST);
    sink.write(bytes);

    const stored = await sink.end();

    expect(stored).to.deep.include({ studyInstanceUid: '1.2.1', modality: 'CT', sizeBytes: bytes.length });
    expect(stored.sopClassUid).to.equal(uids.CTImageStorage);
    expect(stored.syncMs).to.be.within(0.001, 5000);
  });

  for (const [characterSet, patientId] of [
    ['', 'P 1'],
    ['ISO_IR 100', 'Müller-7'],
    ['ISO_IR 192', '患者7'],
  ] as const) {
    it(`tells the Patient ID ${patientId} as it reads`, async () => {
      const sink = service.begin(REQUEST);
      const texts = {
        PatientID: patientId,
        ...(characterSet !== '' && { SpecificCharacterSet: characterSet }),
      };
      sink.write(encoded(ctDataSet(1, 1, 1, texts)));

      expect((await sink.end()).patientId()).to.equal(patientId);
    });
  }

  it('asks whether it may have the instance, lets go of it with the filer, and leaves nothing behind of one refused', async () => {
    const asked: unknown[][] = [];
    const duplicates = {
      async reserve(...instance: [string, string]) {
        asked.push(instance);
        if (asked.length > 1) throw new Problem('duplicate-instance', 'stored already');
        return () => void asked.push(['released', taken.length]);
      },
    };
    const options = { incoming: place.incoming, filer, keptTags: headerTags, duplicates };
    service = new StorageService(options);
    const sink = service.begin(REQUEST);
    sink.write(bytes);
    await sink.end();
    expect(asked).to.deep.equal([
      ['1.2.1.1.1', sha256Of(bytes)],
      ['released', 1],
    ]);

    taken = [];
    expect(await refused(bytes)).to.equal('duplicate-instance: stored already');
  });

  it('holds what came although every buffer is used again as soon as it is released', async () => {
    const large = ctDataSet(1, 1, 1);
    large.set({ tag: 0x7fe00010, vr: 'OW', bytes: Buffer.alloc(3_000_000, 'pixel data') });
    const whole = encoded(large);
    const cuts = fc.array(fc.nat(whole.length), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        cuts,
        fc.array(fc.nat(2), { minLength: 14, maxLength: 14 }),
        fc.boolean(),
        async (places, pauses, isSlow) => {
          taken.length = 0;
          admit = isSlow ? () => wait(3) : async () => undefined;
          const sink = service.begin(REQUEST);
          const reused: Promise<void>[] = [];
          for (const [index, piece] of piecesOf(whole, places).entries()) {
            const buffer = Buffer.from(piece);
            sink.write(buffer);
            const released = sink.release();
            if (released === undefined) buffer.fill(0xff);
            else reused.push(released.then(() => void buffer.fill(0xff)));
            if (pauses[index] === 1) await wait(1);
            if (pauses[index] === 2) await released;
          }
          const ended = sink.end();
          expect(sink.release(), 'held until it is accepted').to.be.instanceOf(Promise);
          await ended;
          await Promise.all(reused);
          expect(sink.release()).to.equal(undefined);

          const file = readFileSync(place.files.incomingPathOf(taken[0]?.name ?? ''));
          expect(file.subarray(dataSetOffsetOf(file)).equals(whole)).to.equal(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes a deflated data set as it is', async () => {
    const deflated = deflateRawSync(bytes);
    const sink = service.begin({ ...REQUEST, transferSyntaxUid: uids.DeflatedExplicitVRLittleEndian });
    for (const piece of piecesOf(deflated, [1, 50, 51, 200])) {
      sink.write(piece);
      await sink.release();
    }
    await sink.end();

    const file = readFileSync(place.files.incomingPathOf(taken[0]?.name ?? ''));
    expect(file.subarray(dataSetOffsetOf(file)).equals(deflated)).to.equal(true);
  });

  it('refuses what is not the instance that the command announces (A900H)', async () => {
    expect(await refused(bytes, { affectedSopInstanceUid: '1.2.1.1.2' })).to.equal(
      'data-set-mismatch: instance is 1.2.1.1.1, not the one announced',
    );
    expect(await refused(bytes, { affectedSopClassUid: uids.MRImageStorage })).to.equal(
      'data-set-mismatch: class is CT Image Storage, not the one announced',
    );
  });

  it('refuses what cannot be filed, naming the UID', async () => {
    const without = (texts: Texts) => encoded(ctDataSet(1, 1, 1, texts));

    expect(await refused(without({ StudyInstanceUID: '' }))).to.equal(
      'unusable-identifier: no studyInstanceUid in the data set',
    );
    expect(await refused(without({ SeriesInstanceUID: '../../etc' }))).to.equal(
      'unusable-identifier: seriesInstanceUid "../../etc" is no UID',
    );
    expect(await refused(without({ SOPInstanceUID: '9'.repeat(129) }))).to.match(
      /^unusable-identifier: sopInstanceUid "9{40}" is no UID$/,
    );
    expect(await refused(encoded(dataSetOf({ PatientID: 'x' })))).to.equal(
      'unusable-identifier: no sopClassUid in the data set',
    );
  });

  it('refuses what cannot be read (C000H), however it came', async () => {
    expect(await refused(Buffer.alloc(0))).to.equal('unreadable-data-set: the data set is empty');
    expect(await refused(bytes.subarray(0, 300))).to.match(
      /^unreadable-data-set: the data set ends too early/,
    );
    expect(await refused(Buffer.concat([bytes, Buffer.from([1])]))).to.match(/^unreadable-data-set/);
    expect(
      await refused(Buffer.alloc(5000, 0xfe), { transferSyntaxUid: uids.DeflatedExplicitVRLittleEndian }),
    ).to.match(/^unreadable-data-set/);
  });

  it('reads on to the end of what it has refused, and lets go of it', async () => {
    const sink = service.begin(REQUEST);
    sink.write(Buffer.alloc(100, 0x41));
    for (let round = 0; round < 100; round++) sink.write(Buffer.alloc(10_000));
    await sink.release();
    expect(sink.release()).to.equal(undefined);

    expect(await refusalOf(sink.end())).to.match(/^unreadable-data-set/);
  });

  it('refuses in the words of what stands in the way: volume, backlog', async () => {
    admit = () => Promise.reject(new Problem('backlog-full', '3 instances wait'));
    expect(await refused(bytes)).to.equal('backlog-full: 3 instances wait');

    admit = async () => undefined;
    await wait(300);
    renameSync(place.path, `${place.path}-away`);
    const sink = service.begin(REQUEST);
    sink.write(bytes);
    const refusal = await refusalOf(sink.end());
    renameSync(`${place.path}-away`, place.path);
    expect(refusal).to.match(/^volume-offline/);
    await wait(300);
  });

  it('leaves nothing behind where the association ends within the data set, whenever that is', async () => {
    const before = filled();
    for (const delayMs of [0, 0, 1, 5]) {
      const sink = service.begin(REQUEST);
      if (delayMs > 0) await wait(delayMs);
      sink.write(bytes.subarray(0, 200));
      void sink.release();
      if (delayMs > 1) await wait(delayMs);
      sink.abort();
      sink.abort();
      sink.write(bytes.subarray(200));
    }
    await wait(30);

    expect(filled()).to.deep.equal(before);
    expect(taken).to.deep.equal([]);
  });
});
