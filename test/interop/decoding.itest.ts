import { inflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import type { StoredInstance } from '../../src/catalog/catalog.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { formatTag } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import type { Element } from '../../src/dicom/element.ts';
import {
  explicitVrLittleEndian,
  implicitVrLittleEndian,
  type TransferSyntax,
  transferSyntaxOf,
} from '../../src/dicom/transfer-syntax.ts';
import { Problem } from '../../src/lib/problem.ts';
import { memorySource } from '../../src/pixels/data-set-source.ts';
import { FrameDecoder } from '../../src/pixels/frame-decoder.ts';
import { Frames } from '../../src/pixels/frames.ts';
import { readHead } from '../../src/pixels/instance-head.ts';
import { openSendable } from '../../src/services/sendable.ts';
import { ShortFiles } from '../../src/storage/short-files.ts';
import { type CorpusFile, corpus, sha256Of } from '../helpers/corpus.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { decodersFor, framesBy, interleaved, PLAIN, placeOf, REFERENCES_WRONG } from './decoders.ts';

/** What decoding may change — PS3.5 §8.2, PS3.3 §C.7.6.3.1. */
const MAY_CHANGE: readonly number[] = [
  tags.PhotometricInterpretation,
  tags.PlanarConfiguration,
  tags.LossyImageCompression,
  tags.ExtendedOffsetTable,
  tags.ExtendedOffsetTableLengths,
  tags.EncapsulatedPixelDataValueTotalLength,
];

/** Streams that no decoder takes, and films. */
const NOT_SENT: readonly string[] = [
  'odd/invalid_compression.dcm',
  'transfer-syntax/JPEG2000-embedded-sequence-delimiter.dcm',
  'video/h264-high-4.1.dcm',
  'video/mpeg2-mpml.dcm',
];

/** Of 64 × 64 samples, as GDCM 3.0.21 gives them. */
const ICON_SHA256 = '7c86ae2d0e1d8ae9291eb1cfaeb6626be58e7d830e0918cb2a13c7c1114a4d6e';

const LIMITS = { depthMax: 64, elementsMax: 1_000_000 };

describe('The corpus, decoded for a destination that takes only uncompressed instances (PS3.5 §8.2)', function () {
  this.timeout(600_000);
  const stored = (corpus ?? []).filter(
    (file) => file.expect === 'store' && !PLAIN.includes(file.transferSyntax),
  );
  const folder = temporaryFolder('decoding');
  const decoder = new FrameDecoder();
  before(function () {
    if (corpus === undefined) this.skip();
  });
  after(async () => {
    await decoder.close();
    removeFolder(folder);
  });

  async function decoded(file: CorpusFile, to: TransferSyntax): Promise<Buffer> {
    const { path, ...place } = placeOf(file);
    const instance = { ...place, transferSyntaxUid: file.transferSyntax } as unknown as StoredInstance;
    const sendable = await openSendable(path, instance, to.uid, { decoder, shortFiles: new ShortFiles() });
    const { pieces, sizeBytes } = await sendable.prepare();
    const all: Buffer[] = [];
    for await (const piece of pieces) all.push(Buffer.from(piece));
    await sendable.close();
    const bytes = Buffer.concat(all);
    if (sizeBytes !== undefined) expect(bytes.length, file.path).to.equal(sizeBytes);
    return bytes;
  }

  it('has in every frame the very samples that other decoders give', async () => {
    const wrong: string[] = [];
    const failed: string[] = [];
    let compared = 0;
    for (const file of stored) {
      const bytes = await decoded(file, explicitVrLittleEndian).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        failed.push(file.path);
      });
      if (bytes === undefined) continue;
      const ours = await framesOf(bytes, file).catch(() => undefined);
      if (ours === undefined) continue;
      for (const program of decodersFor(file.transferSyntax)) {
        const theirs = await framesBy(program, file, folder).catch(() => 'unreadable' as const);
        if (theirs === undefined) continue;
        compared += 1;
        const isSame = theirs !== 'unreadable' && (await haveSameSamples(ours, theirs));
        if (!isSame) wrong.push(`${file.path} ${program[0]}`);
      }
    }

    expect(failed.sort()).to.deep.equal(NOT_SENT);
    expect(wrong.sort()).to.deep.equal([...REFERENCES_WRONG].sort());
    expect(compared).to.be.above(100);
  });

  it('has the icon decoded too, and its attributes with it', async () => {
    const file = stored.find(({ path }) => path === 'private-tags/slicethickness_empty_string.dcm');
    if (file === undefined) throw new Error('no such file');
    const { dataSet } = await framesOf(await decoded(file, explicitVrLittleEndian), file);
    const [before] = (await originalOf(file)).items(tags.IconImageSequence);
    const [icon] = dataSet.items(tags.IconImageSequence);
    const pixels = icon?.get(tags.PixelData);

    expect(pixels).to.deep.include({ vr: 'OB' });
    expect(pixels?.vr === 'OB' && pixels.bytes.length).to.equal(64 * 64);
    expect(pixels?.vr === 'OB' && sha256Of(pixels.bytes)).to.equal(ICON_SHA256);
    expect(icon?.tagsInOrder()).to.deep.equal(before?.tagsInOrder());
  });

  for (const to of [explicitVrLittleEndian, implicitVrLittleEndian]) {
    it(`has every other element as it was, in ${to.name}`, async () => {
      const different: string[] = [];
      for (const file of stored.filter(({ path }) => !NOT_SENT.includes(path))) {
        const ours = DataSet.decode(await decoded(file, to), to, LIMITS);
        different.push(
          ...differencesOf(await originalOf(file), ours, to).map((one) => `${file.path}: ${one}`),
        );
      }

      expect(different).to.deep.equal([]);
    });
  }
});

function framesOf(bytes: Buffer, file: CorpusFile): Promise<Frames> {
  return Frames.open(memorySource(bytes), explicitVrLittleEndian.uid, file.sopClass);
}

async function haveSameSamples(ours: Frames, theirs: Frames): Promise<boolean> {
  const { numberOfFrames } = ours.module;
  if (theirs.module.numberOfFrames !== numberOfFrames) return false;
  for (let index = 0; index < numberOfFrames; index++) {
    const [one, other] = await Promise.all([ours.read(index), theirs.read(index)]);
    const mine = interleaved({ module: ours.module, bytes: one.bytes });
    if (!mine.equals(interleaved({ module: theirs.module, bytes: other.bytes }))) return false;
  }
  return true;
}

/** Everything that stands before the pixels, and all where there are none. */
async function originalOf(file: CorpusFile): Promise<DataSet> {
  const bytes = transferSyntaxOf(file.transferSyntax)?.deflated
    ? inflateRawSync(file.dataSet())
    : file.dataSet();
  const syntax = transferSyntaxOf(file.transferSyntax) ?? explicitVrLittleEndian;
  const head = await readHead(memorySource(bytes), syntax);
  return head?.dataSet ?? DataSet.decode(bytes, syntax, LIMITS);
}

function differencesOf(original: DataSet, ours: DataSet, to: TransferSyntax): string[] {
  const differences: string[] = [];
  for (const element of original.elements()) {
    const { tag } = element;
    if ((tag & 0xffff) === 0 || MAY_CHANGE.includes(tag)) continue;
    const other = ours.get(tag);
    const words = other === undefined ? 'missing' : differenceOf(element, other, to);
    if (words !== undefined) differences.push(`${formatTag(tag)} ${words}`);
  }
  const added = ours.tagsInOrder().filter((tag) => tag < tags.PixelData && !original.has(tag));
  for (const tag of added) if (!MAY_CHANGE.includes(tag)) differences.push(`${formatTag(tag)} added`);
  return differences;
}

function differenceOf(element: Element, other: Element, to: TransferSyntax): string | undefined {
  if (element.tag === tags.IconImageSequence) return undefined; // decoded as the image is: see below
  return encoded(element, to).equals(encoded(other, to)) ? undefined : 'is another';
}

/** In Implicit VR a private sequence is bytes like others. */
function encoded(element: Element, to: TransferSyntax): Buffer {
  const dataSet = new DataSet();
  dataSet.set(element.vr === 'SQ' ? { ...element, items: [...element.items] } : element);
  return dataSet.encode(to);
}
