import type { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { Problem } from '../lib/problem.ts';
import { finite, shorts } from './attribute-numbers.ts';
import { pixelLimits } from './limits.ts';

/** How the samples of an instance are laid out — PS3.3 §C.7.6.3, Image Pixel Module. */
export interface PixelModule {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  /** Pixel Representation (0028,0103) is 1: two's complement. */
  readonly isSigned: boolean;
  /** Planar Configuration (0028,0006) is 1: all of one colour, then all of the next. */
  readonly isPlanar: boolean;
  readonly photometricInterpretation: string;
  readonly numberOfFrames: number;
  /** IEEE 754 numbers of Float or Double Float Pixel Data — PS3.3 §C.7.6.24, §C.7.6.25. */
  readonly isFloat: boolean;
}

const BITS_ALLOCATED: readonly number[] = [1, 8, 16, 32];

/**
 * @param pixelDataTag which of the three kinds of Pixel Data there is
 * @throws Problem 'not-renderable' naming what is missing or impossible
 */
export function pixelModuleOf(dataSet: DataSet, pixelDataTag: number): PixelModule {
  const required = (tag: number, name: string) => {
    const [value] = shorts(dataSet, tag);
    if (value === undefined || value === 0) throw new Problem('not-renderable', `no ${name}`);
    return value;
  };
  const isFloat = pixelDataTag !== tags.PixelData;
  const samplesPerPixel = shorts(dataSet, tags.SamplesPerPixel)[0] ?? 1;
  const bitsAllocated = floatBits(pixelDataTag) ?? required(tags.BitsAllocated, 'Bits Allocated');
  if (!isFloat && !BITS_ALLOCATED.includes(bitsAllocated)) {
    throw new Problem('not-renderable', `Bits Allocated of ${bitsAllocated}`);
  }
  if (![1, 3].includes(samplesPerPixel) || (samplesPerPixel === 3 && bitsAllocated === 1)) {
    throw new Problem('not-renderable', `Samples per Pixel of ${samplesPerPixel}`);
  }
  const module: PixelModule = {
    rows: required(tags.Rows, 'Rows'),
    columns: required(tags.Columns, 'Columns'),
    samplesPerPixel,
    bitsAllocated,
    ...storedBits(dataSet, bitsAllocated),
    isSigned: !isFloat && shorts(dataSet, tags.PixelRepresentation)[0] === 1,
    isPlanar: samplesPerPixel > 1 && shorts(dataSet, tags.PlanarConfiguration)[0] === 1,
    photometricInterpretation: photometricOf(dataSet, samplesPerPixel),
    numberOfFrames: Math.max(1, Math.trunc(finite(dataSet, tags.NumberOfFrames) ?? 1)),
    isFloat,
  };
  if (frameBytesOf(module) > pixelLimits.frameBytesMax) {
    throw new Problem(
      'not-renderable',
      `a frame of ${module.columns} × ${module.rows} pixels is more than ${pixelLimits.frameBytesMax} bytes`,
    );
  }
  return module;
}

/** Bits of a native frame, where nothing is padded — PS3.5 §8.1.1, §8.2. */
export function frameBitsOf(module: PixelModule): number {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = module;
  return (
    rows * columns * bitsAllocated * (SAMPLES_OF_SUBSAMPLED[photometricInterpretation] ?? samplesPerPixel)
  );
}

/** Bytes of a frame that stands alone. */
export function frameBytesOf(module: PixelModule): number {
  return Math.ceil(frameBitsOf(module) / 8);
}

/** Samples of a pixel on average where the chrominance has fewer than the luminance — PS3.3 §C.7.6.3.1.2. */
const SAMPLES_OF_SUBSAMPLED: Readonly<Record<string, number>> = {
  YBR_FULL_422: 2,
  YBR_PARTIAL_422: 2,
  YBR_PARTIAL_420: 1.5,
};

function floatBits(pixelDataTag: number): number | undefined {
  if (pixelDataTag === tags.FloatPixelData) return 32;
  return pixelDataTag === tags.DoubleFloatPixelData ? 64 : undefined;
}

/** Bits Stored and High Bit, as far as they fit into Bits Allocated; else all bits. */
function storedBits(dataSet: DataSet, bitsAllocated: number): { bitsStored: number; highBit: number } {
  const [stored = bitsAllocated] = shorts(dataSet, tags.BitsStored);
  const bitsStored = stored >= 1 && stored <= bitsAllocated ? stored : bitsAllocated;
  const [high = bitsStored - 1] = shorts(dataSet, tags.HighBit);
  return { bitsStored, highBit: high >= bitsStored - 1 && high < bitsAllocated ? high : bitsStored - 1 };
}

function photometricOf(dataSet: DataSet, samplesPerPixel: number): string {
  const value = dataSet.text(tags.PhotometricInterpretation) ?? '';
  if (value !== '') return value;
  return samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB';
}
