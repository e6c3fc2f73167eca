import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
// The class behind node-config's own singleton. The singleton would also read NODE_ENV, NODE_APP_INSTANCE, NODE_CONFIG,
// HOSTNAME and arguments such as --NODE_CONFIG=…, and with them files that nobody meant for this program.
import { Load } from 'config/lib/util.js';
import { messageOf } from '../lib/problem.ts';
import { ConfigError, explain, type Source } from './explain.ts';
import { type Config, configSchema } from './schema.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface LoadedConfig {
  readonly config: Config;
  /** The files that were read, in the order in which they were merged. */
  readonly files: readonly string[];
  /** Variables DICOMKEEP_… that set nothing: perhaps a slip, perhaps put there by a container platform. */
  readonly unknownVariables: readonly string[];
}

export interface LoadOptions {
  /** From --config; goes before DICOMKEEP_CONFIG. */
  readonly siteFile?: string | undefined;
  readonly env?: Env;
  /** What relative paths count from. */
  readonly cwd?: string;
}

const CONF_DIR = fileURLToPath(new URL('../../conf/', import.meta.url));
const SITE_FILE_EXTENSIONS = ['.json5', '.json'];

/**
 * Merges conf/default.json5, the site file and the environment, later ones winning, and checks the whole.
 * Paths in the result are absolute, and what was left to a default in dataDir is filled in.
 * @throws ConfigError with every wrong or unknown key, or with the file that cannot be read
 */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const siteFile = options.siteFile ?? (env['DICOMKEEP_CONFIG'] || undefined);
  const load = new Load({ configDir: CONF_DIR, nodeEnv: [], hostName: '' });

  const files = [join(CONF_DIR, 'default.json5')];
  if (siteFile !== undefined) files.push(resolve(cwd, siteFile));
  const sources: Source[] = files.map((file) => ({ name: file, values: readFile(load, file) }));
  const names = readVariableNames();
  const values = readVariables(names, env, sources[0]?.values);
  load.addConfig('environment', values);
  sources.push({ name: 'environment', values, names });

  const result = configSchema.safeParse(load.config);
  if (!result.success) throw new ConfigError(explain(result.error.issues, load.config, sources));
  return {
    config: withAbsolutePaths(result.data, cwd),
    files,
    unknownVariables: unknownVariables(env, names),
  };
}

/** Only JSON5 and JSON: node-config would run a site file that ends in .js. */
function readFile(load: Load, file: string): object {
  if (!SITE_FILE_EXTENSIONS.includes(extname(file))) {
    throw new ConfigError([`${file}: a configuration file ends in ${SITE_FILE_EXTENSIONS.join(' or ')}`]);
  }
  let values: object | null;
  try {
    values = load.loadFile(file, (parsed) => {
      if (isSection(parsed)) return parsed;
      throw new Error(`${file}: a configuration file holds one section { … }`);
    });
  } catch (error) {
    throw new ConfigError([messageOf(error)]);
  }
  if (values === null) throw new ConfigError([`${file}: no such file`]);
  return values;
}

function readVariableNames(): object {
  return readFile(
    new Load({ nodeEnv: [], hostName: '' }),
    join(CONF_DIR, 'custom-environment-variables.json5'),
  );
}

/**
 * The variables that are set, in the shape of the configuration.
 * @param defaults tells how to read each text; what does not fit is left to the schema, which refuses it
 */
function readVariables(names: object, env: Env, defaults: unknown): object {
  const values: Record<string, unknown> = {};
  for (const [key, name] of Object.entries(names)) {
    const example = isSection(defaults) ? defaults[key] : undefined;
    if (isSection(name)) {
      const section = readVariables(name, env, example);
      if (Object.keys(section).length > 0) values[key] = section;
    } else {
      const text = env[String(name)];
      if (text !== undefined && text !== '') values[key] = readVariable(text, example);
    }
  }
  return values;
}

function readVariable(text: string, example: unknown): unknown {
  if (typeof example === 'number') return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (Array.isArray(example)) return text.split(',');
  if (typeof example === 'boolean') return text === 'true' || (text === 'false' ? false : text);
  return text;
}

function withAbsolutePaths(config: Config, cwd: string): Config {
  const dataDir = resolve(cwd, config.dataDir);
  const volumeDir =
    config.storage.volumeDir === '' ? join(dataDir, 'volume') : resolve(cwd, config.storage.volumeDir);
  const logDir = config.log.dir === '' ? join(dataDir, 'log') : resolve(cwd, config.log.dir);
  const auditDir = config.audit.dir === '' ? join(dataDir, 'audit') : resolve(cwd, config.audit.dir);
  const { passwordFile } = config.admin;
  return {
    ...config,
    dataDir,
    admin: { ...config.admin, passwordFile: passwordFile === '' ? '' : resolve(cwd, passwordFile) },
    catalog: { ...config.catalog, url: withAbsoluteFile(config.catalog.url, dataDir, cwd) },
    storage: { ...config.storage, volumeDir },
    audit: { ...config.audit, dir: auditDir },
    log: { ...config.log, dir: logDir },
  };
}

function withAbsoluteFile(url: string, dataDir: string, cwd: string): string {
  if (url === '') return `sqlite:${join(dataDir, 'catalog.sqlite')}`;
  if (!url.startsWith('sqlite:')) return url;
  return `sqlite:${resolve(cwd, url.slice('sqlite:'.length))}`;
}

function unknownVariables(env: Env, names: object): string[] {
  const known = new Set(['DICOMKEEP_CONFIG', ...leaves(names)]);
  return Object.keys(env).filter((name) => name.startsWith('DICOMKEEP_') && !known.has(name));
}

function leaves(value: unknown): string[] {
  return isSection(value) ? Object.values(value).flatMap(leaves) : [String(value)];
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
