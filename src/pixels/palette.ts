import type { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { Problem } from '../lib/problem.ts';
import { shorts } from './attribute-numbers.ts';
import { type LookupTable, lookUp, tableOf } from './lookup-table.ts';
import type { Samples } from './samples.ts';

/** Descriptor, data, and segmented data of red, green and blue. */
const CHANNELS: readonly (readonly [number, number, number])[] = [
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
];

/**
 * Colours of PALETTE COLOR samples — PS3.3 §C.7.6.3.1.5, §C.7.6.3.1.6.
 * @returns red, green, blue of each pixel
 * @throws Problem 'not-renderable' where there are no tables, or none that hold together
 */
export function paletteColorsOf(samples: Samples, dataSet: DataSet, isSigned: boolean): Uint8Array {
  const tables = CHANNELS.map((channel) => channelTable(dataSet, channel, isSigned));
  const colors = new Uint8Array(samples.length * 3);
  for (const [channel, table] of tables.entries()) {
    const shades = Uint8Array.from(table.entries, (entry) => Math.round((entry / table.outputMax) * 255));
    const shadeTable = { ...table, entries: shades };
    for (let at = 0; at < samples.length; at++)
      colors[at * 3 + channel] = lookUp(shadeTable, samples[at] ?? 0);
  }
  return colors;
}

function channelTable(
  dataSet: DataSet,
  [descriptorTag, dataTag, segmentedTag]: readonly [number, number, number],
  isSigned: boolean,
): LookupTable {
  const data = dataSet.get(dataTag);
  const segmented = dataSet.get(segmentedTag);
  let table: LookupTable | undefined;
  if (data !== undefined && data.vr !== 'SQ') {
    table = tableOf(dataSet, descriptorTag, data.bytes, isSigned);
  } else if (segmented !== undefined && segmented.vr !== 'SQ') {
    table = tableOf(dataSet, descriptorTag, expanded(shorts(dataSet, segmentedTag)), isSigned);
  }
  if (table === undefined)
    throw new Problem('not-renderable', 'PALETTE COLOR without a palette that holds together');
  return table;
}

const ENTRIES_MAX = 65_536;

/** Joins the segments of 16-bit entries: discrete, linear, and those that repeat earlier ones — PS3.3 §C.7.9.2. */
function expanded(words: readonly number[]): Buffer {
  const entries: number[] = [];
  expandSegments(words, 0, Infinity, entries, true);
  const bytes = Buffer.alloc(entries.length * 2);
  for (const [at, entry] of entries.entries()) bytes.writeUInt16LE(entry, at * 2);
  return bytes;
}

/** Appends the entries of some segments; never more than a table can have. */
function expandSegments(
  words: readonly number[],
  from: number,
  segmentsMax: number,
  entries: number[],
  mayRepeat: boolean,
): void {
  let at = from;
  for (
    let segment = 0;
    segment < segmentsMax && at + 1 < words.length && entries.length < ENTRIES_MAX;
    segment++
  ) {
    const [type, length = 0] = words.slice(at, at + 2);
    if (type === 0) {
      entries.push(...words.slice(at + 2, at + 2 + Math.min(length, ENTRIES_MAX - entries.length)));
      at += 2 + length;
    } else if (type === 1) {
      appendLine(entries, words[at + 2] ?? 0, length);
      at += 3;
    } else if (type === 2 && mayRepeat) {
      // Its length counts segments; where they begin is said in bytes, low word first.
      const offset = ((words[at + 2] ?? 0) + (words[at + 3] ?? 0) * 65_536) / 2;
      expandSegments(words, offset, length, entries, false);
      at += 4;
    } else {
      return;
    }
  }
}

/** Goes on from the last entry to `end` in `length` equal steps. */
function appendLine(entries: number[], end: number, length: number): void {
  const start = entries.at(-1) ?? 0;
  const count = Math.min(length, ENTRIES_MAX - entries.length);
  for (let step = 1; step <= count; step++) entries.push(Math.round(start + ((end - start) * step) / length));
}
