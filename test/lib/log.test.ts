import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { createLog, type LogLevel, type RootLog } from '../../src/lib/log.ts';

describe('createLog', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function open(level: LogLevel = 'info', fileBytesMax = 1_000_000): { log: RootLog; console: string[] } {
    const console: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        console.push(String(chunk));
        done();
      },
    });
    return {
      log: createLog({ level, file: { dir: folder, fileBytesMax, filesMax: 3 }, console: stream }),
      console,
    };
  }

  function linesOfFile(name = 'dicomkeep.log'): Record<string, unknown>[] {
    const text = readFileSync(join(folder, name), 'utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  it('writes a line of JSON to the file and a readable line to the console', async () => {
    const { log, console } = open();

    log.info('association accepted', { association: 7, callingAeTitle: 'CT 1', contexts: [1, 3] });
    await log.close();

    const [line] = linesOfFile();
    expect(line).to.include({
      level: 'info',
      message: 'association accepted',
      association: 7,
      callingAeTitle: 'CT 1',
    });
    expect(line?.['contexts']).to.deep.equal([1, 3]);
    expect(line?.['time']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(console.join('')).to.match(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} info {2}association accepted association=7 callingAeTitle="CT 1" contexts=\[1,3\]\n$/,
    );
  });

  it('leaves out what is less important than its level', async () => {
    const { log, console } = open('warn');

    log.debug('one');
    log.info('two');
    log.warn('three');
    log.error('four');
    await log.close();

    expect(linesOfFile().map((line) => line['message'])).to.deep.equal(['three', 'four']);
    expect(console).to.have.lengthOf(2);
  });

  it('takes another level at any time, and so do the children that it has', async () => {
    const { log } = open('warn');
    const child = log.child({ association: 1 });

    child.info('before');
    log.setLevel('debug');
    child.debug('after');
    log.setLevel('error');
    child.warn('too late');
    await log.close();

    expect(linesOfFile().map((line) => line['message'])).to.deep.equal(['after']);
  });

  it('gives a child log the fields of its parents, and lets its own win', async () => {
    const { log } = open();

    log.child({ association: 1, step: 'a' }).child({ step: 'b' }).info('x', { n: 2 });
    await log.close();

    expect(linesOfFile()[0]).to.include({ association: 1, step: 'b', n: 2 });
  });

  it('cannot be made to begin a line or to steer a terminal, by the message, a field or its name', async () => {
    const hostile = 'A\r\n2026-01-01 error forged\u001b[2J\u009b\u2028\u202e\ud800';
    const { log, console } = open();

    log.warn(hostile, {
      aeTitle: hostile,
      [hostile]: 1,
      deep: { [hostile]: hostile },
      error: new Error(hostile),
    });
    await log.close();

    const text = console.join('');
    expect(text.indexOf('\n')).to.equal(text.length - 1);
    expect(text).to.contain('aeTitle="A\\r\\n2026-01-01 error forged\\u001b[2J\\u009b\\u2028\\u202e\\ud800"');
    const raw = readFileSync(join(folder, 'dicomkeep.log'), 'utf8');
    for (const output of [text, raw]) expect(output.slice(0, -1)).to.not.match(/[\p{Cc}\p{Cs}\u2028\u202e]/u);
    expect(linesOfFile()[0]?.['aeTitle']).to.equal(hostile);
  });

  it('keeps what a person writes readable', async () => {
    const { log, console } = open();

    log.info('Grüße, 山田', { file: '/volume1/Röntgen', uid: '1.2.840' });
    await log.close();

    expect(console.join('')).to.contain('Grüße, 山田 file=/volume1/Röntgen uid=1.2.840');
  });

  it('does not let a field pass for the time, the level or the message', async () => {
    const { log } = open();

    log.error('true', { level: 'info', message: 'false', time: 0 });
    await log.close();

    expect(linesOfFile()[0]).to.include({
      level: 'error',
      message: 'true',
      level_: 'info',
      message_: 'false',
      time_: 0,
    });
  });

  it('bounds long texts, long lists, deep and circular values', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const { log } = open();

    log.info('x'.repeat(1e6), {
      text: 'y'.repeat(1e6),
      list: Array(1e5).fill('z'),
      circle,
      bytes: Buffer.alloc(1e6),
    });
    await log.close();

    expect(statSync(join(folder, 'dicomkeep.log')).size).to.be.below(5000);
    expect(linesOfFile()[0]).to.include({ bytes: '<1000000 bytes>' });
    expect(linesOfFile()[0]?.['text']).to.match(/^y{1000}… \(1000000 characters\)$/);
  });

  it('tells the message, the stack and the cause of an error', async () => {
    const { log } = open();

    log.error('failed', { error: new TypeError('outer', { cause: new Error('inner') }) });
    await log.close();

    const error = linesOfFile()[0]?.['error'] as { error: string; stack: string; cause: { error: string } };
    expect(error.error).to.equal('TypeError: outer');
    expect(error.stack).to.contain('log.test.ts');
    expect(error.cause.error).to.equal('Error: inner');
  });

  it('never throws: not for values JSON cannot hold, not for a getter that throws, not after close', async () => {
    const { log, console } = open();

    log.info('odd', {
      big: 1n,
      symbol: Symbol('s'),
      nan: Number.NaN,
      none: undefined,
      date: new Date(Number.NaN),
    });
    log.info('bad', {
      get trap() {
        throw new Error('trap');
      },
    });
    await log.close();
    log.info('late');

    expect(linesOfFile()[0]).to.include({ big: '1', nan: 'NaN', date: 'Invalid Date' });
    expect(console).to.have.lengthOf(1);
  });

  it('puts a full file aside and keeps as many as it may', async () => {
    const { log } = open('info', 65_536);

    for (let round = 0; round < 40; round++) {
      for (let n = 0; n < 20; n++) log.info('padding', { n: round * 20 + n, pad: 'p'.repeat(500) });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await log.close();

    const names = readdirSync(folder).sort();
    expect(names).to.deep.equal(['dicomkeep.log', 'dicomkeep1.log', 'dicomkeep2.log']);
    const kept = [...names].reverse().flatMap((name) => linesOfFile(name).map((line) => Number(line['n'])));
    expect(kept.at(-1)).to.equal(799);
    expect(kept).to.deep.equal(Array.from(kept, (_, index) => (kept[0] ?? 0) + index)); // In order, none lost between.
  });

  it('survives a full disk, and goes on telling the console', async function () {
    if (!existsSync('/dev/full')) this.skip();
    symlinkSync('/dev/full', join(folder, 'dicomkeep.log'));
    const { log, console } = open('info', 65_536);

    for (let n = 0; n < 3000; n++) {
      log.info('no space', { n, pad: 'p'.repeat(900) });
      if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await log.close();

    expect(console).to.have.lengthOf(3000);
    expect(readdirSync(folder)).to.deep.equal(['dicomkeep.log']); // Nothing older was put aside for what was never written.
  });

  it('drops and counts lines while the console does not take them', async () => {
    const taken: string[] = [];
    let release = () => {};
    const slow = new Writable({
      write(chunk, _encoding, done) {
        taken.push(String(chunk));
        if (taken.length === 1) release = done;
        else done();
      },
    });
    const log = createLog({ level: 'info', console: slow });

    for (let n = 0; n < 5000; n++) log.info('x', { pad: 'p'.repeat(900) });
    const pendingBytes = slow.writableLength;
    release();
    await new Promise((resolve) => setTimeout(resolve, 10));
    log.info('again');
    await log.close();

    expect(pendingBytes).to.be.below(1_100_000);
    expect(taken.at(-2)).to.match(/warn {2}log lines dropped lines=\d{4}\n$/);
    expect(taken.at(-1)).to.contain('again');
  });
});
