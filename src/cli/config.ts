import type { Config } from '../config/schema.ts';
import { Problem } from '../lib/problem.ts';

/**
 * `dicomkeep config`: everything as JSON, without the database's password; or what was asked for, passwords too, a line each.
 * @param keys such as `dimse.port`; a list is parted by commas, a section is JSON
 * @throws Problem 'not-found' for a key that there is not
 */
export function showConfig(config: Config, keys: readonly string[]): string {
  if (keys.length > 0) return keys.map((key) => `${toLine(settingOf(config, key))}\n`).join('');
  const { catalog, ...rest } = config;
  const url = catalog.url.replace(/^(mysql:\/\/[^:@/]*):[^@/]*@/, '$1:…@');
  return `${JSON.stringify({ ...rest, catalog: { ...catalog, url } }, undefined, 2)}\n`;
}

function settingOf(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const name of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
      throw new Problem('not-found', `there is no setting ${key}`);
    value = Reflect.get(value, name);
  }
  return value;
}

function toLine(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
