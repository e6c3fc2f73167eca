import { parseArgs } from 'node:util';
import { aeTitleSchema } from '../config/schema.ts';
import { suggest } from '../lib/suggest.ts';
import { COMMAND_HELP, GENERAL_HELP } from './help.ts';

/** What the command line names of a peer; the rest stays as it is. */
export interface PeerChoices {
  mayEcho?: boolean;
  mayStore?: boolean;
  mayFind?: boolean;
  mayRetrieve?: boolean;
  matchAddress?: boolean;
  useTls?: boolean;
}

/** Commands that need the configuration. */
export type ConfiguredCommand = { readonly configFile?: string | undefined } & (
  | { readonly name: 'serve' }
  | { readonly name: 'reindex' | 'verify' }
  /** `isQuestion`: tells what is pending, and changes nothing. */
  | { readonly name: 'migrate'; readonly isQuestion: boolean }
  | { readonly name: 'peer list' }
  | { readonly name: 'config'; readonly keys: readonly string[] }
  | { readonly name: 'peer remove' | 'peer echo'; readonly aeTitle: string }
  | { readonly name: 'user password'; readonly userName: string }
  | {
      readonly name: 'peer add';
      readonly aeTitle: string;
      readonly host: string;
      readonly port: number;
      readonly choices: PeerChoices;
    }
);

export type Command =
  | ConfiguredCommand
  /** Help that was asked for: `text` goes to standard output, exit status 0. */
  | { readonly name: 'help'; readonly text: string }
  | { readonly name: 'version' }
  /** `message` goes to standard error, exit status 2. */
  | { readonly name: 'usage-error'; readonly message: string };

const OPTIONS = {
  config: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

const FLAG = { type: 'boolean' } as const;
const MIGRATE_OPTIONS = { pending: FLAG } as const;
const PEER_ADD_OPTIONS = {
  echo: FLAG,
  'no-echo': FLAG,
  store: FLAG,
  'no-store': FLAG,
  find: FLAG,
  'no-find': FLAG,
  retrieve: FLAG,
  'no-retrieve': FLAG,
  'match-address': FLAG,
  'no-match-address': FLAG,
  tls: FLAG,
  'no-tls': FLAG,
} as const;

const ALL_OPTIONS = { ...OPTIONS, ...MIGRATE_OPTIONS, ...PEER_ADD_OPTIONS } as const;

/** Options of one command, beside those of all. */
const OWN_OPTIONS: Readonly<Record<string, Readonly<Record<string, { type: 'string' | 'boolean' }>>>> = {
  'peer add': PEER_ADD_OPTIONS,
  migrate: MIGRATE_OPTIONS,
};

const CHOICES = {
  echo: 'mayEcho',
  store: 'mayStore',
  find: 'mayFind',
  retrieve: 'mayRetrieve',
  'match-address': 'matchAddress',
  tls: 'useTls',
} as const satisfies Record<string, keyof PeerChoices>;

/** The words that a command takes after its name. */
const OPERANDS = {
  serve: [],
  reindex: [],
  verify: [],
  migrate: [],
  config: [],
  'peer list': [],
  'peer add': ['AE_TITLE', 'HOST', 'PORT'],
  'peer remove': ['AE_TITLE'],
  'peer echo': ['AE_TITLE'],
  'user password': ['NAME'],
} as const satisfies Record<ConfiguredCommand['name'], readonly string[]>;

/** Commands that take any number of words more. */
const VARIADIC: readonly string[] = ['config'];

const COMMANDS = Object.keys(COMMAND_HELP);
/** Commands that have commands of their own. */
const SUBCOMMANDS: Readonly<Record<string, readonly string[]>> = {
  peer: ['add', 'list', 'remove', 'echo'],
  user: ['password'],
};

/** @param args what follows `dicomkeep` on the command line */
export function parseArguments(args: readonly string[]): Command {
  try {
    return parse(args);
  } catch (error) {
    if (error instanceof UsageError) return { name: 'usage-error', message: error.message };
    throw error;
  }
}

class UsageError extends Error {
  constructor(message: string, command?: string) {
    const help = command === undefined ? 'dicomkeep --help' : `dicomkeep help ${command.split(' ')[0]}`;
    super(`dicomkeep: ${message}\nTry '${help}'.`);
  }
}

/** Checked by hand rather than by parseArgs, whose messages name neither the command nor the option that was meant. */
function parse(args: readonly string[]): Command {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: ALL_OPTIONS,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const [first = 'serve', ...rest] = positionals;
  const options = tokens.filter((token) => token.kind === 'option');
  // First of all, since what follows an unknown option may be its value and no command.
  const command = COMMANDS.includes(first) ? first : undefined;
  for (const option of options) checkOption(option, command, true);
  if (first === 'help') return help(rest);
  checkCommand(first);
  const isHelp = values.help === true;
  const name = Object.hasOwn(SUBCOMMANDS, first) && !isHelp ? subcommandOf(first, rest.shift()) : first;
  for (const option of options) checkOption(option, name, isHelp);
  if (isHelp) return positionals.length === 0 ? { name: 'help', text: GENERAL_HELP } : help([first]);
  if (values.version === true) return { name: 'version' };

  const configFile = typeof values.config === 'string' ? values.config : undefined;
  if (!isConfigured(name)) throw new Error(`no command ${name}`);
  checkOperands(name, rest);
  return { ...withOperands(name, rest, values), configFile };
}

function isConfigured(name: string): name is ConfiguredCommand['name'] {
  return Object.hasOwn(OPERANDS, name);
}

function withOperands(
  name: ConfiguredCommand['name'],
  operands: string[],
  values: Record<string, unknown>,
): ConfiguredCommand {
  switch (name) {
    case 'serve':
    case 'reindex':
    case 'verify':
    case 'peer list':
      return { name };
    case 'config':
      return { name, keys: operands };
    case 'migrate':
      return { name, isQuestion: values['pending'] === true };
    case 'peer remove':
    case 'peer echo':
      return { name, aeTitle: parseAeTitle(operands[0], name) };
    case 'user password':
      return { name, userName: operands[0] ?? '' };
    case 'peer add':
      return {
        name,
        aeTitle: parseAeTitle(operands[0], name),
        host: parseHost(operands[1], name),
        port: parsePort(operands[2], name),
        choices: choicesOf(values, name),
      };
  }
}

function choicesOf(values: Record<string, unknown>, command: string): PeerChoices {
  const choices: PeerChoices = {};
  for (const [option, choice] of Object.entries(CHOICES)) {
    const [isWanted, isRefused] = [values[option] === true, values[`no-${option}`] === true];
    if (isWanted && isRefused)
      throw new UsageError(`'--${option}' and '--no-${option}' exclude each other`, command);
    if (isWanted || isRefused) choices[choice] = isWanted;
  }
  return choices;
}

function help(topic: readonly string[]): Command {
  const [command, subcommand] = topic;
  if (command === undefined) return { name: 'help', text: GENERAL_HELP };
  checkCommand(command);
  if (Object.hasOwn(SUBCOMMANDS, command) && subcommand !== undefined) subcommandOf(command, subcommand);
  return { name: 'help', text: COMMAND_HELP[command] ?? GENERAL_HELP };
}

function checkCommand(command: string): void {
  if (!COMMANDS.includes(command))
    throw new UsageError(`unknown command '${command}'${didYouMean(command, COMMANDS)}`);
}

function subcommandOf(command: string, subcommand: string | undefined): string {
  const known = SUBCOMMANDS[command] ?? [];
  if (subcommand === undefined) throw new UsageError(`${command} needs one of: ${known.join(', ')}`, command);
  if (!known.includes(subcommand)) {
    const hint = didYouMean(subcommand, known);
    throw new UsageError(`unknown command '${command} ${subcommand}'${hint}`, command);
  }
  return `${command} ${subcommand}`;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

/** @param isAnyAllowed help on a command does not mind its options */
function checkOption(
  { name, rawName, value }: OptionToken,
  command: string | undefined,
  isAnyAllowed: boolean,
): void {
  const own = OWN_OPTIONS[command ?? ''];
  const known: Record<string, { type: 'string' | 'boolean' }> = isAnyAllowed
    ? ALL_OPTIONS
    : { ...OPTIONS, ...own };
  const option = Object.hasOwn(known, name) ? known[name] : undefined;
  if (option === undefined) {
    const hint = didYouMean(
      rawName,
      Object.keys(known).map((key) => `--${key}`),
    );
    const place = command === undefined ? '' : ` for ${command}`;
    throw new UsageError(`unknown option '${rawName}'${place}${hint}`, command);
  }
  if (option.type === 'string' && (value === undefined || value === '')) {
    throw new UsageError(`option '${rawName}' needs a value`, command);
  }
  if (option.type === 'boolean' && value !== undefined) {
    throw new UsageError(`option '${rawName}' takes no value`, command);
  }
}

function checkOperands(name: ConfiguredCommand['name'], operands: readonly string[]): void {
  const wanted = OPERANDS[name];
  const missing = wanted.slice(operands.length);
  if (missing.length > 0) throw new UsageError(`${name} needs ${missing.join(' ')}`, name);
  const extra = VARIADIC.includes(name) ? undefined : operands[wanted.length];
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}' for ${name}`, name);
}

function parseAeTitle(text: string | undefined, command: string): string {
  const result = aeTitleSchema.safeParse(text);
  if (!result.success) throw new UsageError(`'${text}' is not ${result.error.issues[0]?.message}`, command);
  return result.data;
}

function parseHost(text = '', command: string): string {
  if (!/^[\w.:%-]{1,253}$/.test(text))
    throw new UsageError(`'${text}' is not a host name or an address`, command);
  return text;
}

function parsePort(text = '', command: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new UsageError(`'${text}' is not a port from 1 to 65535`, command);
  return port;
}

function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = suggest(word, candidates);
  return meant === undefined ? '' : `, did you mean '${meant}'?`;
}
