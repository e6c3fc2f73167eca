import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { type ConfiguredCommand, parseArguments } from './cli/arguments.ts';
import { showConfig } from './cli/config.ts';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import { messageOf } from './lib/problem.ts';

/**
 * The program `dicomkeep`. A command loads its own code alone: all of it takes a small processor seconds.
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
      case 'serve': {
        const { serve } = await import('./cli/serve.ts');
        return await serve(loaded, version());
      }
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
  const { openCatalog } = await import('./catalog/catalog.ts');
  const catalog = await openCatalog(config.catalog);
  try {
    switch (command.name) {
      case 'migrate': {
        const { migrate } = await import('./cli/migrate.ts');
        return await migrate(catalog, command.isQuestion);
      }
      case 'reindex': {
        const { reindex } = await import('./cli/reindex.ts');
        return await reindex(catalog, config);
      }
      case 'verify': {
        const { verify } = await import('./cli/verify.ts');
        return await verify(catalog, config);
      }
      case 'user password': {
        const { setUserPassword } = await import('./cli/user.ts');
        await setUserPassword(command.userName, catalog);
        return 0;
      }
      default: {
        const { runPeerCommand } = await import('./cli/peer.ts');
        await runPeerCommand(command, catalog, config);
        return 0;
      }
    }
  } finally {
    await catalog.close();
  }
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String(text);
}
