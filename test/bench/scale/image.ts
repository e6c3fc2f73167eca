import { tags } from '../../../src/dicom/dictionary/tags.ts';
import type { JsonValue } from '../../../src/dicom/json.ts';
import type { Modality } from './kinds.ts';

type Values = [number, JsonValue | JsonValue[]][];

/**
 * What the catalogue keeps of an image, as the devices of its modality write it, in the order of tags. Cross-sections have their place in
 * space; reports have none of an image.
 *
 * @param number of the instance @param time `HHMMSS`
 */
export function imageAttributes(modality: Modality, number: number, date: string, time: string): Values {
  switch (modality) {
    case 'CT':
    case 'MR':
    case 'PT':
      return crossSection(modality, number, date, time);
    case 'SR':
      return [
        [tags.InstanceCreationDate, date],
        [tags.InstanceCreationTime, time],
        [tags.ContentDate, date],
        [tags.ContentTime, time],
        [tags.InstanceNumber, number],
        [tags.CompletionFlag, 'COMPLETE'],
        [tags.VerificationFlag, 'UNVERIFIED'],
      ];
    case 'PR':
      return [
        [tags.InstanceNumber, number],
        [tags.ContentLabel, 'PRESENTATION'],
        [tags.ContentDescription, 'Key images'],
        [tags.PresentationCreationDate, date],
        [tags.PresentationCreationTime, time],
      ];
    case 'CR':
    case 'DX':
    case 'MG':
    case 'US':
    case 'SC':
    case 'XA':
    case 'NM':
      return projection(modality, number, date, time);
  }
}

function crossSection(modality: Modality, number: number, date: string, time: string): Values {
  const location = 2.5 * number - 300;
  return [
    [tags.ImageType, ['ORIGINAL', 'PRIMARY', 'AXIAL']],
    [tags.InstanceCreationDate, date],
    [tags.InstanceCreationTime, `${time}.140000`],
    [tags.AcquisitionDate, date],
    [tags.ContentDate, date],
    [tags.AcquisitionTime, `${time}.031500`],
    [tags.ContentTime, `${time}.140000`],
    [tags.SliceThickness, modality === 'MR' ? 5 : 2.5],
    [tags.AcquisitionNumber, 1],
    [tags.InstanceNumber, number],
    [tags.ImagePositionPatient, [-187.734375, -342.734375, location]],
    [tags.ImageOrientationPatient, [1, 0, 0, 0, 1, 0]],
    [tags.SliceLocation, location],
    [tags.SamplesPerPixel, 1],
    [tags.PhotometricInterpretation, 'MONOCHROME2'],
    [tags.Rows, 512],
    [tags.Columns, 512],
    [tags.PixelSpacing, [0.732421875, 0.732421875]],
    [tags.BitsAllocated, 16],
    [tags.BitsStored, 12],
  ];
}

function projection(modality: Modality, number: number, date: string, time: string): Values {
  const isColour = modality === 'US';
  const frames: Values = modality === 'XA' ? [[tags.NumberOfFrames, 60 + (number % 40)]] : [];
  return [
    [tags.ImageType, ['DERIVED', 'PRIMARY']],
    [tags.AcquisitionDate, date],
    [tags.ContentDate, date],
    [tags.AcquisitionTime, time],
    [tags.ContentTime, time],
    [tags.InstanceNumber, number],
    [tags.SamplesPerPixel, isColour ? 3 : 1],
    [tags.PhotometricInterpretation, isColour ? 'YBR_FULL_422' : 'MONOCHROME1'],
    ...frames,
    [tags.Rows, 2022],
    [tags.Columns, 2022],
    [tags.BitsAllocated, isColour ? 8 : 16],
    [tags.BitsStored, isColour ? 8 : 12],
  ];
}
