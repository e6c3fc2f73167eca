import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dsmSimulator } from '../../helpers/dsm-simulator.ts';
import { hasMariadb, Mariadb } from '../../helpers/mariadb.ts';
import { removeFolder, temporaryFolder } from '../../helpers/server.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** What plays Node.js v22 of Package Center, and runs the probes. */
export const NODE = join(ROOT, 'node_modules/node/bin/node');
const COMMAND_TIMEOUT_MS = 280_000;
const UP_TIMEOUT_MS = 60_000;
const OWN_NAMESPACES = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Why there can be no NAS on this machine; undefined where there can. */
export const obstacle: string | undefined = findObstacle();

function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can play a NAS';
  if (!existsSync(dsmSimulator))
    return `no simulator of DSM at ${dsmSimulator} (DICOMKEEP_DSM_SIM names one)`;
  if (!hasMariadb) return 'MariaDB is not installed';
  for (const program of ['python3', 'unshare', 'nsenter']) {
    if (spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0) return `${program} is missing`;
  }
  const unshared = spawnSync('unshare', [...OWN_NAMESPACES, 'true'], { encoding: 'utf8' });
  return unshared.status === 0 ? undefined : `no namespaces here: ${unshared.stderr.trim()}`;
}

/** For `before` of a suite: skips it where there can be no NAS, and says why. */
export function needsNas(this: Mocha.Context): void {
  if (obstacle === undefined) return;
  console.log(`      skipped: ${obstacle}`);
  this.skip();
}

export interface Done {
  status: number | null;
  /** Standard output and standard error, in the order in which they came. */
  output: string;
}

/**
 * A network with all ports free, and processes that end with it. The abstract socket by which a volume has one server
 * belongs to the network as well, so that what else runs on this machine is in nobody's way.
 */
export class Machine {
  readonly #init: ChildProcess;
  readonly #killNow = () => this.#init.kill('SIGKILL');

  private constructor(init: ChildProcess) {
    this.#init = init;
    process.once('exit', this.#killNow);
  }

  static async start(): Promise<Machine> {
    const init = spawn('unshare', [...OWN_NAMESPACES, 'python3', '-uc', INIT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const machine = new Machine(init);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no namespace')), UP_TIMEOUT_MS);
      init.stdout?.once('data', () => resolve());
      init.once('exit', () => reject(new Error('the namespace ended')));
      init.once('exit', () => clearTimeout(timer));
      init.stdout?.once('data', () => clearTimeout(timer));
    });
    return machine;
  }

  /** Runs a program there; where it takes too long, it is ended. */
  async run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Done> {
    const child = this.#spawn(program, args, env);
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.stdin?.end();
    const timer = setTimeout(() => {
      // It is nsenter alone that ends so; what it has started ends with the machine.
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, COMMAND_TIMEOUT_MS);
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    return { status, output };
  }

  #spawn(program: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const { pid } = this.#init;
    const into = [`--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`];
    const children = `--pid=/proc/${pid}/ns/pid_for_children`;
    return spawn('nsenter', [...into, children, '--', program, ...args], {
      env: { ...process.env, ...env },
    });
  }

  /** Takes a port there, as another program would have it. */
  async listen(port: number): Promise<{ stop(): Promise<void> }> {
    const listener = this.#spawn('python3', ['-uc', LISTEN, String(port)]);
    await new Promise((resolve) => listener.stdout?.once('data', resolve));
    return {
      async stop() {
        const ended = new Promise((resolve) => listener.once('exit', resolve));
        listener.stdin?.end();
        await ended;
      },
    };
  }

  simulator(args: readonly string[], env: Record<string, string> = {}): Promise<Done> {
    return this.run(dsmSimulator, args, env);
  }

  /** Ends everything that runs there. */
  async stop(): Promise<void> {
    process.off('exit', this.#killNow);
    const ended = new Promise((resolve) => this.#init.once('exit', resolve));
    this.#init.kill('SIGKILL');
    await ended;
  }
}

/** Brings loopback up (SIOCSIFFLAGS with IFF_UP and IFF_RUNNING), then buries the dead as the first process has to. */
const INIT = `
import fcntl, os, socket, struct, time
fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 0x41))
print('up')
while True:
    try: os.wait()
    except ChildProcessError: time.sleep(0.05)
`;

const LISTEN = `
import socket, sys
listener = socket.create_server(('', int(sys.argv[1])))
print('up')
sys.stdin.read()
`;

/** Answers to the install wizard. */
export interface Answers {
  aeTitle?: string;
  dicomPort?: number;
  webPort?: number;
  share?: string;
  adminPassword?: string;
  rootPassword?: string;
}

/** The command line of the simulator that gives these answers. */
export function wizard(answers: Required<Answers>): string[] {
  const values = {
    ae_title: answers.aeTitle,
    dicom_port: answers.dicomPort,
    web_port: answers.webPort,
    share: answers.share,
    admin_password: answers.adminPassword,
    mysql_root_password: answers.rootPassword,
  };
  return Object.entries(values).flatMap(([key, value]) => ['--wizard', `install:wizard_${key}=${value}`]);
}

export const USUAL: Required<Answers> = {
  aeTitle: 'DICOMKEEP',
  dicomPort: 11112,
  webPort: 8104,
  share: 'dicom',
  adminPassword: 'correct horse battery',
  rootPassword: 'Synology-1',
};

/** A NAS with MariaDB 10 and Node.js v22, on which packages are installed step by step. */
export class Nas {
  readonly root: string;
  readonly machine: Machine;
  readonly mariadb: Mariadb;
  readonly #rootPassword: string;

  private constructor(machine: Machine, mariadb: Mariadb, rootPassword: string) {
    this.root = temporaryFolder('nas');
    this.machine = machine;
    this.mariadb = mariadb;
    this.#rootPassword = rootPassword;
  }

  /** @param rootPassword of MariaDB's root, who on this machine alone gets in without it too */
  static async start(rootPassword = USUAL.rootPassword): Promise<Nas> {
    const mariadb = await Mariadb.start();
    // The package's user must reach the socket.
    chmodSync(join(mariadb.socketPath, '..'), 0o755);
    const quoted = rootPassword.replaceAll('\\', '\\\\').replaceAll("'", "''");
    mariadb.execute(
      `ALTER USER root@localhost IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('${quoted}')`,
    );
    return new Nas(await Machine.start(), mariadb, rootPassword);
  }

  /** Runs `dsm-sim COMMAND …` on this NAS. */
  dsm(command: string, ...args: string[]): Promise<Done> {
    const database = [
      `--mariadb-socket=${this.mariadb.socketPath}`,
      `--mariadb-admin=root:${this.#rootPassword}`,
    ];
    const node = args.includes('--node') ? [] : ['--node', NODE];
    return this.machine.simulator([command, '--root', this.root, ...database, ...node, ...args]);
  }

  install(spk: string, answers: Answers = {}, ...args: string[]): Promise<Done> {
    return this.dsm('install', ...wizard({ ...USUAL, ...answers }), ...args, spk);
  }

  /** Path of a folder or file of the NAS on this machine. */
  path(path: string): string {
    return join(this.root, path);
  }

  /** What the scripts and the archive have written, for messages of tests that fail. */
  log(): string {
    return logOf(this.root);
  }

  async stop(): Promise<void> {
    await this.machine.stop();
    await this.mariadb.stop();
    removeFolder(this.root);
  }
}

/** @param root folder that plays the NAS */
export function logOf(root: string): string {
  const logs = [
    'var/log/packages/dicomkeep.log',
    'volume1/@appdata/dicomkeep/log/package.log',
    'volume1/@appdata/dicomkeep/log/dicomkeep.log',
  ];
  return logs
    .map((name) => join(root, name))
    .filter(existsSync)
    .map((path) => `${path}\n${readFileSync(path, 'utf8').slice(-4000)}`)
    .join('\n');
}
