import { expect } from 'chai';
import { type DecodedPng, decode } from 'fast-png';
import { Problem } from '../../src/lib/problem.ts';
import { decodedFrame } from '../../src/pixels/decode.ts';
import { pixelLimits } from '../../src/pixels/limits.ts';
import { Painter } from '../../src/pixels/painter.ts';
import { type CorpusFile, corpus, sha256Of } from '../helpers/corpus.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import {
  DECODED_ELSEWHERE,
  decodedBy,
  decodersFor,
  interleaved,
  likenessOf,
  openFrames,
  PLAIN,
  paintedBy,
  painterFor,
  placeOf,
  REFERENCES_WRONG,
  UNDECODABLE,
} from './decoders.ts';

/** Pixel Data (7FE0,0010) as it stands in a little endian data set. */
const PIXEL_DATA = Buffer.from('e07f1000', 'hex');

/** Pixel Data that is not there, or too much of it. */
const UNPAINTABLE: readonly string[] = [
  'odd/2026-05-26-oob-monochrome-46341.dcm',
  'odd/GH1146.dcm',
  'odd/generated/pixel-data-too-short.dcm',
];

/** Pictures that look otherwise than DCMTK's, and should. */
const UNLIKE: readonly string[] = [
  // Theirs is all of one shade.
  'nm-pt/GH610.dcm',
  // The data set says RGB, and the JPEG stream is of luminance and chrominance: theirs is in false colours.
  'private-tags/GH195.dcm',
  // A line of dead pixels at the edge leaves little contrast to the rest of theirs.
  'rt/RTImageStorage.dcm',
  // They do not decode it rightly: see above.
  'rt/rtdose_expb.dcm',
  // The window has VR UN, in which they do not see it.
  'transfer-syntax/ct-17-syntaxes/CTImage.dcm_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm',
  // All of one value: theirs are black, ours grey.
  'private-tags/GH1261.dcm',
  'wsi/sm_image_grayscale.dcm',
];

/** Phase maps: noise wherever there is air. */
const PHASE_MAPS = 'mr/series-ge-b0map-32/';

/** Pictures that are odd by nature. */
const ODD: readonly string[] = [
  // Every pixel has one value.
  'odd/generated/encapsulated-uncompressed.dcm: of one shade',
  'private-tags/GH1261.dcm: of one shade',
  'seg-enhanced/seg_image_ct_binary.dcm: of one shade',
  'seg-enhanced/seg_image_ct_binary_fractional.dcm: of one shade',
  'seg-enhanced/seg_image_ct_true_fractional.dcm: of one shade',
  'seg-enhanced/seg_image_sm_dots_tiled_full.dcm: of one shade',
  'wsi/sm_image_grayscale.dcm: of one shade',
  // Tiles of empty glass, some pixels one shade darker.
  'wsi/sm_image.dcm: like noise',
  'wsi/sm_image_jpegls.dcm: like noise',
  'wsi/sm_image_jpegls_nobot.dcm: like noise',
];

describe('Previews of the corpus', () => {
  const stored = (corpus ?? []).filter((file) => file.expect === 'store');
  const folder = temporaryFolder('previews');
  const painter = new Painter();
  before(function () {
    if (corpus === undefined) this.skip();
  });
  after(async () => {
    await painter.close();
    removeFolder(folder);
  });

  function paint(file: CorpusFile, sizeMax: number, frame?: number): Promise<Buffer> {
    const { transferSyntax: transferSyntaxUid, sopClass: sopClassUid } = file;
    return painter.paint({ ...placeOf(file), transferSyntaxUid, sopClassUid, frame, sizeMax });
  }

  it('are decoded to the very bytes that other decoders give', async () => {
    const wrong: string[] = [];
    const alone: Record<string, string> = {};
    const undecodable: string[] = [];
    for (const file of stored.filter(({ transferSyntax }) => !PLAIN.includes(transferSyntax))) {
      const index = await middleOf(file);
      if (index === undefined) continue;
      const ours = await openFrames(file)
        .then((frames) => decodedFrame(frames, index))
        .catch((error: unknown) => {
          if (!(error instanceof Problem)) throw error;
        });
      if (ours === undefined) {
        undecodable.push(file.path);
        continue;
      }
      let agree = 0;
      for (const decoder of decodersFor(file.transferSyntax)) {
        const theirs = await decodedBy(decoder, file, index, folder).catch(() => 'unreadable' as const);
        if (theirs === undefined) continue;
        const isSame = theirs !== 'unreadable' && interleaved(theirs).equals(interleaved(ours));
        if (isSame) agree += 1;
        else wrong.push(`${file.path} ${decoder[0]}`);
      }
      if (agree === 0) alone[file.path] = sha256Of(ours.bytes);
    }

    expect(wrong.sort()).to.deep.equal([...REFERENCES_WRONG].sort());
    expect(alone).to.deep.equal(DECODED_ELSEWHERE);
    expect(undecodable.sort()).to.deep.equal([...UNDECODABLE].sort());
  });

  it('look as DCMTK makes them look', async () => {
    const unlike: string[] = [];
    let compared = 0;
    for (const file of oneOfEach(stored)) {
      const index = await middleOf(file);
      const ours = index === undefined ? undefined : await paint(file, 65_535, index + 1).catch(asRefused);
      if (index === undefined || ours === undefined) continue;
      const likeness = await likenessToDcmtk(file, decode(ours), index + 1);
      if (likeness === undefined) continue;
      compared += 1;
      if (!isAlike(likeness)) unlike.push(file.path);
    }

    expect(unlike.sort()).to.deep.equal([...UNLIKE].sort());
    expect(compared).to.be.above(150);
  });

  it('are pictures, and neither black nor noise', async () => {
    const withPixels: string[] = [];
    const odd: string[] = [];
    let painted = 0;
    for (const file of stored) {
      const png = await paint(file, 256).catch(asRefused);
      if (png === undefined) {
        if (file.dataSet().includes(PIXEL_DATA)) withPixels.push(file.path);
        continue;
      }
      painted += 1;
      const oddity = oddityOf(decode(png));
      if (oddity !== undefined && !file.path.startsWith(PHASE_MAPS)) odd.push(`${file.path}: ${oddity}`);
    }
    expect(withPixels.sort()).to.deep.equal([...UNDECODABLE, ...UNPAINTABLE].sort());
    expect(odd.sort()).to.deep.equal([...ODD].sort());
    expect(painted).to.be.above(500);
  });

  it('of broken instances are refused in time', async () => {
    const broken = (corpus ?? []).filter((file) => file.expect === 'reject');
    let slowestMs = 0;
    for (const file of broken) {
      const begun = performance.now();
      await paint(file, 256).catch(asRefused);
      slowestMs = Math.max(slowestMs, performance.now() - begun);
    }

    expect(slowestMs).to.be.below(pixelLimits.pictureTimeoutMs);
  });

  /** Undefined where DCMTK makes no picture, or one of another size since pixels are not square. */
  async function likenessToDcmtk(
    file: CorpusFile,
    ours: DecodedPng,
    frame: number,
  ): Promise<Likeness | undefined> {
    const program = painterFor(file.transferSyntax);
    let best: Likeness | undefined;
    // The first window of the data set; else values as they stand; else from the darkest to the brightest.
    for (const options of [['+Wi', '1'], [], ['+Wm']]) {
      const theirs = await paintedBy(program, options, file, frame, folder);
      if (theirs === undefined || theirs.data.length !== ours.data.length) continue;
      const isStretched = options[0] === '+Wm';
      const likeness = { ...likenessOf(ours.data, theirs.data), isStretched };
      if (isAlike(likeness)) return likeness;
      best ??= likeness;
    }
    return best;
  }
});

/** Index of the middle frame; undefined where the instance has no pixels that can be read. */
async function middleOf(file: CorpusFile): Promise<number | undefined> {
  try {
    const { numberOfFrames } = (await openFrames(file)).module;
    return numberOfFrames >> 1;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return undefined;
  }
}

function asRefused(error: unknown): undefined {
  if (!(error instanceof Problem)) throw error;
  return undefined;
}

interface Likeness {
  difference: number;
  correlation: number;
  isStretched: boolean;
}

/** Shades, of 255, by which two pictures may differ on average: rounding, and conversion of colours. */
const DIFFERENCE_MAX = 1;
/** Where both are stretched, and we leave out what is darkest and brightest, dark stays dark all the same. */
const CORRELATION_MIN = 0.7;

function isAlike({ difference, correlation, isStretched }: Likeness): boolean {
  return difference <= DIFFERENCE_MAX || (isStretched && correlation >= CORRELATION_MIN);
}

/** Of long series and of generated files, which are all of one kind, a few. */
function oneOfEach(files: readonly CorpusFile[]): CorpusFile[] {
  const counts = new Map<string, number>();
  return files.filter(({ path }) => {
    const kind = /^(mr\/series|ct\/series|charset|odd\/generated)/.exec(path)?.[0];
    if (kind === undefined) return true;
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    return count % 40 === 0;
  });
}

/** What makes a picture look like none: it is of one shade, or neighbours have nothing to do with each other. */
function oddityOf({ data, width, height, channels }: DecodedPng): string | undefined {
  const left: number[] = [];
  const right: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      left.push(data[(y * width + x) * channels] ?? 0);
      right.push(data[(y * width + x + 1) * channels] ?? 0);
    }
  }
  if (left.every((shade) => shade === left[0])) return 'of one shade';
  const { correlation } = likenessOf(left, right);
  return correlation < 0.3 ? 'like noise' : undefined;
}
