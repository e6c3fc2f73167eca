import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { Problem } from '../../src/lib/problem.ts';
import { IncomingFile, storageProblem } from '../../src/storage/incoming-file.ts';

const HEADER = Buffer.from('header of the file'.padEnd(64));
const ROLLING_SYNC_BYTES = 1024 * 1024;

describe('IncomingFile (storage/FORMAT.md, Accept)', () => {
  let folder = '';
  let count = 0;
  const descriptors: number[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-incoming-file-'));
  });
  after(() => {
    for (const descriptor of descriptors) {
      try {
        closeSync(descriptor);
      } catch {
        // Closed by the file itself.
      }
    }
    rmSync(folder, { recursive: true, force: true });
  });

  function begin(flags = 'wx+'): IncomingFile {
    const name = `${++count}.dcm`;
    const path = join(folder, name);
    if (flags === 'r') openSync(path, 'wx');
    const descriptor = openSync(path, flags);
    descriptors.push(descriptor);
    const file = new IncomingFile(name, path, descriptor, ROLLING_SYNC_BYTES, {
      assertWritable: async () => undefined,
      isAlone: () => count % 2 === 0,
      over: () => undefined,
    });
    file.reserveHeader(HEADER.length);
    return file;
  }

  async function problemOf(work: Promise<unknown>): Promise<string> {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Problem)) throw new Error('no Problem', { cause: error });
    return error.code;
  }

  it('holds the header and the pieces in their order, written in one call or in many', async () => {
    const small = begin();
    small.write(Buffer.from('ab'));
    small.write(Buffer.alloc(0));
    small.write(Buffer.from('c'));

    await small.commit(HEADER);

    expect(readFileSync(small.path)).to.deep.equal(Buffer.concat([HEADER, Buffer.from('abc')]));
    const large = begin();
    const pieces = Array.from({ length: 3000 }, (_, index) => Buffer.alloc(2000, index % 251));
    for (const piece of pieces) large.write(piece);

    await large.commit(HEADER);

    expect(readFileSync(large.path).equals(Buffer.concat([HEADER, ...pieces]))).to.equal(true);
  });

  it('needs no release before the end', async () => {
    const file = begin();

    expect(file.release()).to.equal(undefined);
    file.write(Buffer.from('abc'));
    expect(file.release()).to.be.instanceOf(Promise);
    await file.release();
    expect(file.release()).to.equal(undefined);
    await file.commit(HEADER);

    expect(readFileSync(file.path, 'latin1')).to.equal(`${HEADER}abc`);
  });

  it('has taken every piece when a later release resolves, however writes, releases and turns of the loop fall', async () => {
    const step = fc.record({
      bytes: fc.oneof(fc.nat(50), fc.constantFrom(4096, 300_000, 1_100_000)),
      pause: fc.constantFrom(
        'go on',
        'await the release',
        'await a microtask',
        'await a turn',
        'reuse later',
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const file = begin();
        const expected: Buffer[] = [HEADER];
        let reused = Promise.resolve();
        for (const [index, { bytes, pause }] of steps.entries()) {
          const piece = Buffer.alloc(bytes, (index % 250) + 1);
          expected.push(Buffer.from(piece));
          file.write(piece);
          const released = pause === 'go on' ? undefined : file.release();
          if (pause === 'reuse later' && released !== undefined) {
            reused = Promise.all([reused, released.then(() => piece.fill(0xff))]).then(() => undefined);
          }
          if (pause === 'await the release') {
            await released;
            piece.fill(0xff); // undefined: nothing is needed any more
          }
          if (pause === 'await a microtask') await undefined;
          if (pause === 'await a turn') await turn();
        }

        await file.commit(HEADER);

        await reused;
        const content = readFileSync(file.path);
        rmSync(file.path);
        expect(content.equals(Buffer.concat(expected))).to.equal(true);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses at commit what could not be written, and leaves nothing behind', async () => {
    const file = begin('r'); // a descriptor that cannot be written
    file.write(Buffer.alloc(10));
    await file.release();
    file.write(Buffer.alloc(10));

    expect(await problemOf(file.commit(HEADER))).to.equal('volume-offline');

    expect(existsSync(file.path)).to.equal(false);
  });

  it('touches its descriptor no more once it is discarded: the number is another file’s by then', async () => {
    const file = begin('r');
    file.write(Buffer.alloc(10));
    await problemOf(file.commit(HEADER));
    // The lowest free number is given again.
    const others = Array.from({ length: 3 }, (_, index) => {
      const path = join(folder, `other-${++count}-${index}`);
      return { path, descriptor: openSync(path, 'wx+') };
    });
    const written = begin();
    written.write(Buffer.from('acknowledged'));
    await written.commit(HEADER);

    await Promise.all([file.discard(), file.discard()]);

    for (const { descriptor } of others) closeSync(descriptor); // throws where it was closed already
    expect(readFileSync(written.path, 'latin1')).to.equal(`${HEADER}acknowledged`);
  });

  it('is gone when discarded, even within a write', async () => {
    const file = begin();
    file.write(Buffer.alloc(3_000_000));

    const discarded = file.discard();
    file.write(Buffer.alloc(10)); // dropped
    await discarded;

    expect(existsSync(file.path)).to.equal(false);
    expect(file.release()).to.equal(undefined);
  });

  it('syncs large objects on the way', async () => {
    const file = begin();
    const piece = Buffer.alloc(700_000, 7);
    for (let index = 0; index < 20; index++) {
      file.write(piece);
      await file.release();
    }

    await file.commit(HEADER);

    expect(readFileSync(file.path).length).to.equal(HEADER.length + 20 * piece.length);
  });
});

describe('storageProblem', () => {
  it('tells a full disk from a volume that is away', () => {
    const codeOf = (code: string) => storageProblem(Object.assign(new Error(code), { code })).code;

    expect(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'ENOENT'].map(codeOf)).to.deep.equal([
      'storage-full',
      'storage-full',
      'storage-full',
      'volume-offline',
      'volume-offline',
      'volume-offline',
    ]);
    expect(storageProblem(new Problem('cancelled', 'x')).code).to.equal('cancelled');
  });
});
