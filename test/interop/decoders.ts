import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DecodedPng, decode } from 'fast-png';
import { dataSetOffsetOf, decodeFileMeta } from '../../src/dicom/file-meta.ts';
import { fileSource } from '../../src/pixels/data-set-source.ts';
import type { DecodedFrame } from '../../src/pixels/decode.ts';
import { Frames } from '../../src/pixels/frames.ts';
import { type CorpusFile, corpusFolder } from '../helpers/corpus.ts';
import { run } from './tools.ts';

/** Programs of DCMTK and GDCM that write a data set uncompressed, each with what goes before the two paths. */
export function decodersFor(transferSyntaxUid: string): string[][] {
  const last = transferSyntaxUid.split('.').slice(6).join('.');
  if (last === '2' || last === '1.99') return [['dcmconv', '+te']];
  const gdcm = ['gdcmconv', '--raw'];
  if (last === '5') return [gdcm, ['dcmdrle']];
  if (/^4\.8[01]$/.test(last)) return [gdcm, ['dcmdjpls']];
  // Without conversion of its colours.
  return /^4\.(5\d|70)$/.test(last) ? [gdcm, ['dcmdjpeg', '+cn']] : [gdcm];
}

/** DCMTK's program that makes a picture of this transfer syntax. */
export function painterFor(transferSyntaxUid: string): string {
  if (/4\.8[01]$/.test(transferSyntaxUid)) return 'dcml2pnm';
  return /4\.(5\d|70)$/.test(transferSyntaxUid) ? 'dcmj2pnm' : 'dcm2pnm';
}

function pathOf(file: CorpusFile): string {
  return join(corpusFolder, file.path);
}

/** Where the data set of a file lies. */
export function placeOf(file: CorpusFile): { path: string; dataSetOffset: number; sizeBytes: number } {
  const path = pathOf(file);
  const sizeBytes = file.dataSet().length;
  return { path, dataSetOffset: statSync(path).size - sizeBytes, sizeBytes };
}

export function openFrames(file: CorpusFile): Promise<Frames> {
  const { path, dataSetOffset, sizeBytes } = placeOf(file);
  return Frames.open(fileSource(path, dataSetOffset, sizeBytes), file.transferSyntax, file.sopClass);
}

/** A frame as another program decodes it; undefined where it does not. */
export async function decodedBy(
  [program = '', ...options]: readonly string[],
  file: CorpusFile,
  index: number,
  folder: string,
): Promise<DecodedFrame | undefined> {
  const path = join(folder, 'decoded.dcm');
  rmSync(path, { force: true });
  await run(program, [...options, pathOf(file), path]);
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const offset = dataSetOffsetOf(bytes);
  const { meta } = decodeFileMeta(bytes.subarray(0, offset));
  const source = fileSource(path, offset, bytes.length - offset);
  const frames = await Frames.open(source, meta.transferSyntaxUid, meta.sopClassUid);
  return { module: frames.module, bytes: (await frames.read(index)).bytes };
}

/** A picture as DCMTK makes it; undefined where it makes none. */
export async function paintedBy(
  program: string,
  options: readonly string[],
  file: CorpusFile,
  frame: number,
  folder: string,
): Promise<DecodedPng | undefined> {
  const path = join(folder, 'painted.png');
  rmSync(path, { force: true });
  const { status } = await run(program, [...options, '+F', String(frame), '+on', pathOf(file), path]);
  return status === 0 && existsSync(path) ? decode(readFileSync(path)) : undefined;
}

/** The samples of a pixel together, whatever the planar configuration. */
export function interleaved({ module, bytes }: DecodedFrame): Buffer {
  if (!module.isPlanar) return bytes;
  const { samplesPerPixel } = module;
  const sampleBytes = module.bitsAllocated / 8;
  const pixels = module.rows * module.columns;
  const whole = Buffer.alloc(bytes.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let sample = 0; sample < samplesPerPixel; sample++) {
      const from = (sample * pixels + pixel) * sampleBytes;
      bytes.copy(whole, (pixel * samplesPerPixel + sample) * sampleBytes, from, from + sampleBytes);
    }
  }
  return whole;
}

/** Mean difference of two series of shades, and how well they go together: 1 where one is the other, brighter or darker; 0 where either is all the same. */
export function likenessOf(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
): { difference: number; correlation: number } {
  const count = ours.length;
  let [difference, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < count; at++) {
    const [one = 0, other = 0] = [ours[at], theirs[at]];
    difference += Math.abs(one - other);
    a += one;
    b += other;
    aa += one * one;
    bb += other * other;
    ab += one * other;
  }
  const spread = Math.sqrt((aa - (a * a) / count) * (bb - (b * b) / count));
  return { difference: difference / count, correlation: spread === 0 ? 0 : (ab - (a * b) / count) / spread };
}
