import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;

export interface TestServer {
  /** Of DICOM. */
  readonly port: number;
  /** Of DICOM over TLS; undefined where that is off. */
  readonly tlsPort: number | undefined;
  /** Of the admin page, whose user `admin` has this password. */
  readonly adminPort: number;
  readonly adminPassword: string;
  readonly dataDir: string;
  readonly volumeDir: string;
  readonly pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Runs another command of the program with the same settings. */
  run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits for the end: what a power cut leaves, but for the page cache. */
  kill(): Promise<void>;
}

export interface ServerOptions {
  /** A new temporary folder unless given. */
  dataDir?: string;
  env?: Record<string, string>;
  /** Put before the command line, as `strace -f`. */
  wrapper?: string[];
}

export function temporaryFolder(name = 'data'): string {
  return mkdtempSync(join(tmpdir(), `dicomkeep-${name}-`));
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

const ADMIN_PASSWORD = 'correct horse battery';

/** Starts the archive as a user would, on free ports of loopback, with SQLite unless told otherwise; resolves when it listens. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const passwordFile = join(dataDir, 'admin-password');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(passwordFile, `${ADMIN_PASSWORD}\n`, { mode: 0o600 });
  const env = {
    ...process.env,
    DICOMKEEP_DATA_DIR: dataDir,
    DICOMKEEP_DIMSE_HOST: '127.0.0.1',
    DICOMKEEP_DIMSE_PORT: '0',
    DICOMKEEP_DIMSE_TLS_PORT: '0',
    DICOMKEEP_ADMIN_HOST: '127.0.0.1',
    DICOMKEEP_ADMIN_PORT: '0',
    DICOMKEEP_ADMIN_PASSWORD_FILE: passwordFile,
    DICOMKEEP_RESERVE_BYTES: '0',
    DICOMKEEP_LOG_LEVEL: 'debug',
    ...options.env,
  };
  const program = [...(options.wrapper ?? []), process.execPath, join(ROOT, 'bin/dicomkeep.js')];
  const child = spawn(program[0] ?? '', [...program.slice(1), 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test run that breaks off leaves no server behind.
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  child.once('exit', () => process.off('exit', killNow));
  let text = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ports = await new Promise<Pick<TestServer, 'port' | 'tlsPort' | 'adminPort'>>((resolve, reject) => {
    const fail = (words: string) => reject(new Error(`the server ${words}:\n${text}`));
    const timer = setTimeout(() => fail('does not listen'), START_TIMEOUT_MS);
    void ended.then(() => fail('ended'));
    const take = (chunk: Buffer) => {
      text += chunk.toString();
      const dimse = /listening aeTitle=.*? port=(\d+)(?: tlsPort=(\d+))?/.exec(text);
      const admin = /admin page .*port=(\d+)/.exec(text);
      if (dimse === null || admin === null) return;
      clearTimeout(timer);
      const tlsPort = dimse[2] === undefined ? undefined : Number(dimse[2]);
      resolve({ port: Number(dimse[1]), tlsPort, adminPort: Number(admin[1]) });
    };
    child.stderr.on('data', take);
    child.stdout.resume();
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    ...ports,
    adminPassword: ADMIN_PASSWORD,
    dataDir,
    volumeDir: env['DICOMKEEP_VOLUME_DIR' as keyof typeof env] ?? join(dataDir, 'volume'),
    pid: child.pid ?? 0,
    log: () => text,
    run: (...args) => runProgram(args, env),
    stop: () => end(child, ended, 'SIGTERM'),
    async kill() {
      await end(child, ended, 'SIGKILL');
    },
  };
}

async function end(
  child: ChildProcess,
  ended: Promise<number | null>,
  signal: NodeJS.Signals,
): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  const code = await ended;
  clearTimeout(timer);
  return code;
}

async function runProgram(args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(ROOT, 'bin/dicomkeep.js'), ...args], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stdout, stderr };
}
