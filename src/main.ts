import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { openCatalog } from './catalog/catalog.ts';
import { type ConfiguredCommand, parseArguments } from './cli/arguments.ts';
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
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage
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
    return command.name === 'serve' ? await serve(loaded, version()) : await runWithCatalog(command, loaded);
  } catch (error) {
    process.stderr.write(`dicomkeep: ${messageOf(error)}\n`);
    return 1;
  }
}

async function runWithCatalog(command: ConfiguredCommand, { config }: LoadedConfig): Promise<number> {
  await mkdir(config.dataDir, { recursive: true });
  const catalog = await openCatalog(config.catalog);
  try {
    switch (command.name) {
      case 'migrate': {
        const applied = await catalog.migrate();
        process.stdout.write(
          applied.length === 0 ? 'nothing to migrate\n' : `migrated: ${applied.join(', ')}\n`,
        );
        return 0;
      }
      case 'reindex':
        return await reindex(catalog, config);
      case 'verify':
        return await verify(catalog, config);
      case 'user password':
        await setUserPassword(command.userName, catalog);
        return 0;
      case 'serve':
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
