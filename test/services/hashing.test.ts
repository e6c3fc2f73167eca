import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { Hasher, InlineHash, type StreamHash } from '../../src/services/hashing.ts';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('Hasher', () => {
  let hasher: Hasher;

  before(() => {
    hasher = new Hasher();
  });
  after(() => hasher.close());

  /** Gives `bytes` in pieces out of one buffer that is filled anew as soon as it is released, as the network does. */
  async function hashOf(
    hash: StreamHash,
    bytes: Buffer,
    bufferBytes: number,
    isShared: boolean,
  ): Promise<string> {
    const memory = isShared ? new SharedArrayBuffer(bufferBytes) : new ArrayBuffer(bufferBytes);
    const buffer = Buffer.from(memory as ArrayBuffer);
    for (let at = 0; at < bytes.length; at += bufferBytes) {
      const piece = bytes.subarray(at, at + bufferBytes);
      buffer.set(piece);
      hash.update(buffer.subarray(0, piece.length));
      await hash.release();
      buffer.fill(0);
    }
    return hash.digest();
  }

  it('gives the SHA-256 of what it was given, however it came', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 1000, max: 400_000 }),
        fc.boolean(),
        async (size, bufferBytes, isShared) => {
          const bytes = randomBytes(size);
          expect(await hashOf(hasher.begin(), bytes, bufferBytes, isShared)).to.equal(sha256(bytes));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keeps many hashes apart that grow at the same time', async () => {
    const all = Array.from({ length: 8 }, (_, index) => randomBytes(600_000 + index));

    const digests = await Promise.all(all.map((bytes) => hashOf(hasher.begin(), bytes, 100_000, true)));

    expect(digests).to.deep.equal(all.map(sha256));
  });

  it('holds what it was given until it says otherwise', () => {
    const hash = hasher.begin();
    expect(hash.release()).to.equal(undefined);

    hash.update(Buffer.from(new SharedArrayBuffer(300_000)));

    expect(hash.release()).to.be.instanceOf(Promise);
    hash.abandon();
  });

  it('goes on with a new thread where one has ended, and says which hash is lost', async () => {
    const lost = hasher.begin();
    lost.update(Buffer.from(new SharedArrayBuffer(300_000)));
    await lost.release();

    await hasher.close();

    const refusal = await Promise.resolve(lost.digest()).catch((error: Error) => error.message);
    expect(refusal).to.equal('the hashing thread has ended');
    const bytes = randomBytes(500_000);
    expect(await hashOf(hasher.begin(), bytes, 250_000, true)).to.equal(sha256(bytes));
  });

  it('gives the same where it stands', async () => {
    const bytes = randomBytes(300_000);

    expect(await hashOf(new InlineHash(), bytes, 50_000, false)).to.equal(sha256(bytes));
  });
});
