import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { DrainResult } from '../clients/drain.ts';
import type { SendFilesResult } from '../clients/send-files.ts';
import { Client } from '../clients.ts';
import { nowMs } from '../measure.ts';

/** The instance files of a volume. */
export interface Files {
  volumeDirectory: string;
  /** Its folders of weeks: all that instances are in. */
  folders: readonly string[];
  /** In the order of the folders, as they give their entries. */
  paths: readonly string[];
}

export interface Sent {
  bytes: number;
  seconds: number;
  firstInstanceMs: number;
}

/** A header of a tar member, and no instance is smaller than that. */
const firstBytes = 512 + 60_000;
const weekFolder = /^\d{4}-W\d{2}$/;

export async function filesOf(volumeDirectory: string): Promise<Files> {
  const folders = (await readdir(volumeDirectory)).filter((name) => weekFolder.test(name));
  const paths: string[] = [];
  for (const folder of folders) await addPaths(join(volumeDirectory, folder), paths);
  return { volumeDirectory, folders, paths };
}

async function addPaths(folder: string, paths: string[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await addPaths(path, paths);
    else if (entry.name.endsWith('.dcm')) paths.push(path);
  }
}

/** A plain `tar` whose standard output is the socket: what the files alone cost to read and send. */
export async function sendTar({ volumeDirectory, folders }: Files): Promise<Sent> {
  const drain = new Client<DrainResult>({ kind: 'drain', firstBytes, answers: false });
  try {
    const socket = connect({ host: '127.0.0.1', port: await drain.port, noDelay: true });
    await once(socket, 'connect');
    const startMs = nowMs();
    const tar = spawn('tar', ['cf', '-', '-C', volumeDirectory, ...folders], {
      stdio: ['ignore', socket, 'inherit'],
    });
    const [status] = await once(tar, 'exit');
    socket.destroy();
    if (status !== 0) throw new Error(`tar ended with ${status}`);
    return sentOf(startMs, await drain.result);
  } finally {
    drain.stop();
  }
}

/** Each file whole, by blocking calls, and the next one after one byte has answered it. */
export async function sendOneByOne({ paths }: Files): Promise<Sent> {
  const drain = new Client<DrainResult>({ kind: 'drain', firstBytes, answers: true });
  const port = await drain.port;
  const sender = new Client<SendFilesResult>({ kind: 'send-files', port, paths });
  try {
    await sender.ready;
    sender.go();
    const { startMs } = await sender.result;
    return sentOf(startMs, await drain.result);
  } finally {
    sender.stop();
    drain.stop();
  }
}

function sentOf(startMs: number, { bytes, firstMs, endMs }: DrainResult): Sent {
  return { bytes, seconds: (endMs - startMs) / 1000, firstInstanceMs: firstMs - startMs };
}
