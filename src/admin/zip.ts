import type { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  /** Made of `safeName`s, parted by slashes. */
  name: string;
  sizeBytes: number;
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Opened when its turn comes, and read to its end before the next one is. */
  open(): Promise<Readable>;
}

/**
 * A ZIP archive that streams: entries are stored, not deflated, for most pixel data does not get smaller; ZIP64 where sizes ask for it. Holds the names
 * of what has gone by, and of the content what is on its way. Where an entry cannot be read, or has another size than it
 * should, the stream ends with an error: an archive that is not whole must not look like one.
 */
export function zipOf(entries: AsyncIterable<ZipEntry>): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as PassThrough;
  let current: Readable | undefined;
  const fail = (error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error)));
  const gone = new Promise<void>((resolve) => {
    output.once('close', () => {
      current?.destroy();
      resolve();
    });
  });
  const add = (entry: ZipEntry) =>
    new Promise<void>((resolve) => {
      const { name, sizeBytes: size, modifiedAt, open } = entry;
      const options = { compress: false, size, mtime: new Date(modifiedAt), mode: 0o100644 };
      zip.addReadStreamLazy(name, options, (give) => {
        resolve();
        open().then((stream) => {
          current = stream;
          stream.once('error', fail);
          if (output.destroyed) stream.destroy();
          else give(undefined, stream);
        }, fail);
      });
    });
  const addAll = async () => {
    for await (const entry of entries) {
      await Promise.race([add(entry), gone]);
      if (output.destroyed) return;
    }
    zip.end();
  };
  zip.on('error', fail);
  addAll().catch(fail);
  return output;
}

/** Names that mean devices to Windows, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * One step of a path that every system takes, of text that anybody may have written: ASCII letters, digits, `-`, `_` and dots that are
 * neither first nor last.
 * @param fallback a safe name, for text of which nothing is left
 */
export function safeName(text: string, fallback: string, charsMax = 64): string {
  const ascii = text
    .slice(0, charsMax)
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+|\.+$/g, '_');
  if (!/[A-Za-z0-9]/.test(ascii)) return fallback;
  return RESERVED.test(ascii) ? `_${ascii}` : ascii;
}
