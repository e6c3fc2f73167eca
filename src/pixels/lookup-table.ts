import type { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { shorts } from './attribute-numbers.ts';

/** A table from whole numbers to numbers — PS3.3 §C.11.1.1.1, §C.11.2.1.1, §C.7.6.3.1.5. */
export interface LookupTable {
  /** The input that has the first entry; smaller ones have it too, and those beyond the last entry have that. */
  first: number;
  entries: ArrayLike<number>;
  /** Largest output there can be. */
  outputMax: number;
}

/** The table of an item of Modality or VOI LUT Sequence; undefined where there is none that holds together. */
export function lookupTableOf(item: DataSet | undefined, isSigned: boolean): LookupTable | undefined {
  if (item === undefined) return undefined;
  const data = item.get(tags.LUTData);
  if (data === undefined || data.vr === 'SQ') return undefined;
  return tableOf(item, tags.LUTDescriptor, data.bytes, isSigned);
}

/**
 * @param descriptorTag number of entries (0 for 65536), first input, bits of an entry
 * @param bytes entries of one byte or of two, as many as there are bytes for
 */
export function tableOf(
  dataSet: DataSet,
  descriptorTag: number,
  bytes: Buffer,
  isSigned: boolean,
): LookupTable | undefined {
  const [countOrZero, unsignedFirst, bits = 16] = shorts(dataSet, descriptorTag);
  const first = isSigned ? shorts(dataSet, descriptorTag, true)[1] : unsignedFirst;
  if (countOrZero === undefined || first === undefined) return undefined;
  const count = countOrZero === 0 ? 65_536 : countOrZero;
  const isWide = bytes.length >= count * 2;
  if (!isWide && bytes.length < count) return undefined;
  const entries = Array.from({ length: count }, (_, at) =>
    isWide ? bytes.readUInt16LE(at * 2) : (bytes[at] ?? 0),
  );
  return { first, entries, outputMax: outputMaxOf(entries, isWide ? bits : 8) };
}

export function lookUp({ first, entries }: LookupTable, input: number): number {
  const at = Math.min(Math.max(Math.round(input) - first, 0), entries.length - 1);
  return entries[at] ?? 0;
}

/** Some tables have larger entries than their descriptors say. */
function outputMaxOf(entries: readonly number[], bits: number): number {
  const announced = 2 ** Math.min(Math.max(bits, 1), 16) - 1;
  let largest = 0;
  for (const entry of entries) largest = Math.max(largest, entry);
  return largest > announced ? 65_535 : announced;
}
