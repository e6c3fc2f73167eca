import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataSet } from '../../src/dicom/data-set.ts';
import { DataSetScanner } from '../../src/dicom/data-set-scanner.ts';
import { encodeFileMeta, writeProof } from '../../src/dicom/file-meta.ts';
import { toJson } from '../../src/dicom/json.ts';
import {
  explicitVrLittleEndian,
  implicitVrLittleEndian,
  type TransferSyntax,
} from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { CONVERSION_TARGETS, converted } from '../../src/services/conversion.ts';
import { corpusOrStandIns } from '../helpers/corpus.ts';
import { sha256Of } from './fixtures.ts';

/** What is compressed is decoded, and compared elsewhere. */
const NATIVE: readonly string[] = [...CONVERSION_TARGETS, uids.ExplicitVRBigEndian];

const hasDcmtk = spawnSync('dcmconv', ['--version']).status === 0;

describe('Instance files and conversions beside DCMTK', function () {
  this.timeout(300_000);
  let folder = '';

  before(function () {
    if (!hasDcmtk) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-dcmtk-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  const files = corpusOrStandIns().filter(
    (file) => file.expect === 'store' && NATIVE.includes(file.transferSyntax),
  );

  function write(name: string, dataSet: Buffer, transferSyntaxUid: string): string {
    const fileMeta = encodeFileMeta({
      sopClassUid: uids.CTImageStorage,
      sopInstanceUid: '1.2.3',
      transferSyntaxUid,
      sourceAeTitle: 'CT1',
    });
    const sha256 = sha256Of(dataSet);
    writeProof(fileMeta, {
      sizeBytes: dataSet.length,
      sha256,
      arrivedAt: 0,
      sourceAeTitle: 'CT1',
      sourceAddress: '::1',
    });
    const path = join(folder, name);
    writeFileSync(path, Buffer.concat([fileMeta, dataSet]));
    return path;
  }

  const run = (program: string, ...args: string[]) =>
    spawnSync(program, args, { encoding: 'latin1', maxBuffer: 1e9 });

  async function convert(bytes: Buffer, from: string, to: TransferSyntax): Promise<Buffer> {
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 65_535) yield bytes.subarray(at, at + 65_535);
    }
    const out: Buffer[] = [];
    for await (const piece of converted(pieces(), from, to.uid)) out.push(Buffer.from(piece));
    return Buffer.concat(out);
  }

  /** Elements before Pixel Data in the DICOM JSON model, and the rest as it is; without group lengths. */
  function readAll(dataSet: Buffer, syntax: TransferSyntax): { header: unknown; rest: Buffer } {
    const scanner = new DataSetScanner(syntax, new Set());
    scanner.write(dataSet);
    const at = scanner.bulk?.position ?? dataSet.length;
    const limits = { depthMax: 128, elementsMax: 1_000_000 };
    const json = toJson(DataSet.decode(dataSet.subarray(0, at), syntax, limits));
    const header = Object.fromEntries(Object.entries(json).filter(([tag]) => !tag.endsWith('0000')));
    return { header, rest: dataSet.subarray(scanner.bulk?.valuePosition ?? at) };
  }

  it('are files that dcmftest and dcmdump read without a word, proof and all', () => {
    const [file] = files;
    if (file === undefined) throw new Error('no file');
    const path = write('one.dcm', file.dataSet(), file.transferSyntax);

    expect(run('dcmftest', path).stdout).to.match(/^yes:/);
    const { status, stdout } = run('dcmdump', '+L', '--print-filename', path);
    expect(status).to.equal(0);
    expect(stdout).to.match(/\(0002,0016\) AE \[CT1\s*\]/);
    expect(stdout).to.match(/\(0002,0100\) UI \[2\.25\.53148543602695902689898661693267353286\]/);
    expect(stdout).to.match(/\(0002,0102\) OB 64\\69\\63\\6f\\6d\\6b\\65\\65\\70/);
    expect(run('dcmdump', path).stderr).not.to.match(/^W: .*(meta|group length)/im);
  });

  for (const [option, to] of [
    ['+te', explicitVrLittleEndian],
    ['+ti', implicitVrLittleEndian],
  ] as const) {
    it(`come out of a conversion to ${to.name} as dcmconv makes them`, async () => {
      let compared = 0;
      for (const file of files.filter((_, index) => index % 4 === 0)) {
        const dataSet = file.dataSet();
        if (dataSet.length > 2_000_000) continue;
        const input = write('in.dcm', dataSet, file.transferSyntax);
        const output = join(folder, 'out.dcm');
        if (run('dcmconv', option, '+e', '-g', input, output).status !== 0) continue;
        const theirs = readFileSync(output);
        const offset = 144 + theirs.readUInt32LE(140);

        const ours = await convert(dataSet, file.transferSyntax, to);

        const expected = readAll(theirs.subarray(offset), to);
        const actual = readAll(ours, to);
        expect(actual.rest.equals(expected.rest), `${file.path}: pixel data`).to.equal(true);
        expect(Object.keys(actual.header as object), file.path).to.deep.equal(
          Object.keys(expected.header as object),
        );
        compared += 1;
      }
      expect(compared).to.be.greaterThan(0);
    });
  }
});
