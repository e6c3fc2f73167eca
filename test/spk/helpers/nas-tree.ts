import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../interop/tools.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Answers as MariaDB does, as far as the scripts ask: what it was told is in sql.log, how it was called in calls.log. */
const CLIENT = `#!/bin/sh
here=$(dirname "$0")
sql=$(cat)
printf '%s\\n' "$sql" >>"$here/sql.log"
printf '%s\\n' "$*" >>"$here/calls.log"
case "$*" in
  *--user=root*) [ "$MYSQL_PWD" = "$(cat "$here/root-password")" ] || {
    echo "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)" >&2
    exit 1
  } ;;
esac
case $sql in
  *'COUNT(*) > 0 AND SUM'*) cat "$here/foreign-database" 2>/dev/null || echo 0 ;;
  *SCHEMA_PRIVILEGES*) cat "$here/foreign-user" 2>/dev/null || echo 0 ;;
  *'FROM dicomkeep.migrations'*) cat "$here/migrations" 2>/dev/null ;;
  *information_schema.TABLES*) cat "$here/tables" 2>/dev/null || echo 0 ;;
  *.users*) echo 1 ;;
esac
`;

const DUMP = `#!/bin/sh
[ ! -e "$(dirname "$0")/dump-fails" ] || { echo 'mysqldump: Lost connection' >&2; exit 2; }
echo '-- the catalogue'
`;

/** Stands in for the program: answers on a port, and does what the file \`orders\` beside it says. */
const PROGRAM = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
const [command, ...rest] = process.argv.slice(2);
const beside = (name) => new URL(name, import.meta.url);
const orders = existsSync(beside('orders')) ? readFileSync(beside('orders'), 'utf8') : '';
const file = rest[rest.indexOf('--config') + 1];
const settings = JSON.parse(readFileSync(file, 'utf8').replaceAll(/^ *\\/\\/.*$/gm, ''));
if (command === 'config') {
  for (const key of rest.slice(0, rest.indexOf('--config'))) {
    console.log(String(key.split('.').reduce((value, name) => value[name], settings)));
  }
} else if (command === 'migrate') {
  const isPending = orders.includes('pending') && !existsSync(beside('migrated'));
  if (rest.includes('--pending')) process.exitCode = isPending ? 3 : 0;
  else if (orders.includes('migration-fails')) {
    console.error('dicomkeep: no such column');
    process.exitCode = 1;
  } else writeFileSync(beside('migrated'), '');
} else if (orders.includes('crash')) {
  throw new Error('a bug');
} else {
  const log = (entry) => appendFileSync(settings.log.dir + '/dicomkeep.log', JSON.stringify(entry) + '\\n');
  const server = createServer().listen(settings.dimse.port, '127.0.0.1', () => log({ message: 'listening', port: settings.dimse.port }));
  process.once('SIGTERM', () => server.close());
}
`;

/** A folder that plays the NAS for the scripts of the package: they run as they are, MariaDB and the program are stand-ins. */
export class NasTree {
  readonly root = mkdtempSync(join(tmpdir(), 'nas-'));
  readonly package = join(this.root, 'var/packages/dicomkeep');
  readonly mariadb = join(this.root, 'usr/local/mariadb10/bin');
  readonly program = join(this.package, 'target/app/bin');
  readonly var = join(this.package, 'var');
  readonly etc = join(this.package, 'etc');
  readonly share = join(this.package, 'shares/dicom');
  readonly #message = join(this.root, 'message');
  #socket: Server | undefined;
  answers: Record<string, string> = {};

  static async make(): Promise<NasTree> {
    const tree = new NasTree();
    const node = join(tree.root, 'var/packages/Node.js_v22/target/usr/local/bin');
    const app = join(tree.package, 'target/app');
    for (const folder of [
      node,
      tree.mariadb,
      tree.program,
      join(app, 'migrations'),
      tree.var,
      tree.etc,
      tree.share,
    ])
      mkdirSync(folder, { recursive: true });
    mkdirSync(join(tree.root, 'run/mysqld'), { recursive: true });
    symlinkSync(process.execPath, join(node, 'node'));
    cpSync(join(ROOT, 'spk/bin'), join(tree.package, 'target/bin'), { recursive: true });
    cpSync(join(ROOT, 'spk/scripts'), join(tree.package, 'scripts'), { recursive: true });
    writeFileSync(join(tree.mariadb, 'mysql'), CLIENT, { mode: 0o755 });
    writeFileSync(join(tree.mariadb, 'mysqldump'), DUMP, { mode: 0o755 });
    writeFileSync(join(tree.program, 'dicomkeep.js'), PROGRAM);
    writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(app, 'migrations/0001_first.js'), '');
    tree.setRootPassword('root password');
    await tree.startMariadb();
    tree.answers = {
      wizard_ae_title: 'DICOMKEEP',
      wizard_dicom_port: String(await freePort()),
      wizard_web_port: String(await freePort()),
      wizard_share: 'dicom',
      wizard_admin_password: 'long enough',
      wizard_mysql_root_password: 'root password',
    };
    return tree;
  }

  setRootPassword(password: string): void {
    writeFileSync(join(this.mariadb, 'root-password'), password);
  }

  async startMariadb(): Promise<void> {
    const server = createServer();
    this.#socket = server;
    await new Promise<void>((resolve) => {
      server.listen(join(this.root, 'run/mysqld/mysqld10.sock'), resolve);
    });
  }

  async stopMariadb(): Promise<void> {
    await new Promise((resolve) => this.#socket?.close(resolve));
  }

  /** Runs a script as DSM would. @returns its exit status, and what the owner gets to read */
  run(
    script: string,
    status: string,
    env: Record<string, string> = {},
  ): { status: number | null; words: string } {
    const [name = '', ...args] = script.split(' ');
    writeFileSync(this.#message, '');
    const done: SpawnSyncReturns<string> = spawnSync(join(this.package, 'scripts', name), args, {
      encoding: 'utf8',
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        DICOMKEEP_ROOT: this.root,
        SYNOPKG_PKGNAME: 'dicomkeep',
        SYNOPKG_PKGVER: '1.0.0-0002',
        SYNOPKG_TEMP_LOGFILE: this.#message,
        SYNOPKG_DSM_LANGUAGE: 'enu',
        SYNOPKG_PKG_STATUS: status,
        ...this.answers,
        ...env,
      },
    });
    return { status: done.status, words: readFileSync(this.#message, 'utf8') };
  }

  read(...path: string[]): string {
    return readFileSync(join(...path), 'utf8');
  }

  /** Stops what runs, and removes everything. */
  async remove(): Promise<void> {
    this.run('start-stop-status stop', 'STOP');
    await this.stopMariadb();
    rmSync(this.root, { recursive: true });
  }
}
