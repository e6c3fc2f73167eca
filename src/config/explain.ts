import type { z } from 'zod';
import { suggest } from '../lib/suggest.ts';

/** The configuration is not usable; `issues` names everything that is wrong with it, one line each. */
export class ConfigError extends Error {
  readonly issues: readonly string[];

  constructor(issues: readonly string[]) {
    super(['The configuration cannot be used:', ...issues.map((issue) => `  ${issue}`)].join('\n'));
    this.name = 'ConfigError';
    this.issues = issues;
  }
}

/** One of the places from which values came. */
export interface Source {
  readonly name: string;
  readonly values: unknown;
  /** For the environment: the variable for each key, in the shape of the configuration. */
  readonly names?: unknown;
}

type Path = readonly PropertyKey[];

const FOUND_CHARS_MAX = 100;

/**
 * One line for each wrong key: its path, what was found, what is wanted, and where it was found.
 * @param config the merged configuration that was checked
 * @param sources in the order in which they were merged, the defaults first
 */
export function explain(
  issues: readonly z.core.$ZodIssue[],
  config: unknown,
  sources: readonly Source[],
): string[] {
  const lines = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      const found = describeFound(valueAt(config, issue.path), issue.path);
      return [
        `${issue.path.join('.')}: found ${found}, wanted ${issue.message}${origin(issue.path, sources)}`,
      ];
    }
    const known = Object.keys(valueAt(sources[0]?.values, issue.path) ?? {});
    return issue.keys.map((key) => {
      const meant = suggest(key, known);
      const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
      const path = [...issue.path, key];
      return `${path.join('.')}: unknown key${hint}${origin(path, sources)}`;
    });
  });
  return [...new Set(lines)]; // One value may break two rules that ask for the same thing.
}

/** The value as the user wrote it, cut to a line. A URL may hold a password: of it only the scheme is shown. */
function describeFound(value: unknown, path: Path): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a section';
  const isUrl = path.at(-1) === 'url' && typeof value === 'string';
  const text = JSON.stringify(isUrl ? schemeOf(value) : value);
  return text.length > FOUND_CHARS_MAX ? `${text.slice(0, FOUND_CHARS_MAX)}…` : text;
}

function schemeOf(url: string): string {
  return `${/^[a-z]{0,10}:/.exec(url)?.[0] ?? ''}…`;
}

/** The last source that has the key is the one that counts. */
function origin(path: Path, sources: readonly Source[]): string {
  const source = sources.findLast((candidate) => valueAt(candidate.values, path) !== undefined);
  if (source === undefined) return '';
  return ` (from ${variableAt(source.names, path) ?? source.name})`;
}

function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => {
    return typeof node === 'object' && node !== null && Object.hasOwn(node, key)
      ? (node as Record<PropertyKey, unknown>)[key]
      : undefined;
  }, tree);
}

/** One variable may hold a list: then the name stands above the path of the element. */
function variableAt(names: unknown, path: Path): string | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const name = valueAt(names, path.slice(0, depth));
    if (typeof name === 'string') return `the environment variable ${name}`;
  }
  return undefined;
}
