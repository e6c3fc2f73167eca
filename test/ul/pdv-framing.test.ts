import { expect } from 'chai';
import { framePdvs } from '../../src/ul/pdv-framing.ts';
import { hex } from './fixtures.ts';

const command = { contextId: 1, isCommand: true, isLast: true, bytes: Buffer.from('aaaa', 'hex') };
const dataSet = (size: number, isLast = true) => ({
  contextId: 1,
  isCommand: false,
  isLast,
  bytes: Buffer.alloc(size, 0xdd),
});

/** The lengths of the variable fields of the PDUs in a stream. */
function pduLengths(bytes: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).to.equal(0x04);
    const length = bytes.readUInt32BE(at + 2);
    lengths.push(length);
    at += 6 + length;
  }
  return lengths;
}

describe('framePdvs (PS3.8 §9.3.5, Annex E)', () => {
  it('writes one PDV as one PDU', () => {
    expect(Buffer.concat(framePdvs([command], 16384))).to.deep.equal(
      hex('04 00 00000008 00000004 01 03 aaaa'),
    );
  });

  it('gives a data set PDUs of its own, as some implementations expect', () => {
    expect(Buffer.concat(framePdvs([command, dataSet(2)], 16384))).to.deep.equal(
      hex('04 00 00000008 00000004 01 03 aaaa  04 00 00000008 00000004 01 02 dddd'),
    );
  });

  it('fills the PDUs of a large PDV', () => {
    const bytes = Buffer.concat(framePdvs([command, dataSet(40)], 26));

    expect(pduLengths(bytes)).to.deep.equal([8, 26, 26]);
  });

  it('never passes the maximum length of the peer, and cuts at even places', () => {
    for (let pduBytesMax = 8; pduBytesMax < 60; pduBytesMax++) {
      const bytes = Buffer.concat(
        framePdvs([command, dataSet(101), command, dataSet(0), dataSet(7)], pduBytesMax),
      );

      for (const length of pduLengths(bytes)) expect(length).to.be.at.most(pduBytesMax);
    }
    expect(pduLengths(Buffer.concat(framePdvs([dataSet(6)], 9)))).to.deep.equal([8, 8, 8]);
  });

  it('sets the last bit on the last piece of a last PDV alone', () => {
    expect(Buffer.concat(framePdvs([dataSet(4)], 8))).to.deep.equal(
      hex('04 00 00000008 00000004 01 00 dddd  04 00 00000008 00000004 01 02 dddd'),
    );
    expect(Buffer.concat(framePdvs([dataSet(2, false)], 8))).to.deep.equal(
      hex('04 00 00000008 00000004 01 00 dddd'),
    );
  });

  it('sends the bytes of the caller, not a copy', () => {
    const pdv = dataSet(100_000);

    const payload = framePdvs([pdv], 131072)[1];

    expect(payload?.buffer).to.equal(pdv.bytes.buffer);
    expect(payload?.byteOffset).to.equal(pdv.bytes.byteOffset);
  });

  it('writes nothing for nothing', () => {
    expect(framePdvs([], 16384)).to.deep.equal([]);
  });
});
