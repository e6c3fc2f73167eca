import { Problem } from '../lib/problem.ts';

export type DatabaseAddress =
  | { engine: 'sqlite'; file: string; words: string }
  | {
      engine: 'mariadb';
      host: string;
      port: number;
      socketPath: string | undefined;
      user: string;
      password: string;
      database: string;
      words: string;
    };

/**
 * Reads `sqlite:<file>` or `mysql://user:password@host:port/database?socketPath=…`; the parts of the latter percent-encoded.
 * `words` names the database in messages, without user and password.
 *
 * @throws Problem 'catalog-unavailable'
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
    const file = url.slice('sqlite:'.length);
    return { engine: 'sqlite', file, words: file };
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const database = decodeURIComponent(parsed?.pathname.slice(1) ?? '');
  if (parsed?.protocol !== 'mysql:' || !/^[^/`\0]{1,64}$/.test(database)) {
    throw new Problem(
      'catalog-unavailable',
      "the catalogue's URL is neither sqlite:FILE nor mysql://USER:PASSWORD@HOST:PORT/DATABASE",
    );
  }
  const socketPath = parsed.searchParams.get('socketPath') ?? undefined;
  const host = parsed.hostname === '' ? 'localhost' : parsed.hostname.replace(/^\[|\]$/g, '');
  const port = parsed.port === '' ? 3306 : Number(parsed.port);
  return {
    engine: 'mariadb',
    host,
    port,
    socketPath,
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database,
    words: `${database} at ${socketPath ?? `${host}:${port}`}`,
  };
}
