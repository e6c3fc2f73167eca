import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSet } from '../../src/dicom/data-set.ts';
import { dataSetOffsetOf, decodeFileMeta, encodeFileMeta } from '../../src/dicom/file-meta.ts';
import { explicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { sha256Of } from '../helpers/corpus.ts';
import { freePort } from '../helpers/free-port.ts';
import type { StandIn } from '../helpers/stand-ins.ts';

export { freePort };

const RUN_TIMEOUT_MS = 90_000;
const LISTEN_TIMEOUT_MS = 30_000;

export interface Run {
  /** Exit status; null where the program had to be killed. */
  status: number | null;
  /** Standard output and standard error, as they came. */
  output: string;
}

export interface RunOptions {
  /** The program is ended when this has come about. */
  until?(): boolean;
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { until } = options;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const take = (chunk: Buffer) => {
    output += chunk.toString('latin1');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const timer = setTimeout(() => child.kill('SIGKILL'), RUN_TIMEOUT_MS);
  const watch = setInterval(() => until?.() && child.kill('SIGKILL'), 50);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(timer);
  clearInterval(watch);
  return { status, output };
}

/** Writes an instance as a Part 10 file. @returns its path */
export function writeFile(folder: string, instance: StandIn): string {
  mkdirSync(folder, { recursive: true });
  const fileMeta = encodeFileMeta({
    sopClassUid: instance.sopClass,
    sopInstanceUid: instance.sopInstance,
    transferSyntaxUid: instance.transferSyntax,
    sourceAeTitle: 'TEST',
  });
  const path = join(folder, `${instance.sopInstance}.dcm`);
  writeFileSync(path, Buffer.concat([fileMeta, instance.dataSet()]));
  return path;
}

/** Instance, transfer syntax and hash of the data set of each Part 10 file in a folder, in order. */
export function sumsOf(folder: string): string[] {
  return filesOf(folder)
    .map((path) => {
      const bytes = readFileSync(path);
      const offset = dataSetOffsetOf(bytes);
      const { meta } = decodeFileMeta(bytes.subarray(0, offset));
      return `${meta.sopInstanceUid} ${meta.transferSyntaxUid} ${sha256Of(bytes.subarray(offset))}`;
    })
    .sort();
}

/** What `sumsOf` gives where exactly these were written. */
export function sumsOfAll(instances: readonly StandIn[]): string[] {
  return instances
    .map(
      ({ sopInstance, transferSyntax, dataSet }) => `${sopInstance} ${transferSyntax} ${sha256Of(dataSet())}`,
    )
    .sort();
}

export function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** Reads a Part 10 file of Explicit VR Little Endian, as findscu extracts responses. */
export function readDataSet(path: string): DataSet {
  const bytes = readFileSync(path);
  return DataSet.decode(bytes.subarray(dataSetOffsetOf(bytes)), explicitVrLittleEndian);
}

export interface Storescp {
  port: number;
  folder: string;
  stop(): Promise<void>;
}

/** DCMTK's C-STORE SCP, which writes what comes into a folder, bit for bit. */
export async function startStorescp(folder: string, options: readonly string[]): Promise<Storescp> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const child = spawn('storescp', [...options, '+B', '-od', folder, String(port)], { stdio: 'ignore' });
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  const deadline = performance.now() + LISTEN_TIMEOUT_MS;
  while (!(await listens(port))) {
    if (performance.now() > deadline) throw new Error('storescp does not listen');
    await sleep(20);
  }
  return {
    port,
    folder,
    async stop() {
      process.off('exit', killNow);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
