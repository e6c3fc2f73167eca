import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { explicitVrLittleEndian, transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import type { DataSetSource } from '../../src/pixels/data-set-source.ts';
import { Frames } from '../../src/pixels/frames.ts';
import type { PixelModule } from '../../src/pixels/pixel-module.ts';

/** A frame of 8-bit grey values, 4 columns by 2 rows, unless told otherwise. */
export const PIXEL_MODULE: PixelModule = {
  rows: 2,
  columns: 4,
  samplesPerPixel: 1,
  bitsAllocated: 8,
  bitsStored: 8,
  highBit: 7,
  isSigned: false,
  isPlanar: false,
  photometricInterpretation: 'MONOCHROME2',
  numberOfFrames: 1,
  isFloat: false,
};

export function pixelModule(changes: Partial<PixelModule>): PixelModule {
  const { bitsAllocated = 8, bitsStored = bitsAllocated } = changes;
  return { ...PIXEL_MODULE, bitsStored, highBit: bitsStored - 1, ...changes };
}

/** The elements that a module is read from. */
export function moduleDataSet(module: PixelModule): DataSet {
  const dataSet = new DataSet();
  const numbers: readonly (readonly [number, number])[] = [
    [tags.SamplesPerPixel, module.samplesPerPixel],
    [tags.Rows, module.rows],
    [tags.Columns, module.columns],
    [tags.BitsAllocated, module.bitsAllocated],
    [tags.BitsStored, module.bitsStored],
    [tags.HighBit, module.highBit],
    [tags.PixelRepresentation, module.isSigned ? 1 : 0],
    [tags.PlanarConfiguration, module.isPlanar ? 1 : 0],
  ];
  for (const [tag, number] of numbers) dataSet.setNumbers(tag, [number]);
  dataSet.setText(tags.NumberOfFrames, String(module.numberOfFrames));
  dataSet.setText(tags.PhotometricInterpretation, module.photometricInterpretation);
  return dataSet;
}

export interface ImageRecipe {
  module?: Partial<PixelModule>;
  transferSyntaxUid?: string;
  /** Elements beside those of the module. */
  dataSet?(dataSet: DataSet): void;
  /** All of Pixel Data, its head included. */
  pixelData: Buffer;
}

/** A data set as it lies in a file. */
export function imageOf({ module = {}, transferSyntaxUid, dataSet: change, pixelData }: ImageRecipe): Buffer {
  const syntax = transferSyntaxOf(transferSyntaxUid ?? '') ?? explicitVrLittleEndian;
  const dataSet = moduleDataSet(pixelModule(module));
  change?.(dataSet);
  return Buffer.concat([dataSet.encode(syntax), pixelData]);
}

/** Pixel Data of a defined length; its value is as it stands in the file. */
export function nativePixelData(value: Buffer, vr = 'OB', isBigEndian = false): Buffer {
  const head = Buffer.from('e07f10000000000000000000', 'hex');
  head.write(vr, 4, 'latin1');
  if (isBigEndian) {
    Buffer.from('7fe00010', 'hex').copy(head);
    head.writeUInt32BE(value.length, 8);
  } else {
    head.writeUInt32LE(value.length, 8);
  }
  return Buffer.concat([head, value]);
}

/** Pixel Data of undefined length: the offset table, then fragments. */
export function encapsulatedPixelData(table: readonly number[], fragments: readonly Buffer[]): Buffer {
  const offsets = Buffer.alloc(table.length * 4);
  for (const [at, offset] of table.entries()) offsets.writeUInt32LE(offset, at * 4);
  const head = Buffer.from('e07f10004f420000ffffffff', 'hex');
  const end = Buffer.from('feffdde000000000', 'hex');
  return Buffer.concat([head, ...[offsets, ...fragments].map(item), end]);
}

export function item(value: Buffer): Buffer {
  const head = Buffer.from('feff00e000000000', 'hex');
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

/** Bytes in memory, in pieces that are overwritten when the next one is asked for. */
export function sourceOf(bytes: Buffer, pieceBytes = 7): DataSetSource {
  return {
    sizeBytes: bytes.length,
    async *pieces(from, to) {
      for (let at = from; at < Math.min(to, bytes.length); at += pieceBytes) {
        const piece = Buffer.from(bytes.subarray(at, Math.min(at + pieceBytes, to)));
        yield piece;
        piece.fill(0xee);
      }
    },
  };
}

export function openImage(recipe: ImageRecipe): Promise<Frames> {
  const transferSyntaxUid = recipe.transferSyntaxUid ?? uids.ExplicitVRLittleEndian;
  return Frames.open(sourceOf(imageOf(recipe)), transferSyntaxUid, uids.SecondaryCaptureImageStorage);
}
