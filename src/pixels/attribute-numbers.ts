import type { DataSet } from '../dicom/data-set.ts';

/**
 * 16-bit numbers of an element whatever its VR says: those of the Image Pixel module are US, or SS where Pixel Representation makes them so, which Implicit VR and
 * UN do not tell — PS3.6 Table 6.1.
 */
export function shorts(dataSet: DataSet, tag: number, isSigned = false): number[] {
  const element = dataSet.get(tag);
  if (element === undefined || element.vr === 'SQ') return [];
  const { bytes } = element;
  return Array.from({ length: bytes.length >> 1 }, (_, index) =>
    isSigned ? bytes.readInt16LE(index * 2) : bytes.readUInt16LE(index * 2),
  );
}

/** First value of an element, where it is a number like any other. */
export function finite(dataSet: DataSet, tag: number): number | undefined {
  const value = dataSet.number(tag);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
