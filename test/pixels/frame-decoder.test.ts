import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { FrameDecoder } from '../../src/pixels/frame-decoder.ts';
import { pixelLimits } from '../../src/pixels/limits.ts';
import { type ThreadLimits, TooCostly } from '../../src/pixels/threads.ts';
import { refusalOf } from '../storage/problems.ts';
import { pixelModule } from './fixtures.ts';

const MODULE = pixelModule({ rows: 16, columns: 16 });
const LIMITS: ThreadLimits = { ...pixelLimits, threadsMax: 2, queueMax: 100, taskTimeoutMs: 10_000 };
/** A JPEG-LS stream that ends after its frame header. */
const BROKEN = 'ffd8fff7000b0800100010010111000000';

/** 256 samples from 0 to 255 in JPEG Lossless and in HTJ2K. */
const RAMP = Buffer.from(Array.from({ length: 256 }, (_, shade) => shade));
const RAMP_JPEG =
  'ffd8ffe000104a46494600010100000100010000ffc3000b080010001001011100ffc40016000101010000000000000000000000000001' +
  '0508ffda0008010100010000cfeaaaaaaad05555555682aaaaaab415555555a0aaaaaaad05555555682aaaaaab415555555a0aaaaaaad0' +
  '5555555682aaaaaab415555555a0aaaaaaad05555555682aaaaaab415555555fffd9';
const RAMP_HTJ2K =
  'ff4fff510029400000000010000000100000000000000000000000100000001000000000000000000001070101ff500008000200000001' +
  'ff52000c00000001000104044001ff5c00072048484848ff64001700014f70656e4a50482056657220302e31382e322eff550010006000' +
  '000000005a000000000026ff90000a00000000005a0002ff93c02f49ff5ffbbbfb6d3e7bbfd6abf3693cfaff7677f7db7cf67ead57e7d3' +
  '78e40b04c35014c79124cbd234bf51a06c702aa40eab446bf16ac40ad7aeb5a7a041a04100680000c6000031b301ff90000a0000000000' +
  '260102ff93c02780560000e7c0294be600deddddddfdf27bf7c9ecb800ffd9';

/** 256 samples of one shade in RLE — PS3.5 Annex G: two runs of 128. */
function rle(shade: number): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(1, 0);
  header.writeUInt32LE(64, 4);
  return Buffer.concat([header, Buffer.from([0x81, shade, 0x81, shade])]);
}

describe('FrameDecoder', () => {
  let decoder: FrameDecoder;
  afterEach(() => decoder.close());

  function begin(limits: Partial<ThreadLimits> = {}, program?: URL): void {
    decoder = new FrameDecoder({ ...LIMITS, ...limits }, program);
  }

  const decode = (stream: Buffer, transferSyntaxUid: string = uids.RLELossless) =>
    decoder.decode(stream, MODULE, transferSyntaxUid);

  it('decodes many frames in few threads, each to its own samples', async () => {
    begin();

    const frames = await Promise.all(Array.from({ length: 40 }, (_, shade) => decode(rle(shade))));

    for (const [shade, { bytes, module }] of frames.entries()) {
      expect(bytes.equals(Buffer.alloc(256, shade))).to.equal(true);
      expect(module).to.deep.equal(MODULE);
    }
  });

  it('refuses a stream that is broken in words, and decodes the others in a new thread', async () => {
    begin({ threadsMax: 1 });

    const [first, broken, last] = await Promise.all([
      decode(rle(1)),
      refusalOf(decode(Buffer.from(BROKEN, 'hex'), uids.JPEGLSLossless)),
      decode(rle(2)),
    ]);

    expect(broken).to.match(/^not-renderable: the jpeg-ls stream cannot be decoded/);
    expect([first.bytes[0], last.bytes[0]]).to.deep.equal([1, 2]);
  });

  it('refuses what begins as no stream, and what is not of the size that the data set says', async () => {
    begin();
    const other = Buffer.from(`ffd8ffc0000b08${'0020'}${'0010'}01011100ffd90000`, 'hex');

    expect(await refusalOf(decode(Buffer.alloc(64), uids.JPEGBaseline8Bit))).to.match(
      /begins as no compressed stream/,
    );
    expect(await refusalOf(decode(other, uids.JPEGBaseline8Bit))).to.match(
      /the jpeg stream has 16 × 32 × 1 samples/,
    );
  });

  it('gives samples of a byte as words where Bits Allocated is 16 (PS3.5 §8.1.1)', async () => {
    begin();
    const stream = () => Buffer.from(RAMP_JPEG, 'hex');
    const words = { ...MODULE, bitsAllocated: 16 };

    const [unsigned, signed] = await Promise.all([
      decoder.decode(stream(), words, uids.JPEGLosslessSV1),
      decoder.decode(stream(), { ...words, isSigned: true }, uids.JPEGLosslessSV1),
    ]);

    expect(unsigned.module).to.deep.equal(words);
    expect(unsigned.bytes.equals(Buffer.from(Uint16Array.from(RAMP).buffer))).to.equal(true);
    expect(signed.bytes.equals(Buffer.from(Int16Array.from(new Int8Array(RAMP)).buffer))).to.equal(true);
  });

  it('refuses samples for which Bits Allocated has no room, or of which some bits are not known', async () => {
    begin();
    const stream = (bits: string) => Buffer.from(RAMP_JPEG.replace('ffc3000b08', `ffc3000b${bits}`), 'hex');
    for (const [bits, module, words] of [
      ['0c', MODULE, /samples of 12 bits, and Bits Allocated is 8/],
      ['08', { ...MODULE, bitsAllocated: 32 }, /samples of 8 bits, and Bits Allocated is 32/],
      ['08', { ...MODULE, bitsAllocated: 16, bitsStored: 12, isSigned: true }, /Bits Allocated is 16/],
    ] as const) {
      expect(await refusalOf(decoder.decode(stream(bits), module, uids.JPEGLosslessSV1))).to.match(words);
    }
  });

  it('refuses a stream that is cut short, whose decoder would fill up what is missing', async () => {
    begin();
    for (const [name, hex, transferSyntaxUid] of [
      ['jpeg', RAMP_JPEG, uids.JPEGLosslessSV1],
      ['htj2k', RAMP_HTJ2K, uids.HTJ2KLossless],
    ] as const) {
      const whole = Buffer.from(hex, 'hex');
      // Even, and what else is found behind an end.
      const padded = Buffer.concat([whole, Buffer.from([0, 1, 2, 3])]);

      expect((await decode(padded, transferSyntaxUid)).bytes.equals(RAMP)).to.equal(true);
      expect(await refusalOf(decode(whole.subarray(0, -10), transferSyntaxUid))).to.equal(
        `not-renderable: the ${name} stream is cut short: it has no end`,
      );
    }
  });

  it('gives up where a frame takes too long or too much memory', async () => {
    begin({ taskTimeoutMs: 1 });
    const late = await decode(rle(1)).catch((error: unknown) => error);
    await decoder.close();
    begin({ growthBytesMax: 1, growthLookMs: 1 });
    const large = await decode(rle(1)).catch((error: unknown) => error);

    expect(late).to.be.instanceOf(TooCostly);
    expect(String(late)).to.match(/the frame was not there after 1 ms/);
    expect(String(large)).to.match(/the frame takes more memory than it may/);
  });

  it('takes two frames for no more than two: each may take its share of memory while the other does', async () => {
    const share = 90 * 1024 * 1024;
    const program = (bytes: number) =>
      new URL(
        `data:text/javascript,import { parentPort } from 'node:worker_threads';
        parentPort.on('message', ({ module }) => {
          const taken = Buffer.alloc(${bytes}, 1);
          setTimeout(() => parentPort.postMessage({ module, bytes: new Uint8Array(taken.subarray(0, 1)) }), 300);
        })`,
      );
    begin({ growthBytesMax: share, growthLookMs: 10 }, program(share * (2 / 3)));
    const both = await Promise.all([decode(rle(1)), decode(rle(2))]);
    await decoder.close();
    begin({ growthBytesMax: share / 2, growthLookMs: 10 }, program(share * 2));

    expect(both.map(({ bytes }) => bytes[0])).to.deep.equal([1, 1]);
    expect(await refusalOf(decode(rle(3)))).to.match(/the frame takes more memory than it may/);
  });

  it('refuses what waits when it is closed', async () => {
    begin({ threadsMax: 1 });
    const waiting = [1, 2, 3].map((shade) => refusalOf(decode(rle(shade))));

    await decoder.close();

    expect(await Promise.all(waiting)).to.deep.equal(
      Array(3).fill('cancelled: the archive is being stopped'),
    );
  });

  it('has no thread where nothing was to do for a while, and begins anew', async () => {
    begin({ idleMs: 1 });

    await decode(rle(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { bytes } = await decode(rle(2));

    expect(bytes[0]).to.equal(2);
  });
});
