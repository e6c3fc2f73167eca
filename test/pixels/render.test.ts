import { expect } from 'chai';
import { decode } from 'fast-png';
import type { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import type { PixelModule } from '../../src/pixels/pixel-module.ts';
import { renderedFrame } from '../../src/pixels/render.ts';
import { dataSetOf } from '../services/fixtures.ts';
import { refusalOf } from '../storage/problems.ts';
import { moduleDataSet, pixelModule } from './fixtures.ts';

interface Drawn {
  width: number;
  height: number;
  channels: number;
  shades: number[];
}

interface Scene {
  module?: Partial<PixelModule>;
  dataSet?(dataSet: DataSet): void;
  /** From 0. */
  frame?: number;
  sizeMax?: number;
}

/** What becomes of the bytes of a frame: one row of pixels unless told otherwise. */
function draw(bytes: Buffer, { module = {}, dataSet: change, frame = 0, sizeMax = 1024 }: Scene = {}): Drawn {
  const whole = pixelModule({ rows: 1, columns: bytes.length, ...module });
  const dataSet = moduleDataSet(whole);
  change?.(dataSet);
  const png = decode(renderedFrame({ module: whole, bytes }, dataSet, frame, sizeMax));
  return { width: png.width, height: png.height, channels: png.channels, shades: [...png.data] };
}

const words = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16LE(value & 0xffff, at * 2);
  return bytes;
};

/** Grey values of 16 bits, seen through some elements. */
function shadesOf(
  values: readonly number[],
  change: (dataSet: DataSet) => void,
  module: Partial<PixelModule> = {},
): number[] {
  const sixteen = { columns: values.length, bitsAllocated: 16, ...module };
  return draw(words(...values), { module: sixteen, dataSet: change }).shades;
}

function withWindow(center: string, width: string, shape?: string): (dataSet: DataSet) => void {
  return (dataSet) => {
    dataSet.setText(tags.WindowCenter, center);
    dataSet.setText(tags.WindowWidth, width);
    if (shape !== undefined) dataSet.setText(tags.VOILUTFunction, shape);
  };
}

describe('The picture of a monochrome frame', () => {
  it('follows the linear window of PS3.3 §C.11.2.1.2.1', () => {
    // The standard's own example: c = 2048, w = 4096, 12 bits.
    expect(shadesOf([0, 1, 2047, 2048, 4095], withWindow('2048', '4096'))).to.deep.equal([
      0, 0, 127, 128, 255,
    ]);
    // A width of 1 parts black from white.
    expect(shadesOf([99, 100, 101], withWindow('100.5', '1'))).to.deep.equal([0, 0, 255]);
  });

  it('follows the exact linear and the sigmoid window', () => {
    expect(shadesOf([0, 50, 100, 150], withWindow('50', '100', 'LINEAR_EXACT'))).to.deep.equal([
      0, 128, 255, 255,
    ]);
    // 1 / (1 + e^±2) of 255
    expect(shadesOf([0, 50, 100], withWindow('50', '100', 'SIGMOID'))).to.deep.equal([30, 128, 225]);
  });

  it('applies slope and intercept before the window', () => {
    const shades = shadesOf([0, 512, 1024], (dataSet) => {
      dataSet.setText(tags.RescaleSlope, '2');
      dataSet.setText(tags.RescaleIntercept, '-1024');
      withWindow('0.5', '2049')(dataSet);
    });

    expect(shades).to.deep.equal([0, 128, 255]);
  });

  it('takes the first window that can be one', () => {
    expect(shadesOf([0, 100], withWindow('500\\50.5', '0\\101'))).to.deep.equal([0, 255]);
  });

  it('leaves a window that shows nothing of it', () => {
    expect(shadesOf([10, 20, 30], withWindow('30000', '10'))).to.deep.equal([0, 128, 255]);
  });

  it('is stretched from its darkest to its brightest pixels without a window', () => {
    const values = Array.from({ length: 1000 }, (_, at) => 1000 + at);

    const shades = shadesOf(values, () => undefined);

    expect(shades[9]).to.equal(0);
    expect(shades[500]).to.be.within(126, 130);
    expect(shades[996]).to.equal(255);
  });

  it('leaves padding out when it is stretched', () => {
    const shades = shadesOf(
      [-2000, -2000, -2000, 100, 150, 200],
      (dataSet) => dataSet.set({ tag: tags.PixelPaddingValue, vr: 'SS', bytes: words(-2000) }),
      { isSigned: true },
    );

    expect(shades).to.deep.equal([0, 0, 0, 0, 128, 255]);
  });

  it('leaves 8-bit values as they stand, unless they are nearly the same', () => {
    expect(draw(Buffer.from([0, 10, 100, 200])).shades).to.deep.equal([0, 10, 100, 200]);
    expect(draw(Buffer.from([0, 1, 2])).shades).to.deep.equal([0, 128, 255]);
    expect(draw(Buffer.from([7, 7])).shades).to.deep.equal([7, 7]);
  });

  it('is grey where all pixels of more bits are the same', () => {
    expect(shadesOf([500, 500], () => undefined)).to.deep.equal([128, 128]);
  });

  it('is inverted once, by MONOCHROME1 or by the presentation LUT shape or both', () => {
    const bytes = Buffer.from([0, 100, 255]);
    const module = { photometricInterpretation: 'MONOCHROME1' };
    const dataSet = (one: DataSet) => void one.setText(tags.PresentationLUTShape, 'INVERSE');

    for (const scene of [{ module }, { dataSet }, { module, dataSet }]) {
      expect(draw(bytes, scene).shades).to.deep.equal([255, 155, 0]);
    }
  });

  it('has the stored bits alone, sign included', () => {
    // 12 bits, two's complement, an overlay in the bits above: -1, 0, 2047.
    const twelve = { bitsStored: 12, highBit: 11, isSigned: true };
    expect(shadesOf([0xffff, 0xf000, 0x17ff], withWindow('1023.5', '2049'), twelve)).to.deep.equal([
      0, 0, 255,
    ]);
    // The stored bits are the upper ones.
    const upper = { bitsStored: 8, highBit: 15 };
    expect(shadesOf([0x00ff, 0x80aa, 0xff11], () => undefined, upper)).to.deep.equal([0, 128, 255]);
  });

  it('shows single bits black and white', () => {
    const module = { bitsAllocated: 1, columns: 4 };

    expect(draw(Buffer.from([0b0000_0101]), { module }).shades).to.deep.equal([255, 0, 255, 0]);
  });

  it('shows floating point numbers, whatever is no number in them', () => {
    const bytes = Buffer.alloc(16);
    for (const [at, value] of [-1.5, 0, 1.5, Number.NaN].entries()) bytes.writeFloatLE(value, at * 4);

    const { shades } = draw(bytes, { module: { bitsAllocated: 32, isFloat: true, columns: 4 } });

    expect(shades).to.deep.equal([0, 128, 255, 0]);
  });

  it('goes through the tables of Modality LUT and VOI LUT', () => {
    const table = (first: number, bits: number, entries: readonly number[]) => {
      const item = dataSetOf({});
      item.set({ tag: tags.LUTDescriptor, vr: 'US', bytes: words(entries.length, first, bits) });
      item.set({ tag: tags.LUTData, vr: 'OW', bytes: words(...entries) });
      return item;
    };

    const shades = shadesOf([9, 10, 11, 12, 99], (dataSet) => {
      dataSet.setItems(tags.ModalityLUTSequence, [table(10, 16, [100, 101, 102])]);
      dataSet.setItems(tags.VOILUTSequence, [table(100, 12, [0, 2048, 4095])]);
      withWindow('1', '1')(dataSet);
    });

    expect(shades).to.deep.equal([0, 0, 128, 255, 255]);
  });

  it('takes window and rescale of its own frame, or of all frames', () => {
    const change = (dataSet: DataSet) => {
      const rescale = dataSetOf({ RescaleIntercept: '-100', RescaleSlope: '1' });
      const shared = dataSetOf({});
      shared.setItems(tags.PixelValueTransformationSequence, [rescale]);
      dataSet.setItems(tags.SharedFunctionalGroupsSequence, [shared]);
      const frames = ['50.5', '500.5'].map((center) => {
        const group = dataSetOf({});
        group.setItems(tags.FrameVOILUTSequence, [dataSetOf({ WindowCenter: center, WindowWidth: '101' })]);
        return group;
      });
      dataSet.setItems(tags.PerFrameFunctionalGroupsSequence, frames);
    };
    const module = { columns: 4, bitsAllocated: 16, numberOfFrames: 2 };
    const drawFrame = (frame: number) =>
      draw(words(100, 200, 550, 650), { module, frame, dataSet: change }).shades;

    expect(drawFrame(0)).to.deep.equal([0, 255, 255, 255]);
    expect(drawFrame(1)).to.deep.equal([0, 0, 0, 255]);
  });
});

describe('The picture of a colour frame', () => {
  const RED_GREEN = [255, 0, 0, 0, 255, 0];

  it('has red, green and blue, pixel by pixel or plane by plane', () => {
    const module = { columns: 2, samplesPerPixel: 3, photometricInterpretation: 'RGB' };

    expect(draw(Buffer.from(RED_GREEN), { module })).to.deep.include({ channels: 3, shades: RED_GREEN });
    const planes = Buffer.from([255, 0, 0, 255, 0, 0]);
    expect(draw(planes, { module: { ...module, isPlanar: true } }).shades).to.deep.equal(RED_GREEN);
  });

  it('has the upper bits of wider samples', () => {
    const module = { columns: 1, samplesPerPixel: 3, photometricInterpretation: 'RGB', bitsAllocated: 16 };

    expect(draw(words(0xffff, 0x8080, 0), { module }).shades).to.deep.equal([255, 128, 0]);
  });

  it('is converted from luminance and chrominance, subsampled or not', () => {
    const red = [76, 85, 255];
    const module = { columns: 2, samplesPerPixel: 3, photometricInterpretation: 'YBR_FULL' };

    const full = draw(Buffer.from([...red, ...red]), { module });
    const shared = draw(Buffer.from([76, 76, 85, 255]), {
      module: { ...module, photometricInterpretation: 'YBR_FULL_422' },
    });
    const partial = draw(Buffer.from([235, 16, 128, 128]), {
      module: { ...module, photometricInterpretation: 'YBR_PARTIAL_422' },
    });

    expect(full.shades).to.deep.equal([254, 0, 0, 254, 0, 0]);
    expect(shared.shades).to.deep.equal(full.shades);
    expect(partial.shades).to.deep.equal([255, 255, 255, 0, 0, 0]);
  });

  it('is refused in a colour space that nobody uses, and where colours are said to be grey', async () => {
    const drawAs = async (photometricInterpretation: string) =>
      draw(Buffer.alloc(3), { module: { columns: 1, samplesPerPixel: 3, photometricInterpretation } });

    expect(await refusalOf(drawAs('HSV'))).to.equal('not-renderable: Photometric Interpretation "HSV"');
    expect(await refusalOf(drawAs('MONOCHROME2'))).to.match(/^not-renderable: three samples a pixel/);
  });

  const CHANNELS = [
    [
      tags.RedPaletteColorLookupTableDescriptor,
      tags.RedPaletteColorLookupTableData,
      tags.SegmentedRedPaletteColorLookupTableData,
    ],
    [
      tags.GreenPaletteColorLookupTableDescriptor,
      tags.GreenPaletteColorLookupTableData,
      tags.SegmentedGreenPaletteColorLookupTableData,
    ],
    [
      tags.BluePaletteColorLookupTableDescriptor,
      tags.BluePaletteColorLookupTableData,
      tags.SegmentedBluePaletteColorLookupTableData,
    ],
  ] as const;
  const palette = { columns: 4, photometricInterpretation: 'PALETTE COLOR' };

  /** @param data of red, green and blue */
  function withPalette(
    descriptor: Buffer,
    data: readonly Buffer[],
    isSegmented = false,
  ): (dataSet: DataSet) => void {
    return (dataSet) => {
      for (const [at, [descriptorTag, dataTag, segmentedTag]] of CHANNELS.entries()) {
        dataSet.set({ tag: descriptorTag, vr: 'US', bytes: descriptor });
        dataSet.set({
          tag: isSegmented ? segmentedTag : dataTag,
          vr: 'OW',
          bytes: data[at] ?? Buffer.alloc(0),
        });
      }
    };
  }

  it('is looked up in a palette of 16 bits, its ends going on for ever', () => {
    const data = [words(0xffff, 0, 0), words(0, 0xffff, 0), words(0, 0, 0xffff)];

    const { shades } = draw(Buffer.from([1, 10, 11, 99]), {
      module: palette,
      dataSet: withPalette(words(3, 10, 16), data),
    });

    expect(shades).to.deep.equal([255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255]);
  });

  it('is looked up in a palette of bytes', () => {
    const data = [Buffer.from([1, 2, 3, 4]), Buffer.from([5, 6, 7, 8]), Buffer.from([9, 10, 11, 12])];

    const { shades } = draw(Buffer.from([0, 1, 2, 3]), {
      module: palette,
      dataSet: withPalette(words(4, 0, 8), data),
    });

    expect(shades).to.deep.equal([1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12]);
  });

  it('is looked up in a palette of segments (PS3.3 §C.7.9.2)', () => {
    // Discrete: 0, 65535; linear, down to 0 in 2 steps; the first segment again.
    const segments = words(0, 2, 0, 0xffff, 1, 2, 0, 2, 1, 0, 0);

    const { shades } = draw(Buffer.from([1, 2, 3, 5]), {
      module: palette,
      dataSet: withPalette(words(6, 0, 16), [segments, segments, segments], true),
    });

    expect(shades).to.deep.equal([255, 255, 255, 128, 128, 128, 0, 0, 0, 255, 255, 255]);
  });

  for (const [what, dataSet] of [
    ['none', () => undefined],
    ['too few entries', withPalette(words(3, 0, 16), [Buffer.alloc(2), Buffer.alloc(2), Buffer.alloc(2)])],
    ['segments that repeat themselves', withPalette(words(9, 0, 16), Array(3).fill(words(2, 9, 0, 0)), true)],
  ] as const) {
    it(`is refused with a palette of ${what}`, async () => {
      const drawing = async () => draw(Buffer.alloc(4), { module: palette, dataSet });

      expect(await refusalOf(drawing())).to.match(/^not-renderable: PALETTE COLOR without a palette/);
    });
  }
});

describe('The size of a picture', () => {
  const checkers = Buffer.from(Array.from({ length: 64 }, (_, at) => ((at + (at >> 3)) & 1) * 200));
  const module = { rows: 8, columns: 8 };

  it('is made smaller by means of whole blocks, and never larger', () => {
    const small = draw(checkers, { module, sizeMax: 4 });
    const same = draw(checkers, { module, sizeMax: 32 });

    expect(small).to.deep.include({ width: 4, height: 4, shades: Array(16).fill(100) });
    expect(same).to.deep.include({ width: 8, height: 8, shades: [...checkers] });
  });

  it('keeps the shape, and at least a pixel', () => {
    const { width, height } = draw(Buffer.from(Array.from({ length: 300 }, (_, at) => at & 0xff)), {
      sizeMax: 32,
    });

    expect({ width, height }).to.deep.equal({ width: 32, height: 1 });
  });

  for (const [what, keyword, value, size] of [
    ['an aspect ratio', 'PixelAspectRatio', '2\\1', { width: 4, height: 8 }],
    ['a spacing', 'PixelSpacing', '0.5\\1', { width: 8, height: 4 }],
    ['an aspect ratio that cannot be', 'PixelAspectRatio', '1\\100000', { width: 8, height: 8 }],
    ['an aspect ratio of nothing', 'PixelAspectRatio', '0\\0', { width: 8, height: 8 }],
  ] as const) {
    it(`follows ${what} of the pixels`, () => {
      const { width, height } = draw(checkers, {
        module,
        dataSet: (dataSet) => void dataSet.setText(tags[keyword], value),
      });

      expect({ width, height }).to.deep.equal(size);
    });
  }
});
