import { DataSet } from '../dicom/data-set.ts';
import { type BulkElement, DataSetScanner } from '../dicom/data-set-scanner.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { TransferSyntax } from '../dicom/transfer-syntax.ts';
import { Problem } from '../lib/problem.ts';
import type { DataSetSource } from './data-set-source.ts';
import { pixelLimits } from './limits.ts';

/** What stands before the pixels, and where these are. */
export interface InstanceHead {
  dataSet: DataSet;
  /** Pixel Data, Float Pixel Data or Double Float Pixel Data. */
  pixelData: BulkElement;
}

/**
 * Reads a data set up to its pixels.
 * @returns undefined where it has none
 * @throws Problem 'unreadable-data-set', or 'not-renderable' where too much stands before the pixels
 */
export async function readHead(
  source: DataSetSource,
  syntax: TransferSyntax,
): Promise<InstanceHead | undefined> {
  const scanner = new DataSetScanner(syntax, new Set([tags.IconImageSequence]));
  const pieces: Buffer[] = [];
  for await (const piece of source.pieces(0, Infinity)) {
    scanner.write(piece);
    pieces.push(Buffer.from(piece));
    const { bulk } = scanner;
    if ((bulk?.position ?? scanner.position) > pixelLimits.headBytesMax) {
      throw new Problem(
        'not-renderable',
        `more than ${pixelLimits.headBytesMax} bytes stand before the pixels`,
      );
    }
    if (bulk === undefined) continue;
    const limits = { depthMax: pixelLimits.headDepthMax, elementsMax: pixelLimits.headElementsMax };
    const head = withoutIcon(Buffer.concat(pieces, bulk.position), scanner);
    return { dataSet: DataSet.decode(head, syntax, limits), pixelData: bulk };
  }
  return undefined;
}

/** Icon Image Sequence (0088,0200) has Pixel Data of its own, which may be encapsulated as no other value in a data set. */
function withoutIcon(head: Buffer, scanner: DataSetScanner): Buffer {
  const icon = scanner.kept.get(tags.IconImageSequence);
  const start = icon === undefined ? -1 : head.indexOf(icon.bytes);
  if (icon === undefined || start < 0) return head;
  return Buffer.concat([head.subarray(0, start), head.subarray(start + icon.bytes.length)]);
}
