import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { safeName, type ZipEntry, zipOf } from '../../src/admin/zip.ts';
import { zipEntriesOf } from '../helpers/unzip.ts';

describe('zipOf', () => {
  let opened: string[];
  let closed: string[];

  beforeEach(() => {
    opened = [];
    closed = [];
  });

  function entry(name: string, content: Buffer | Error, sizeBytes?: number): ZipEntry {
    return {
      name,
      sizeBytes: sizeBytes ?? (content instanceof Error ? 1 : content.length),
      modifiedAt: Date.UTC(2026, 10, 21),
      async open() {
        opened.push(name);
        if (content instanceof Error) throw content;
        const stream = Readable.from([content], { objectMode: false });
        stream.once('close', () => closed.push(name));
        return stream;
      },
    };
  }

  async function* each(entries: readonly ZipEntry[]): AsyncGenerator<ZipEntry, void, undefined> {
    yield* entries;
  }

  const failure = (stream: Readable) =>
    buffer(stream).then(
      () => 'none',
      (error: Error) => error.message,
    );

  it('stores each entry as it is, under its name', async () => {
    const contents = new Map([1, 2, 3].map((n) => [`P1/1_CT/${n}.dcm`, Buffer.alloc(n * 100_000, n)]));
    const entries = [...contents].map(([name, content]) => entry(name, content));

    const found = zipEntriesOf(await buffer(zipOf(each(entries))));

    expect(found.map(({ name }) => name)).to.deep.equal([...contents.keys()]);
    for (const { name, method, bytes } of found) {
      expect(method).to.equal(0);
      expect(bytes.equals(contents.get(name) ?? Buffer.alloc(0)), name).to.equal(true);
    }
    expect(closed).to.have.members([...contents.keys()]);
  });

  it('is an archive of nothing where there is nothing', async () => {
    expect(zipEntriesOf(await buffer(zipOf(each([]))))).to.deep.equal([]);
  });

  it('breaks where an entry cannot be opened, and opens none after it', async () => {
    const entries = [entry('a', Buffer.alloc(9)), entry('b', new Error('gone')), entry('c', Buffer.alloc(9))];

    expect(await failure(zipOf(each(entries)))).to.equal('gone');
    expect(opened).to.deep.equal(['a', 'b']);
  });

  it('breaks where an entry is shorter or longer than it should be, and where reading fails', async () => {
    expect(await failure(zipOf(each([entry('a', Buffer.alloc(9), 10)])))).to.match(
      /unexpected number of bytes/,
    );
    expect(await failure(zipOf(each([entry('a', Buffer.alloc(9), 8)])))).to.match(
      /unexpected number of bytes/,
    );
    const failing = new Readable({
      read() {
        this.destroy(new Error('bad sector'));
      },
    });
    const one = { ...entry('a', Buffer.alloc(9)), open: async () => failing };
    expect(await failure(zipOf(each([one])))).to.equal('bad sector');
  });

  it('breaks where the list of entries does', async () => {
    async function* some(): AsyncGenerator<ZipEntry, void, undefined> {
      yield entry('a', Buffer.alloc(9));
      throw new Error('the catalogue went away');
    }

    expect(await failure(zipOf(some()))).to.equal('the catalogue went away');
  });

  it('reads no faster than it is read, and stops when nobody reads any more', async () => {
    let pieces = 0;
    let isEnded = false;
    const endless = new Readable({
      read() {
        pieces += 1;
        this.push(Buffer.alloc(65_536));
      },
      destroy(error, done) {
        isEnded = true;
        done(error);
      },
    });
    const first = { ...entry('a', Buffer.alloc(0), 2 ** 40), open: async () => endless };
    const zip = zipOf(each([first, entry('b', Buffer.alloc(9))]));
    zip.read();

    await wait(50);
    expect(pieces).to.be.lessThan(20);
    zip.destroy();
    await wait(20);

    expect(isEnded).to.equal(true);
    expect(opened).to.deep.equal([]);
  });
});

describe('safeName', () => {
  it('keeps what every system takes', () => {
    expect(safeName('PAT-0001_a.b', 'x')).to.equal('PAT-0001_a.b');
  });

  it('makes steps of a path of hostile text', () => {
    const cases = {
      '../../etc/passwd': '__.._etc_passwd',
      '/etc/passwd': '_etc_passwd',
      'C:\\Windows\\system32': 'C__Windows_system32',
      '..': 'x',
      '.': 'x',
      '': 'x',
      '   ': 'x',
      患者: 'x',
      'a\0b\nc': 'a_b_c',
      '.hidden.': '_hidden_',
      CON: '_CON',
      'nul.txt': '_nul.txt',
      'LPT1 ': 'LPT1_',
      COM9: '_COM9',
      constant: 'constant',
    };
    for (const [text, name] of Object.entries(cases)) expect(safeName(text, 'x'), text).to.equal(name);
  });

  it('never gives anything but one safe step, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        const name = safeName(text, 'fallback');
        expect(name).to.match(/^[A-Za-z0-9_-]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$|^_[A-Za-z0-9._-]{1,64}$/);
        expect(name).not.to.match(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      }),
    );
  });
});
