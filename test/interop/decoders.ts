import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DecodedPng, decode } from 'fast-png';
import { dataSetOffsetOf, decodeFileMeta } from '../../src/dicom/file-meta.ts';
import { uids } from '../../src/dicom/uids.ts';
import { fileSource } from '../../src/pixels/data-set-source.ts';
import type { DecodedFrame } from '../../src/pixels/decode.ts';
import { Frames } from '../../src/pixels/frames.ts';
import { type CorpusFile, corpusFolder } from '../helpers/corpus.ts';
import { run } from './tools.ts';

/** Little endian and native: nothing to decode. */
export const PLAIN: readonly string[] = [uids.ImplicitVRLittleEndian, uids.ExplicitVRLittleEndian];

/** Where a reference is wrong, and which: GDCM 3.0.21, DCMTK 3.6.7. */
export const REFERENCES_WRONG: readonly string[] = [
  // Samples of 32 bits, turned round as wholes: as words of 16 bits they are not what the same instance has in little endian.
  'rt/rtdose_expb.dcm dcmconv',
  // Samples of 16 and 32 bits in RLE come out in another order, or too few of them.
  'transfer-syntax/SC_rgb_rle_16bit.dcm gdcmconv',
  'transfer-syntax/SC_rgb_rle_16bit_2frame.dcm gdcmconv',
  'transfer-syntax/SC_rgb_rle_32bit.dcm gdcmconv',
  'transfer-syntax/SC_rgb_rle_32bit_2frame.dcm gdcmconv',
];

/** SHA-256 of frames that neither DCMTK nor GDCM decodes, or not rightly. */
export const DECODED_ELSEWHERE: Readonly<Record<string, string>> = {
  // 64 zeros, as they were put in.
  'odd/generated/encapsulated-uncompressed.dcm':
    'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b',
  // The frame of rt/rtdose.dcm.
  'rt/rtdose_expb.dcm': '5a22d4e4bcb586ace046fa9b1b1cf577d007ae157185f413c560c7d768a19cce',
  // As opj_decompress 2.5.0 gives it.
  'transfer-syntax/derived/htj2k-lossless-201.dcm':
    '9d87240604f5d7522c6a8056ace6cefc2c8d6d0b07bd6e7303d5e5b21af9a49e',
  // As djxl 0.7.0 gives it.
  'transfer-syntax/test_ct1_jxl.dcm': '8cb12625f08edb46269b6bff58eaf22855f8c793ff2fb62bca84911e01a3eb7a',
};

/** Streams that no decoder takes, and films. */
export const UNDECODABLE: readonly string[] = [
  'odd/invalid_compression.dcm',
  'transfer-syntax/JPEG2000-embedded-sequence-delimiter.dcm',
  'video/h264-high-4.1.dcm',
  'video/mpeg2-mpml.dcm',
];

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

/** The instance as another program decodes it; undefined where it does not. */
export async function framesBy(
  [program = '', ...options]: readonly string[],
  file: CorpusFile,
  folder: string,
): Promise<Frames | undefined> {
  const path = join(folder, 'decoded.dcm');
  rmSync(path, { force: true });
  await run(program, [...options, pathOf(file), path]);
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const offset = dataSetOffsetOf(bytes);
  const { meta } = decodeFileMeta(bytes.subarray(0, offset));
  const source = fileSource(path, offset, bytes.length - offset);
  return await Frames.open(source, meta.transferSyntaxUid, meta.sopClassUid);
}

/** A frame as another program decodes it; undefined where it does not. */
export async function decodedBy(
  decoder: readonly string[],
  file: CorpusFile,
  index: number,
  folder: string,
): Promise<DecodedFrame | undefined> {
  const frames = await framesBy(decoder, file, folder);
  return frames && { module: frames.module, bytes: (await frames.read(index)).bytes };
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
