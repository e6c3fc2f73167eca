import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { contextsFor, DimseClient, identifierOf } from '../helpers/dimse-client.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/dicomkeep.js');
const START_TIMEOUT_MS = 60_000;

describe('dicomkeep in an empty folder, with nothing set but the port', () => {
  const folder = temporaryFolder('smoke');
  const running = new Set<ChildProcess>();
  after(() => {
    for (const child of running) child.kill('SIGKILL');
    removeFolder(folder);
  });

  function dicomkeep(...args: string[]) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(DICOMKEEP|NODE_CONFIG)/.test(name));
    const env = { ...Object.fromEntries(inherited), DICOMKEEP_DIMSE_PORT: '0' };
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env });
    running.add(child);
    const told = { output: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        told.output += chunk.toString();
      });
    }
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    void ended.then(() => running.delete(child));
    return { child, told, ended };
  }

  it('starts, answers, stores, learns of a peer, finds, and stops when it is told to', async () => {
    const { child, told, ended } = dicomkeep();
    const port = await portOf(told, ended);
    const instance = makeInstance({ path: 'smoke', with: { PatientName: 'Smoke^Test' } });
    const { sopClass, sopInstance, transferSyntax } = instance;

    const modality = await DimseClient.connect({ port, calling: 'CT1' });
    expect(await modality.echo()).to.include({ status: 0x0000 });
    await modality.release();

    const sender = await DimseClient.connect({ port, calling: 'CT1', contexts: contextsFor([instance]) });
    const stored = await sender.store(sopClass, sopInstance, transferSyntax, instance.dataSet());
    expect(stored).to.deep.equal({ status: 0x0000, errorComment: undefined });
    await sender.release();

    const added = dicomkeep('peer', 'add', 'VIEWER', '127.0.0.1', '11112');
    expect(await added.ended, added.told.output).to.equal(0);

    const viewer = await DimseClient.connect({ port, calling: 'VIEWER' });
    const identifier = identifierOf({ QueryRetrieveLevel: 'STUDY', PatientName: 'smoke*', PatientID: '' });
    const { status, responses } = await viewer.find('STUDY', identifier);
    await viewer.release();
    expect(status).to.equal(0x0000);
    expect(responses.map((response) => response.text(tags.PatientName))).to.deep.equal(['Smoke^Test']);
    expect(existsSync(join(folder, 'data/volume/dicomkeep-volume.json'))).to.equal(true);

    child.kill('SIGTERM');
    expect(await ended, told.output).to.equal(0);
  });
});

/** The port that it says it listens on. */
async function portOf(told: { output: string }, ended: Promise<unknown>): Promise<number> {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && !isOver) {
    const match = /listening .*port=(\d+)/.exec(told.output);
    if (match !== null) return Number(match[1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it does not listen:\n${told.output}`);
}
