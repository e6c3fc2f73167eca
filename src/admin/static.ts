import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Context, Middleware } from 'koa';
import { HttpRefusal } from './problems.ts';

/** Built by `npm run build:page`. */
const FOLDER = new URL('./public/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  webmanifest: 'application/manifest+json',
};
const COMPRESSED = ['html', 'js', 'css', 'json', 'svg', 'webmanifest'];

/** Paths that the page itself makes sense of: all are answered with index.html. */
const PAGE_PATH = /^\/(?:|login|peers|activity|settings(?:\/[a-z]{1,20})?|studies(?:\/[\w.~%/-]*)?)$/;
/** The bundler puts a hash of the content into the name, which is therefore never another's. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

interface PageFile {
  type: string;
  isHashed: boolean;
  etag: string;
  /** By Content-Encoding. */
  bytes: { identity: Buffer; br?: Buffer; gzip?: Buffer };
}

/** Answers with the files of the page, out of memory: no path of a request ever gets to the file system. */
export function pageFiles(folder: URL = FOLDER): Middleware {
  let loading: Promise<ReadonlyMap<string, PageFile>> | undefined;
  return async (context, next) => {
    if ((context.method !== 'GET' && context.method !== 'HEAD') || context.path.startsWith('/api/')) {
      await next();
      return;
    }
    loading ??= load(folder).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    const files = await loading;
    const isPage = PAGE_PATH.test(context.path);
    const file = files.get(isPage ? '/index.html' : context.path);
    if (file !== undefined) {
      send(context, file);
    } else if (isPage) {
      throw new HttpRefusal(
        'page-not-built',
        'the page was not built: run `npm run build:page` and start again',
      );
    } else {
      await next();
    }
  };
}

function send(context: Context, { type, isHashed, etag, bytes }: PageFile): void {
  context.set('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  context.vary('Accept-Encoding');
  // Ours to choose: browsers name all that they take, the oldest first.
  const encoding = (['br', 'gzip'] as const).find((known) => context.acceptsEncodings(known) === known);
  const chosen = encoding === undefined ? undefined : bytes[encoding];
  context.etag = chosen === undefined ? etag : `${etag}-${encoding}`;
  context.status = 200;
  if (context.fresh) {
    context.status = 304;
    return;
  }
  if (chosen !== undefined) context.set('Content-Encoding', String(encoding));
  context.body = chosen ?? bytes.identity;
  context.type = type;
}

async function load(folder: URL): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const path of await pathsBelow(folder)) {
    const type = TYPES[extensionOf(path)];
    if (type === undefined) continue;
    const identity = await readFile(new URL(path, folder));
    const etag = createHash('sha256').update(identity).digest('base64url').slice(0, 22);
    files.set(`/${path}`, {
      type,
      isHashed: HASHED.test(path),
      etag,
      bytes: await compressed(path, identity),
    });
  }
  return files;
}

async function compressed(path: string, identity: Buffer): Promise<PageFile['bytes']> {
  if (!COMPRESSED.includes(extensionOf(path))) return { identity };
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  return {
    identity,
    br: await promisify(brotliCompress)(identity, { params }),
    gzip: await promisify(gzip)(identity, { level: 9 }),
  };
}

/** Relative, folders among them; nothing where there is no such folder. */
async function pathsBelow(folder: URL): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function extensionOf(path: string): string {
  return /\.(\w+)$/.exec(path)?.[1] ?? '';
}
