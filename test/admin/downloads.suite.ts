import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import type { AdminContext } from '../helpers/admin.ts';
import { corpusOrStandIns, sha256Of } from '../helpers/corpus.ts';
import { type FiledInstance, fileInstance } from '../helpers/filed.ts';
import { zipEntriesOf } from '../helpers/unzip.ts';
import { putter } from './put.ts';

/** Instances as files, studies and series as archives; on either engine. */
export function downloadSuite(context: AdminContext): void {
  const put = putter(context);

  const namesIn = (bytes: Buffer) => zipEntriesOf(bytes).map(({ name }) => name);

  /** Events of downloads, once there is one. */
  async function downloadEvents() {
    const { activity, catalog } = context.parts;
    for (let tries = 0; tries < 100 && !activity.eventCounts.has('retrieve-answered'); tries++)
      await wait(10);
    await activity.stop();
    return await catalog.events.list({ kinds: ['retrieve-answered'], limit: 100 });
  }

  it('gives the file of an instance byte for byte', async () => {
    const { file, sopInstanceUid } = await put(1, 1, 1);

    const answer = await context.viewer.get(`/api/instances/${sopInstanceUid}/file`);

    expect(answer.status).to.equal(200);
    expect(answer.bytes.equals(file)).to.equal(true);
    expect(answer.headers).to.deep.include({
      'content-type': 'application/dicom',
      'content-length': String(file.length),
      'content-disposition': `attachment; filename="${sopInstanceUid}.dcm"`,
    });
    expect((await downloadEvents())[0]).to.deep.include({
      severity: 'info',
      words: 'viewer downloaded 1 instance of study 1.2.1',
    });
  });

  it('tells of a download what it would be, and records none', async () => {
    const { file } = await put(1, 1, 1);

    const answers = [
      await context.viewer.request('HEAD', '/api/instances/1.2.1.1.1/file'),
      await context.viewer.request('HEAD', '/api/studies/1.2.1/archive'),
      await context.viewer.request('HEAD', '/api/studies/1.2.1/series/1.2.1.1/archive'),
    ];

    expect(answers.map(({ status, bytes }) => [status, bytes.length])).to.deep.equal(Array(3).fill([200, 0]));
    expect(answers[0]?.headers['content-length']).to.equal(String(file.length));
    expect(answers[1]?.headers['content-type']).to.equal('application/zip');
    await context.parts.activity.stop();
    expect(context.parts.activity.eventCounts.has('retrieve-answered')).to.equal(false);
    expect((await context.viewer.request('HEAD', '/api/instances/1.2.9/file')).status).to.equal(404);
  });

  it('gives a study as an archive of its files, in folders that say what is in them', async () => {
    const stored: FiledInstance[] = [];
    for (const [series, number] of [
      [1, 1],
      [1, 2],
      [2, 1],
    ] as const)
      stored.push(await put(1, series, number, { SeriesNumber: String(series), PatientID: 'PAT-1' }));
    await put(2, 1, 1);

    const answer = await context.viewer.get('/api/studies/1.2.1/archive');

    expect(answer.headers).to.deep.include({
      'content-type': 'application/zip',
      'content-disposition': 'attachment; filename="PAT-1_20261121.zip"',
    });
    const entries = zipEntriesOf(answer.bytes);
    expect(entries.map(({ name }) => name)).to.deep.equal([
      'PAT-1/1_CT/1_1.2.1.1.1.dcm',
      'PAT-1/1_CT/2_1.2.1.1.2.dcm',
      'PAT-1/2_CT/1_1.2.1.2.1.dcm',
    ]);
    expect(entries.map(({ bytes }) => sha256Of(bytes))).to.deep.equal(
      stored.map(({ file }) => sha256Of(file)),
    );
    const [event] = await downloadEvents();
    expect(event?.fields).to.deep.include({
      operation: 'download',
      by: 'viewer',
      address: '192.0.2.1',
      studyInstanceUid: '1.2.1',
      instances: 3,
    });
  });

  it('gives one series of a study, of more pages than one', async function () {
    this.timeout(300_000);
    for (let number = 1; number <= 205; number++) await put(1, 1, number);
    await put(1, 2, 1);

    const answer = await context.viewer.get('/api/studies/1.2.1/series/1.2.1.1/archive');

    const names = namesIn(answer.bytes);
    expect(names).to.have.lengthOf(205);
    expect(names[204]).to.equal('P1/X_CT/205_1.2.1.1.205.dcm');
  });

  it('makes safe names of hostile ones', async () => {
    await put(1, 1, 1, { PatientID: '../../../etc/cron.d', Modality: '../..' });
    await put(2, 1, 1, { PatientID: 'CON' });
    await put(3, 1, 1, { SpecificCharacterSet: 'ISO_IR 192', PatientID: '患者' });

    expect(namesIn((await context.viewer.get('/api/studies/1.2.1/archive')).bytes)).to.deep.equal([
      '__.._.._etc_cron.d/X_..__/1_1.2.1.1.1.dcm',
    ]);
    const reserved = await context.viewer.get('/api/studies/1.2.2/archive');
    expect(namesIn(reserved.bytes)).to.deep.equal(['_CON/X_CT/1_1.2.2.1.1.dcm']);
    expect(reserved.headers['content-disposition']).to.equal('attachment; filename="_CON_20261121.zip"');
    expect(namesIn((await context.viewer.get('/api/studies/1.2.3/archive')).bytes)).to.deep.equal([
      '1.2.3/X_CT/1_1.2.3.1.1.dcm',
    ]);
  });

  it('refuses, before it begins, a download that would not be whole', async () => {
    await put(1, 1, 1);
    const damaged = await put(1, 1, 2);
    writeFileSync(damaged.path, damaged.file.subarray(0, -1));
    await put(2, 1, 1);
    await put(2, 1, 2, {}, { isLost: true });

    const short = await context.viewer.get('/api/studies/1.2.1/archive');
    const lost = await context.viewer.get('/api/studies/1.2.2/series/1.2.2.1/archive');
    const file = await context.viewer.get('/api/instances/1.2.2.1.2/file');

    expect([short.status, short.body.detail]).to.deep.equal([
      422,
      `the file of instance 1.2.1.1.2 has ${damaged.file.length - 1} bytes instead of ${damaged.file.length}`,
    ]);
    for (const answer of [lost, file])
      expect([answer.status, answer.body.detail]).to.deep.equal([
        404,
        'the file of instance 1.2.2.1.2 is missing',
      ]);
  });

  it('waits for files that have their rows and are about to be filed', async () => {
    const { filer } = context.parts;
    const stored = [await put(1, 1, 1), await put(1, 1, 2, {}, { isLost: true })];
    const [, late] = stored;
    if (late === undefined) throw new Error('nothing was stored');
    const paths = ['/api/instances/1.2.1.1.2/file', '/api/studies/1.2.1/archive', '/api/instances/1.2.1.1.2'];

    for (const path of paths) {
      rmSync(late.path, { force: true });
      let times = 0;
      // What comes while the catalogue is being looked at is settled only when it is waited for again.
      filer.settled = async () => {
        times += 1;
        if (times > 1) writeFileSync(late.path, late.file);
      };
      expect((await context.viewer.get(path)).status, path).to.equal(200);

      rmSync(late.path);
      times = 0;
      filer.settled = async () => {
        times += 1;
        if (times > 1) throw new Problem('storage-full', 'disk full');
      };
      const refused = await context.viewer.get(path);
      expect([refused.status, refused.body.detail], path).to.deep.equal([507, 'disk full']);
    }
  });

  it('gives instances of the corpus as they were stored', async function () {
    this.timeout(300_000);
    const files = corpusOrStandIns().filter(({ expect: fate, eitherOk }) => fate === 'store' && !eitherOk);
    const some = files.filter((_, index) => index % 25 === 0);
    for (const { dataSet, transferSyntax, path } of some) {
      const { file, sopInstanceUid, studyInstanceUid } = await fileInstance(
        context.parts,
        dataSet(),
        transferSyntax,
      );
      const answer = await context.viewer.get(`/api/instances/${sopInstanceUid}/file`);
      const detail = await context.viewer.get(`/api/instances/${sopInstanceUid}`);
      const zip = await context.viewer.get(`/api/studies/${studyInstanceUid}/archive`);

      expect(answer.bytes.equals(file), path).to.equal(true);
      expect(detail.status, path).to.equal(200);
      expect(
        zipEntriesOf(zip.bytes).some(({ bytes }) => bytes.equals(file)),
        path,
      ).to.equal(true);
    }
  });
}
