import { DataSet } from '../dicom/data-set.ts';
import { type BulkElement, DataSetScanner } from '../dicom/data-set-scanner.ts';
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
  const scanner = new DataSetScanner(syntax, new Set());
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
    const head = Buffer.concat(pieces, bulk.position);
    return { dataSet: DataSet.decode(head, syntax, limits), pixelData: bulk };
  }
  return undefined;
}
