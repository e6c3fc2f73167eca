import { crc32 } from 'node:zlib';

/** An entry of a ZIP archive that was read without the library that wrote it. */
export interface UnzippedEntry {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  bytes: Buffer;
}

const END_BYTES = 22;
const NONE_32 = 0xffffffff;

/**
 * The entries of an archive by its central directory, stored ones only — APPNOTE.TXT 4.3. ZIP64 archives may have more than 65535 entries, but no entry of 4 GB.
 * @throws Error where a length or a checksum does not fit
 */
export function zipEntriesOf(zip: Buffer): UnzippedEntry[] {
  const end = zip.length - END_BYTES;
  if (end < 0 || zip.readUInt32LE(end) !== 0x06054b50) throw new Error('no end of central directory');
  let count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  if (count === 0xffff || at === NONE_32) {
    const zip64End = Number(zip.readBigUInt64LE(end - 20 + 8));
    if (zip.readUInt32LE(zip64End) !== 0x06064b50) throw new Error('no ZIP64 end of central directory');
    count = Number(zip.readBigUInt64LE(zip64End + 32));
    at = Number(zip.readBigUInt64LE(zip64End + 48));
  }
  return Array.from({ length: count }, () => {
    if (zip.readUInt32LE(at) !== 0x02014b50) throw new Error(`no central directory record at ${at}`);
    const method = zip.readUInt16LE(at + 10);
    const checksum = zip.readUInt32LE(at + 16);
    const sizeBytes = zip.readUInt32LE(at + 24);
    const nameBytes = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    const bytes = contentOf(zip, zip.readUInt32LE(at + 42), name, sizeBytes);
    if (crc32(bytes) !== checksum) throw new Error(`${name}: checksum`);
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    return { name, method, bytes };
  });
}

function contentOf(zip: Buffer, at: number, name: string, sizeBytes: number): Buffer {
  if (zip.readUInt32LE(at) !== 0x04034b50) throw new Error(`${name}: no local header`);
  const nameBytes = zip.readUInt16LE(at + 26);
  if (zip.toString('utf8', at + 30, at + 30 + nameBytes) !== name) throw new Error(`${name}: another name`);
  const start = at + 30 + nameBytes + zip.readUInt16LE(at + 28);
  if (start + sizeBytes > zip.length) throw new Error(`${name}: cut off`);
  return zip.subarray(start, start + sizeBytes);
}
