import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import { CommitmentVerifier } from '../../src/services/storage-commitment-verifier.ts';
import { describeOnSqlite } from '../helpers/catalog-engines.ts';
import { type FiledInstance, fileInstance } from '../helpers/filed.ts';
import { refusalOf } from '../storage/problems.ts';
import { ctDataSet, encoded, memoryLog, type TestVolume, testVolume } from './fixtures.ts';

const CT = uids.CTImageStorage;

describeOnSqlite('CommitmentVerifier (PS3.4 §J.3.3, PS3.3 §C.14.1.1)', (opened) => {
  let volume: TestVolume;
  let verifier: CommitmentVerifier;
  let offline: Problem | undefined;
  let settled: () => void;
  let log: ReturnType<typeof memoryLog>;
  let controller: AbortController;
  let backlogInstances: number;

  beforeEach(async () => {
    volume = await testVolume();
    offline = undefined;
    settled = () => undefined;
    backlogInstances = 0;
    log = memoryLog();
    controller = new AbortController();
    const { files } = volume;
    verifier = new CommitmentVerifier({
      catalog: opened.catalog,
      filer: {
        settled: async () => settled(),
        get backlogInstances() {
          return backlogInstances;
        },
      },
      files: {
        pathOf: (location) => files.pathOf(location),
        conflictPathOf: (uid, sha256) => files.conflictPathOf(uid, sha256),
        async assertOnline() {
          if (offline !== undefined) throw offline;
        },
      },
      storageSopClasses: 'any',
      log,
    });
  });
  afterEach(async () => {
    await verifier.close();
    await volume.remove();
  });

  const file = (number: number, isLost = false): Promise<FiledInstance> =>
    fileInstance(
      { catalog: opened.catalog, files: volume.files },
      encoded(ctDataSet(1, 1, number)),
      uids.ExplicitVRLittleEndian,
      { isLost },
    );
  const verify = (...references: [sopClassUid: string, sopInstanceUid: string][]) =>
    verifier.verify(
      references.map(([sopClassUid, sopInstanceUid]) => ({ sopClassUid, sopInstanceUid })),
      controller.signal,
      () => undefined,
    );

  it('commits an instance whose bytes are those that were acknowledged', async () => {
    const { sopInstanceUid } = await file(1);
    const told: number[] = [];

    const reference = { sopClassUid: CT, sopInstanceUid };
    const reasons = await verifier.verify([reference, reference], controller.signal, (reason) =>
      told.push(reason),
    );

    expect(reasons).to.deep.equal([0, 0]);
    expect(told).to.deep.equal([0, 0]);
  });

  it('reports 0112H for an unknown instance, 0119H for another class, 0122H for a class that nobody stores', async () => {
    const { sopInstanceUid } = await file(1);

    const reasons = await verify(
      [CT, '1.2.999'],
      [uids.MRImageStorage, sopInstanceUid],
      [uids.Verification, '1.2.999'],
      [uids.Verification, sopInstanceUid],
    );

    expect(reasons).to.deep.equal([0x0112, 0x0119, 0x0122, 0x0119]);
  });

  it('reports 0110H for one changed bit, for a file that is cut, and for one that is none of ours; 0112H for one that is gone', async () => {
    const [changed, cut, other, gone] = [await file(1), await file(2), await file(3), await file(4)];
    const bytes = Buffer.from(changed.file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(changed.path, bytes);
    truncateSync(cut.path, cut.file.length - 10);
    writeFileSync(other.path, 'no DICOM');
    rmSync(gone.path);

    const reasons = await verify(
      ...[changed, cut, other, gone].map((one): [string, string] => [CT, one.sopInstanceUid]),
    );

    expect(reasons).to.deep.equal([0x0110, 0x0110, 0x0110, 0x0112]);
    expect(log.lines.map(({ fields }) => fields['sopInstanceUid'])).to.include(changed.sopInstanceUid);
    expect(log.lines[0]?.fields['reason']).to.equal('SHA-256 of the data set differs');
  });

  it('reads a large file in its thread', async () => {
    const dataSet = ctDataSet(1, 1, 7);
    dataSet.set({ tag: 0x7fe00010, vr: 'OW', bytes: Buffer.alloc(5_000_000, 7) });
    const parts = { catalog: opened.catalog, files: volume.files };
    const large = await fileInstance(parts, encoded(dataSet), uids.ExplicitVRLittleEndian);
    const before = await verify([CT, large.sopInstanceUid]);
    const bytes = Buffer.from(large.file);
    bytes[3_000_000] = 8;
    writeFileSync(large.path, bytes);

    const after = await verify([CT, large.sopInstanceUid]);

    expect([...before, ...after]).to.deep.equal([0, 0x0110]);
  });

  it('reads every version of an instance that came with other bytes', async () => {
    const { sopInstanceUid } = await file(1);
    const parts = { catalog: opened.catalog, files: volume.files };
    await fileInstance(
      parts,
      encoded(ctDataSet(1, 1, 1, { PatientID: 'OTHER' })),
      uids.ExplicitVRLittleEndian,
    );

    // Its row is there, its file is not.
    expect(await verify([CT, sopInstanceUid])).to.deep.equal([0x0112]);
  });

  it('waits for the file of an instance whose row is there a moment before', async () => {
    const filed = await file(1, true);
    settled = () => writeFileSync(filed.path, filed.file);
    mkdirSync(dirname(filed.path), { recursive: true });

    expect(await verify([CT, filed.sopInstanceUid])).to.deep.equal([0]);
  });

  it('says nothing of a volume that is away, nor of a catalogue that does not answer', async () => {
    const filed = await file(1, true);
    offline = new Problem('volume-offline', 'volume is not mounted');

    expect(await refusalOf(verify([CT, filed.sopInstanceUid]))).to.match(/^volume-offline/);

    settled = () => {
      throw new Problem('storage-full', 'disk full');
    };
    expect(await refusalOf(verifier.settled())).to.match(/^catalog-unavailable/);
    await opened.catalog.close();
    expect(await refusalOf(verify([CT, '1.2']))).to.match(/^catalog-unavailable/);
  });

  it('ends when it is cancelled', async () => {
    const { sopInstanceUid } = await file(1);
    controller.abort();

    expect(await refusalOf(verify([CT, sopInstanceUid]))).to.equal('cancelled: cancelled');
  });

  it('says nothing of what could not be read because everything ends', async () => {
    const { sopInstanceUid } = await file(1, true);
    // As where the hashing thread is ended while it reads.
    settled = () => controller.abort();

    expect(await refusalOf(verify([CT, sopInstanceUid]))).to.equal('cancelled: cancelled');
  });

  it('rests as long as it reads while instances come in', async () => {
    const { sopInstanceUid } = await file(1);
    const many = Array.from({ length: 40 }, (): [string, string] => [CT, sopInstanceUid]);
    const timed = async () => {
      const startedAt = performance.now();
      await verify(...many);
      return performance.now() - startedAt;
    };
    await timed();

    const alone = await timed();
    backlogInstances = 1;
    const together = await timed();

    expect(together).to.be.greaterThan(alone * 1.3);
  });
});
