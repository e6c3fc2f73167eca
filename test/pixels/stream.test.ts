import { expect } from 'chai';
import { jpegXlSizeOf } from '../../src/pixels/jpeg-xl-size.ts';
import { streamOf } from '../../src/pixels/stream.ts';

const hex = (...parts: string[]) => Buffer.from(parts.join(''), 'hex');

/** SOI and a comment before the frame header. */
const BEFORE = 'ffd8' + 'fffe0004abcd';
/** Precision, rows, columns; then each component's number, sampling factors and table. */
const frameHeader = (marker: string, components: string, precision = '08') =>
  `${marker}${(8 + components.length / 2).toString(16).padStart(4, '0')}${precision}01000200` +
  `${(components.length / 6).toString(16).padStart(2, '0')}${components}`;

const GREY = '011100';
const FULL = '011100021100031100';
const SUBSAMPLED = '012100021101031101';

describe('The marks of a compressed stream', () => {
  const size = { rows: 256, columns: 512, samples: 1 };

  for (const [name, marker] of [
    ['baseline', 'ffc0'],
    ['extended', 'ffc1'],
    ['progressive', 'ffc2'],
    ['lossless', 'ffc3'],
  ] as const) {
    it(`tell ${name} JPEG by its frame header`, () => {
      const stream = streamOf(hex(BEFORE, frameHeader(marker, GREY)));

      expect(stream).to.deep.equal({ codec: 'jpeg', size, bits: 8, isEnded: false, isYbr: false, offset: 0 });
    });
  }

  it('tell JPEG-LS by its own frame header', () => {
    const stream = streamOf(hex(BEFORE, frameHeader('fff7', GREY, '10')));

    expect(stream).to.deep.equal({
      codec: 'jpeg-ls',
      size,
      bits: 16,
      isEnded: false,
      isYbr: false,
      offset: 0,
    });
  });

  it('tell of chrominance by subsampling, and by what Adobe writes', () => {
    const adobe = (transform: string) =>
      `ffee000e${Buffer.from('Adobe').toString('hex')}006400000000${transform}`;

    const isYbr = (...parts: string[]) => streamOf(hex('ffd8', ...parts))?.isYbr;

    expect(isYbr(frameHeader('ffc0', SUBSAMPLED))).to.equal(true);
    expect(isYbr(frameHeader('ffc0', FULL))).to.equal(false);
    expect(isYbr(adobe('01'), frameHeader('ffc0', FULL))).to.equal(true);
    expect(isYbr(adobe('00'), frameHeader('ffc0', FULL))).to.equal(false);
  });

  const siz = (capabilities: string) =>
    `ff4fff510029${capabilities}` +
    '00000210' +
    '00000108' +
    '00000010' +
    '00000008' +
    '00'.repeat(16) +
    '0001' +
    '0f0101';

  it('tell JPEG 2000 from its high-throughput kin, with the offset of the image taken away', () => {
    const others = { size, bits: 16, isEnded: false, isYbr: false, offset: 0 };

    expect(streamOf(hex(siz('0000')))).to.deep.equal({ codec: 'jpeg-2000', ...others });
    expect(streamOf(hex(siz('4000')))).to.deep.equal({ codec: 'htj2k', ...others });
  });

  it('tell the precision of the widest component, whatever its sign', () => {
    const components = hex(siz('0000').slice(0, -10), '0003', '070101', '8b0101', '090101');

    expect(streamOf(components)).to.deep.include({ bits: 12, size: { ...size, samples: 3 } });
  });

  it('tell whether the stream has its end, and not that of a picture within', () => {
    const within = 'ffe10006ffd8ffd9';
    const jpeg = hex('ffd8', within, frameHeader('ffc0', GREY), '0000');

    expect(streamOf(jpeg)?.isEnded).to.equal(false);
    expect(streamOf(Buffer.concat([jpeg, hex('ffd9', '000102')]))?.isEnded).to.equal(true);
    expect(streamOf(hex(siz('4000'), 'ffd9'))?.isEnded).to.equal(true);
  });

  it('find JPEG 2000 within a JP2 file', () => {
    const stream = streamOf(hex('0000000c6a5020200d0a870a', '000000006a703263', siz('0000')));

    expect(stream).to.deep.include({ codec: 'jpeg-2000', size, offset: 20 });
  });

  it('are none in anything else, and in nothing', () => {
    expect(streamOf(Buffer.alloc(64))).to.equal(undefined);
    expect(streamOf(Buffer.alloc(0))).to.equal(undefined);
    expect(streamOf(Buffer.from('RIFF....WEBPVP8 '))).to.equal(undefined);
  });

  it('are none where the stream is cut off before they tell enough, at every byte', () => {
    for (const whole of [hex(BEFORE, frameHeader('ffc0', FULL)), hex(siz('0000')).subarray(0, 43)]) {
      expect(streamOf(whole)).not.to.equal(undefined);
      for (let length = 0; length < whole.length; length++) {
        expect(streamOf(whole.subarray(0, length)), `${length} bytes`).to.equal(undefined);
      }
    }
  });
});

describe('The size of a JPEG XL stream', () => {
  /** Bits from the lowest on, as they are read: value and number of bits. */
  const stream = (...fields: readonly (readonly [number, number])[]) => {
    const bytes = Buffer.alloc(16);
    Buffer.from('ff0a', 'hex').copy(bytes);
    let position = 16;
    for (const [value, count] of fields) {
      for (let bit = 0; bit < count; bit++, position++) {
        if ((Math.floor(value / 2 ** bit) & 1) === 1) {
          bytes.writeUInt8(bytes.readUInt8(position >> 3) | (1 << (position & 7)), position >> 3);
        }
      }
    }
    return bytes;
  };

  it('is in eights where it is small', () => {
    expect(jpegXlSizeOf(stream([1, 1], [3, 5], [0, 3], [7, 5]))).to.deep.equal({ rows: 32, columns: 64 });
  });

  it('has both dimensions, or a ratio', () => {
    expect(jpegXlSizeOf(stream([0, 1], [1, 2], [511, 13], [0, 3], [3, 2], [69_999, 30]))).to.deep.equal({
      rows: 512,
      columns: 70_000,
    });
    expect(jpegXlSizeOf(stream([0, 1], [0, 2], [299, 9], [3, 3]))).to.deep.equal({ rows: 300, columns: 400 });
  });

  it('is found in the boxes of a container', () => {
    const boxes = Buffer.from(
      '0000000c4a584c200d0a870a' + '000000146674797000000000000000000000000a' + '000000186a786c63',
      'hex',
    );
    const parts = Buffer.from('0000000c4a584c200d0a870a' + '0000001c6a786c7000000000', 'hex');
    const codestream = stream([1, 1], [3, 5], [1, 3]);

    expect(jpegXlSizeOf(Buffer.concat([boxes, codestream]))).to.deep.equal({ rows: 32, columns: 32 });
    expect(jpegXlSizeOf(Buffer.concat([parts, codestream]))).to.deep.equal({ rows: 32, columns: 32 });
  });

  it('is unknown of boxes that lead nowhere', () => {
    expect(jpegXlSizeOf(Buffer.alloc(64))).to.equal(undefined);
    expect(jpegXlSizeOf(Buffer.from('0000000c4a584c200d0a870affffffff6a756e6b', 'hex'))).to.equal(undefined);
  });
});
