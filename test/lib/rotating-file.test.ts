import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { RotatingFile } from '../../src/lib/rotating-file.ts';

describe('RotatingFile', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-rotating-'));
    path = join(folder, 'x.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function open(bytesMax = 100): RotatingFile {
    return new RotatingFile({ path, bytesMax, filesMax: 3 });
  }

  function end(file: RotatingFile): Promise<void> {
    return new Promise((resolve) => file.end(resolve));
  }

  function textOf(name: string): string {
    return readFileSync(join(folder, name), 'utf8');
  }

  it('makes its folder, and goes on in the file that is there', async () => {
    path = join(folder, 'a/b/x.log');
    const first = open();
    first.write('one\n');
    await end(first);
    const second = open();
    second.write('two\n');
    await end(second);

    expect(readFileSync(path, 'utf8')).to.equal('one\ntwo\n');
  });

  it('cuts no line, loses none, and keeps the newest files, however many lines come at once', async () => {
    const file = open();
    for (let n = 100; n < 140; n++) file.write(`${n} ${'.'.repeat(15)}\n`); // Five of 20 bytes fill a file.
    await end(file);

    expect(readdirSync(folder).sort()).to.deep.equal(['x.log', 'x1.log', 'x2.log']);
    const numbers = ['x2.log', 'x1.log', 'x.log'].flatMap((name) => textOf(name).match(/^\d+/gm) ?? []);
    expect(numbers).to.deep.equal(Array.from({ length: 15 }, (_, n) => String(125 + n)));
  });

  it('gives a line that is longer than any file one of its own', async () => {
    const file = open();
    for (const line of ['short\n', `${'long'.repeat(100)}\n`, 'again\n']) file.write(line);
    await end(file);

    expect([textOf('x2.log'), textOf('x1.log'), textOf('x.log')].map(({ length }) => length)).to.deep.equal([
      6, 401, 6,
    ]);
  });

  it('waits where a file cannot be put aside, and loses nothing meanwhile', async () => {
    mkdirSync(join(folder, 'x2.log/obstacle'), { recursive: true });
    writeFileSync(join(folder, 'x1.log'), 'older\n');
    const file = open();
    file.write(`${'1'.repeat(90)}\n`);
    file.write(`${'2'.repeat(90)}\n`);
    await delay(50);
    expect(file.writableLength).to.be.above(0);

    rmSync(join(folder, 'x2.log'), { recursive: true });
    await end(file);

    expect(textOf('x2.log')).to.equal('older\n');
    expect(textOf('x1.log')).to.equal(`${'1'.repeat(90)}\n`);
    expect(textOf('x.log')).to.equal(`${'2'.repeat(90)}\n`);
  });
});
