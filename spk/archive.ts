import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** A file of an archive. */
export interface Member {
  /** Relative, with slashes. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly isProgram?: boolean;
}

/** What a ustar header holds without an extended one before it, which the reader of Package Center may not know. */
const PLAIN_PATH = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[!-~]{1,99}$/;
const GZIP_OS_BYTE = 9;
const GZIP_OS_UNIX = 3;

/**
 * A ustar archive of the members and their folders that is the same for the same members: sorted, owned by root, all of one time.
 * @param time of every member
 */
export async function tarOf(members: readonly Member[], time: Date): Promise<Buffer> {
  const files = new Map(members.map((member) => [member.path, member]));
  if (files.size < members.length) throw new Error('a path is there twice');
  const paths = [...new Set([...members.flatMap(({ path }) => foldersOf(path)), ...files.keys()])];
  const archive = pack();
  const bytes = buffer(archive);
  const common = { mtime: time, uid: 0, gid: 0, uname: 'root', gname: 'root' };
  for (const path of paths.sort()) {
    if (!PLAIN_PATH.test(path)) throw new Error(`${path} does not fit into a plain header`);
    const file = files.get(path);
    if (file === undefined) archive.entry({ ...common, name: path, type: 'directory', mode: 0o755 });
    else archive.entry({ ...common, name: path, mode: file.isProgram ? 0o755 : 0o644 }, file.bytes);
  }
  archive.finalize();
  return bytes;
}

/** The header has no time and no name, and does not tell where it was made. */
export function gzipped(bytes: Buffer): Buffer {
  const compressed = gzipSync(bytes, { level: 9 });
  compressed[GZIP_OS_BYTE] = GZIP_OS_UNIX;
  return compressed;
}

/** `a/b/c` lies in `a/` and `a/b/`; the slash sorts a folder before what is in it. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}
