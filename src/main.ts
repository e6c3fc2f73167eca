import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { openCatalog } from './catalog/catalog.ts';
import { type ConfiguredCommand, parseArguments } from './cli/arguments.ts';
import { showConfig } from './cli/config.ts';
import { migrate } from './cli/migrate.ts';
import { runPeerCommand } from './cli/peer.ts';
import { reindex } from './cli/reindex.ts';
import { serve } from './cli/serve.ts';
import { setUserPassword } from './cli/user.ts';
import { verify } from './cli/verify.ts';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import { messageOf } from './lib/problem.ts';

/**
 * The program `dicomkeep`.
 * @param args what follows its name on the command line
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage, 3 there is something to migrate
 */
export async function main(args: readonly string[]): Promise<number> {
  const command = parseArguments(args);
  switch (command.name) {
    case 'help':
      process.stdout.write(command.text);
      return 0;
    case 'version':
      process.stdout.write(`dicomkeep ${version()}\n`);
      return 0;
    case 'usage-error':
      process.stderr.write(`${command.message}\n`);
      return 2;
    default:
      break;
  }
  try {
    const loaded = loadConfig({ siteFile: command.configFile });
    switch (command.name) {
      case 'serve':
        return await serve(loaded, version());
      case 'config':
        process.stdout.write(showConfig(loaded.config, command.keys));
        return 0;
      default:
        return await runWithCatalog(command, loaded);
    }
  } catch (error) {
    process.stderr.write(`dicomkeep: ${messageOf(error)}\n`);
    return 1;
  }
}

type CatalogCommand = Exclude<ConfiguredCommand, { name: 'serve' | 'config' }>;

async function runWithCatalog(command: CatalogCommand, { config }: LoadedConfig): Promise<number> {
  await mkdir(config.dataDir, { recursive: true });
  const catalog = await openCatalog(config.catalog);
  try {
    switch (command.name) {
      case 'migrate':
        return await migrate(catalog, command.isQuestion);
      case 'reindex':
        return await reindex(catalog, config);
      case 'verify':
        return await verify(catalog, config);
      case 'user password':
        await setUserPassword(command.userName, catalog);
        return 0;
      default:
        await runPeerCommand(command, catalog, config);
        return 0;
    }
  } finally {
    await catalog.close();
  }
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String(text);
}
