import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { decodedFrame } from '../../src/pixels/decode.ts';
import { jpeg2000LayoutOf } from '../../src/pixels/jpeg-2000-layout.ts';
import { refusalOf } from '../storage/problems.ts';
import { encapsulatedPixelData, openImage } from './fixtures.ts';

const bytesOf = (...parts: readonly (readonly [size: 1 | 2 | 4, value: number])[]) =>
  Buffer.concat(
    parts.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntBE(value, 0, size);
      return bytes;
    }),
  );

const segment = (marker: number, body: Buffer<ArrayBuffer>) =>
  Buffer.concat([bytesOf([2, marker], [2, body.length + 2]), body]);

interface Recipe {
  side: number;
  tile?: number;
  components?: number;
  layers?: number;
  levels?: number;
  /** Exponents of width and height of a code block, less 2. */
  codeBlock?: number;
  /** Of each resolution, as a byte: exponents of height and width. */
  precincts?: readonly number[];
  capabilities?: number;
}

/** SOC and SIZ of a square image. */
function beginning({ side, tile = side, components = 1, capabilities = 0 }: Recipe): Buffer {
  const size = [side, side, 0, 0, tile, tile, 0, 0].map((value) => [4, value] as const);
  const depths = Array.from({ length: components * 3 }, (_, at) => [1, at % 3 === 0 ? 7 : 1] as const);
  const siz = segment(0xff51, bytesOf([2, capabilities], ...size, [2, components], ...depths));
  return Buffer.concat([bytesOf([2, 0xff4f]), siz]);
}

function style({ layers = 1, levels = 5, codeBlock = 4, precincts = [] }: Recipe) {
  const flags = precincts.length > 0 ? 1 : 0;
  const sizes = precincts.map((exponents) => [1, exponents] as const);
  return segment(
    0xff52,
    bytesOf(
      [1, flags],
      [1, 0],
      [2, layers],
      [1, 0],
      [1, levels],
      [1, codeBlock],
      [1, codeBlock],
      [1, 0],
      [1, 1],
      ...sizes,
    ),
  );
}

/** A tile-part that is as long as the rest of the stream. */
const tilePart = (header: Buffer<ArrayBuffer>) =>
  Buffer.concat([
    segment(0xff90, bytesOf([2, 0], [4, 0], [1, 0], [1, 1])),
    header,
    bytesOf([2, 0xff93], [4, 0]),
  ]);

const streamOf = (recipe: Recipe, ofTile: Buffer<ArrayBuffer> = Buffer.alloc(0)) =>
  Buffer.concat([
    beginning(recipe),
    style(recipe),
    segment(0xff5c, Buffer.alloc(3 * (recipe.levels ?? 5) + 2, 0x40)),
    tilePart(ofTile),
    bytesOf([2, 0xffd9]),
  ]);

describe('The layout of a JPEG 2000 code stream (ITU-T T.800)', () => {
  it('is one tile with a precinct of each resolution where nothing else is said', () => {
    expect(jpeg2000LayoutOf(streamOf({ side: 1024 }))).to.deep.equal({
      tiles: 1,
      precincts: 6,
      // 32 × 32 at the lowest resolution; then three bands of 32, 64, 128, 256 and 512 in blocks of 64 × 64.
      codeBlocks: 1 + 3 * (1 + 1 + 4 + 16 + 64),
      packetsOfTile: 6,
    });
  });

  it('counts tiles, components, precincts, and the layers of each', () => {
    const recipe = { side: 1000, tile: 256, components: 3, layers: 7, levels: 1, precincts: [0x66, 0x77] };

    expect(jpeg2000LayoutOf(streamOf(recipe))).to.deep.equal({
      tiles: 16,
      precincts: 16 * 3 * (4 + 4),
      codeBlocks: 16 * 3 * (4 + 4 * 3),
      packetsOfTile: 3 * 8 * 7,
    });
  });

  it('is that of the costliest style, also where the header of a tile has it', () => {
    const inMain = jpeg2000LayoutOf(streamOf({ side: 256, levels: 0, precincts: [0x11] }));
    const inTile = jpeg2000LayoutOf(
      streamOf({ side: 256, levels: 0 }, style({ side: 256, levels: 0, precincts: [0x11] })),
    );

    expect(inMain.precincts).to.equal(128 * 128);
    expect(inTile).to.deep.equal(inMain);
  });

  it('can be read of a stream that is cut anywhere behind SIZ, and of noise', () => {
    const whole = streamOf({ side: 256, levels: 0 }, style({ side: 256, levels: 0, precincts: [0x11] }));
    for (let length = beginning({ side: 256 }).length; length <= whole.length; length++)
      expect(jpeg2000LayoutOf(whole.subarray(0, length)).tiles).to.equal(1);
    for (let seed = 0; seed < 256; seed++) {
      const noise = Buffer.from(whole).fill(seed, beginning({ side: 256 }).length);
      expect(jpeg2000LayoutOf(noise).tiles).to.equal(1);
    }
  });

  const refused = (recipe: Recipe) => async () => {
    const { side, components = 1 } = recipe;
    const frames = await openImage({
      module: { rows: side, columns: side, samplesPerPixel: components },
      transferSyntaxUid: uids.JPEG2000Lossless,
      pixelData: encapsulatedPixelData([], [Buffer.concat([streamOf(recipe), Buffer.alloc(1)])]),
    });
    return await refusalOf(decodedFrame(frames, 0));
  };

  for (const [words, recipe] of [
    ['16777216 precincts, more than 100000', { side: 4096, levels: 0, precincts: [0x00] }],
    ['65025 tiles, more than 10000', { side: 2040, tile: 8 }],
    ['1048576 code blocks, more than 1000000', { side: 4096, levels: 0, codeBlock: 0 }],
    [
      '16776960 packets in a tile, more than 10000000',
      { side: 1024, layers: 65_535, levels: 0, precincts: [0x66] },
    ],
    [
      '16777216 precincts, more than 100000',
      { side: 4096, levels: 0, precincts: [0x00], capabilities: 0x4000 },
    ],
  ] as const) {
    const codec = 'capabilities' in recipe ? 'of HTJ2K ' : '';
    it(`${codec}makes a frame of ${words}, refused before it is decoded`, async () => {
      expect(await refused(recipe)()).to.equal(`not-renderable: the frame has ${words}`);
    });
  }
});
