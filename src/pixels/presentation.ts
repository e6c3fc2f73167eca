import type { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { finite, shorts } from './attribute-numbers.ts';
import { type LookupTable, lookupTableOf } from './lookup-table.ts';

/** How stored values become what is shown, for one frame — PS3.3 §C.11.1, §C.11.2, §C.7.6.16.2. */
export interface Presentation {
  modality: { slope: number; intercept: number } | LookupTable;
  voi: Window | LookupTable | undefined;
  /** Smallest values are white. */
  isInverted: boolean;
  /** Stored values from and to which mean "no pixel here". */
  padding: { from: number; to: number } | undefined;
  /** Height of a pixel by its width. */
  pixelAspect: number;
}

export interface Window {
  center: number;
  width: number;
  shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
}

/** @param index of the frame, from 0 */
export function presentationOf(dataSet: DataSet, index: number, isSigned: boolean): Presentation {
  const transformation = groupOf(dataSet, index, tags.PixelValueTransformationSequence);
  const voi = groupOf(dataSet, index, tags.FrameVOILUTSequence);
  return {
    modality: lookupTableOf(transformation.items(tags.ModalityLUTSequence)[0], isSigned) ?? {
      slope: finite(transformation, tags.RescaleSlope) || 1,
      intercept: finite(transformation, tags.RescaleIntercept) ?? 0,
    },
    // The table has the values of Modality LUT as its inputs, which are signed where a rescale makes them so — PS3.3 §C.11.2.1.1.
    voi:
      lookupTableOf(
        voi.items(tags.VOILUTSequence)[0],
        isSigned || (finite(transformation, tags.RescaleIntercept) ?? 0) < 0,
      ) ?? windowOf(voi),
    isInverted:
      dataSet.text(tags.PresentationLUTShape) === 'INVERSE' ||
      dataSet.text(tags.PhotometricInterpretation) === 'MONOCHROME1',
    padding: paddingOf(dataSet, isSigned),
    pixelAspect: pixelAspectOf(dataSet, groupOf(dataSet, index, tags.PixelMeasuresSequence)),
  };
}

/**
 * Where the attributes of a functional group stand: for the frame, for all frames, or, in instances without such groups, in the data set itself —
 * PS3.3 §C.7.6.16.1.
 */
function groupOf(dataSet: DataSet, index: number, macro: number): DataSet {
  const frame = dataSet.items(tags.PerFrameFunctionalGroupsSequence)[index]?.items(macro)[0];
  const shared = dataSet.items(tags.SharedFunctionalGroupsSequence)[0]?.items(macro)[0];
  return frame ?? shared ?? dataSet;
}

/** The first window that can be one: a width of 0 is written by some. */
function windowOf(voi: DataSet): Window | undefined {
  const centers = voi.numbers(tags.WindowCenter);
  const widths = voi.numbers(tags.WindowWidth);
  const named = voi.text(tags.VOILUTFunction);
  const shape = named === 'SIGMOID' || named === 'LINEAR_EXACT' ? named : 'LINEAR';
  for (const [at, center] of centers.entries()) {
    const width = widths[at];
    if (center === undefined || width === undefined || !Number.isFinite(center) || !Number.isFinite(width))
      continue;
    if (shape === 'LINEAR' ? width >= 1 : width > 0) return { center, width, shape };
  }
  return undefined;
}

/** PS3.3 §C.7.5.1.1.2 */
function paddingOf(dataSet: DataSet, isSigned: boolean): Presentation['padding'] {
  const float =
    finite(dataSet, tags.FloatPixelPaddingValue) ?? finite(dataSet, tags.DoubleFloatPixelPaddingValue);
  const value = float ?? shorts(dataSet, tags.PixelPaddingValue, isSigned)[0];
  if (value === undefined) return undefined;
  const limit = shorts(dataSet, tags.PixelPaddingRangeLimit, isSigned)[0] ?? value;
  return { from: Math.min(value, limit), to: Math.max(value, limit) };
}

/** The spacings that say how large a pixel is, the best one first. */
const SPACINGS: readonly number[] = [
  tags.PixelSpacing,
  tags.ImagerPixelSpacing,
  tags.NominalScannedPixelSpacing,
];

function pixelAspectOf(dataSet: DataSet, measures: DataSet): number {
  const [vertical, horizontal] = dataSet.numbers(tags.PixelAspectRatio);
  const own = ratioOf(vertical, horizontal);
  if (own !== undefined) return own;
  for (const tag of SPACINGS) {
    const [rowSpacing, columnSpacing] = (measures.has(tag) ? measures : dataSet).numbers(tag);
    const ratio = ratioOf(rowSpacing, columnSpacing);
    if (ratio !== undefined) return ratio;
  }
  return 1;
}

/** A pixel that is ten times as high as wide is a mistake. */
const ASPECT_MAX = 10;

function ratioOf(vertical: number | undefined, horizontal: number | undefined): number | undefined {
  if (vertical === undefined || horizontal === undefined) return undefined;
  const ratio = vertical / horizontal;
  return ratio >= 1 / ASPECT_MAX && ratio <= ASPECT_MAX ? ratio : undefined;
}
