import { encode } from 'fast-png';
import type { DataSet } from '../dicom/data-set.ts';
import { Problem } from '../lib/problem.ts';
import { colorsOf } from './color.ts';
import type { DecodedFrame } from './decode.ts';
import { grayscaleOf } from './grayscale.ts';
import { paletteColorsOf } from './palette.ts';
import { type Picture, shrunk } from './picture.ts';
import { type Presentation, presentationOf } from './presentation.ts';
import { samplesOf } from './samples.ts';

/**
 * The picture of a frame, as a person would look at it.
 * @param index of the frame, from 0
 * @param sizeMax pixels of the longer side; a picture is never enlarged
 * @returns a PNG file, of grey values or colours of 8 bits
 * @throws Problem 'not-renderable'
 */
export function renderedFrame(
  frame: DecodedFrame,
  dataSet: DataSet,
  index: number,
  sizeMax: number,
): Uint8Array {
  const { rows: height, columns: width, isSigned } = frame.module;
  const presentation = presentationOf(dataSet, index, isSigned);
  const picture: Picture = { width, height, ...shownOf(frame, dataSet, presentation) };
  const small = shrunk(picture, sizeMax, presentation.pixelAspect);
  return encode({ ...small, data: small.shades, depth: 8 });
}

function shownOf(
  frame: DecodedFrame,
  dataSet: DataSet,
  presentation: Presentation,
): Pick<Picture, 'channels' | 'shades'> {
  const { module } = frame;
  const samples = samplesOf(frame);
  switch (module.photometricInterpretation) {
    case 'MONOCHROME1':
    case 'MONOCHROME2':
      break;
    case 'PALETTE COLOR':
      return { channels: 3, shades: paletteColorsOf(samples, dataSet, module.isSigned) };
    default:
      if (module.samplesPerPixel === 3) return { channels: 3, shades: colorsOf(samples, module) };
  }
  if (module.samplesPerPixel !== 1)
    throw new Problem('not-renderable', 'three samples a pixel, and no colours');
  return { channels: 1, shades: grayscaleOf(samples, module, presentation) };
}
