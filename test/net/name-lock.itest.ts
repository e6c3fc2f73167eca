import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { holdName } from '../../src/net/name-lock.ts';

const MODULE = join(import.meta.dirname, '../../src/net/name-lock.ts');

/** Another process that holds the name, or says that it cannot. */
async function holdElsewhere(name: string) {
  const program = `
    const { holdName } = await import(${JSON.stringify(MODULE)});
    console.log((await holdName(${JSON.stringify(name)})) === undefined ? 'refused' : 'held');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    said: line.toString().trim(),
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('holdName', () => {
  it('refuses a second holder, in this process or another, until the first lets go', async () => {
    const name = `test ${process.pid} first`;
    const first = await holdName(name);
    expect(first).not.to.equal(undefined);

    expect(await holdName(name)).to.equal(undefined);
    const other = await holdElsewhere(name);
    expect(other.said).to.equal('refused');
    await other.kill();

    first?.release();
    const again = await holdName(name);
    expect(again).not.to.equal(undefined);
    again?.release();
  });

  it('has the name free again when its holder is killed', async () => {
    const name = `test ${process.pid} killed`;
    const other = await holdElsewhere(name);
    expect(other.said).to.equal('held');
    expect(await holdName(name)).to.equal(undefined);

    await other.kill();

    const lock = await holdName(name);
    expect(lock).not.to.equal(undefined);
    lock?.release();
  });

  it('takes names of any length, and tells them apart to the last character', async () => {
    const long = 'x'.repeat(5000);
    const locks = await Promise.all([holdName(`${long}1`), holdName(`${long}2`), holdName(`${long}\0`)]);

    expect(locks.every((lock) => lock !== undefined)).to.equal(true);
    for (const lock of locks) lock?.release();
  });
});
