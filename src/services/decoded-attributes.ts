import type { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { uids } from '../dicom/uids.ts';
import type { PixelModule } from '../pixels/pixel-module.ts';

/** Where encapsulated frames are and how long they all are: of no meaning where nothing is encapsulated — PS3.3 §C.7.6.3.1.8. */
const OF_FRAGMENTS: readonly number[] = [
  tags.ExtendedOffsetTable,
  tags.ExtendedOffsetTableLengths,
  tags.EncapsulatedPixelDataValueTotalLength,
];

/** JPEG by the discrete cosine transform: never without loss — PS3.5 §8.2.1. */
const ALWAYS_LOSSY: ReadonlySet<string> = new Set([
  uids.JPEGBaseline8Bit,
  uids.JPEGExtended12Bit,
  uids.JPEGSpectralSelectionNonHierarchical68,
  uids.JPEGFullProgressionNonHierarchical1012,
  uids.JPEGXLJPEGRecompression,
]);

/** Transfer syntaxes that may be with or without loss. */
const MAYBE_LOSSY: ReadonlySet<string> = new Set([
  uids.JPEGLSNearLossless,
  uids.JPEG2000,
  uids.HTJ2K,
  uids.JPEGXL,
]);

/**
 * Makes the attributes of a data set say how its samples lie after decoding — PS3.5 §8.2, PS3.3 §C.7.6.3.1. What stays true stays as it is.
 * @param stored how the data set described them before
 */
export function describeDecoded(dataSet: DataSet, stored: PixelModule, decoded: PixelModule): void {
  if (decoded.photometricInterpretation !== stored.photometricInterpretation)
    dataSet.setText(tags.PhotometricInterpretation, decoded.photometricInterpretation, 'CS');
  const isPlanarityDue = decoded.samplesPerPixel > 1;
  if (isPlanarityDue && (decoded.isPlanar !== stored.isPlanar || !dataSet.has(tags.PlanarConfiguration)))
    dataSet.setNumbers(tags.PlanarConfiguration, [decoded.isPlanar ? 1 : 0], 'US');
  for (const tag of OF_FRAGMENTS) dataSet.delete(tag);
}

/**
 * What was compressed with loss is marked so — PS3.3 §C.7.6.1.1.5: the transfer syntax, which told of it, is gone. Where that leaves it open and the data
 * set says nothing, it counts as lossy; ratio and method stay as they are.
 */
export function markLossy(dataSet: DataSet, transferSyntaxUid: string): void {
  const said = dataSet.text(tags.LossyImageCompression) ?? '';
  const isLossy = ALWAYS_LOSSY.has(transferSyntaxUid) || (MAYBE_LOSSY.has(transferSyntaxUid) && said === '');
  if (isLossy && said !== '01') dataSet.setText(tags.LossyImageCompression, '01', 'CS');
}
