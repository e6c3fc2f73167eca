import { expect } from 'chai';
import fc from 'fast-check';
import { ProtocolError } from '../../src/lib/problem.ts';
import { limits } from '../../src/ul/limits.ts';
import type { Pdv } from '../../src/ul/pdu/p-data-tf.ts';
import { PduReader, type Token } from '../../src/ul/pdu-reader.ts';
import { framePdvs } from '../../src/ul/pdv-framing.ts';
import { A_RELEASE_RQ, hex } from './fixtures.ts';

function reader(pduBytesMax = 131072): PduReader {
  const made = new PduReader(pduBytesMax);
  for (const id of [1, 3]) made.acceptedContexts.add(id);
  return made;
}

function tokensOf(pduReader: PduReader, chunk: Buffer): Token[] {
  pduReader.feed(chunk);
  const tokens: Token[] = [];
  for (let token = pduReader.next(); token !== undefined; token = pduReader.next()) tokens.push(token);
  return tokens;
}

/** Joins pieces of PDVs until each ends; contexts and kinds of the pieces of one PDV must agree. */
function joined(tokens: readonly Token[]): Pdv[] {
  const out: Pdv[] = [];
  let pieces: Buffer[] = [];
  for (const token of tokens) {
    if (token.type !== 'PDV') continue;
    pieces.push(Buffer.from(token.pdv.bytes));
    if (!token.pdv.isLast) continue;
    out.push({ ...token.pdv, bytes: Buffer.concat(pieces) });
    pieces = [];
  }
  return out;
}

/** Cuts `bytes` at the places that `cuts` gives, in thousandths of its length. */
function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [
    0,
    ...cuts.map((cut) => Math.floor((cut * bytes.length) / 1000)).sort((a, b) => a - b),
    bytes.length,
  ];
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

const arbitraryPdvs = fc.array(
  fc.record({
    contextId: fc.constantFrom(1, 3),
    isCommand: fc.boolean(),
    isLast: fc.constant(true),
    bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('PduReader, P-DATA-TF (PS3.8 §9.3.5, Annex E)', () => {
  it('gives the PDVs that were framed, whatever the PDU size and the cuts of the stream', () => {
    fc.assert(
      fc.property(
        arbitraryPdvs,
        fc.integer({ min: 8, max: 300 }),
        fc.array(fc.nat(1000), { maxLength: 20 }),
        (pdvs, pduBytesMax, cuts) => {
          const bytes = Buffer.concat(framePdvs(pdvs, pduBytesMax));
          const pduReader = reader(pduBytesMax);

          const tokens = cutAt(bytes, cuts).flatMap((chunk) => tokensOf(pduReader, chunk));

          expect(joined(tokens)).to.deep.equal(pdvs);
        },
      ),
    );
  });

  it('gives the same when the stream comes byte by byte', () => {
    const pdvs = [
      { contextId: 1, isCommand: true, isLast: true, bytes: Buffer.from('command') },
      { contextId: 1, isCommand: false, isLast: true, bytes: Buffer.from('data set') },
    ];
    const pduReader = reader();

    const tokens = [...Buffer.concat(framePdvs(pdvs, 20))].flatMap((byte) =>
      tokensOf(pduReader, Buffer.from([byte])),
    );

    expect(joined(tokens)).to.deep.equal(pdvs);
  });

  it('gives views of the chunk and copies nothing', () => {
    const chunk = Buffer.from('0400000000080000000401 02abcd'.replace(' ', ''), 'hex');

    const pdv = tokensOf(reader(), chunk).find((token) => token.type === 'PDV');

    expect(pdv?.type === 'PDV' && pdv.pdv.bytes.buffer === chunk.buffer).to.equal(true);
  });

  it('says "last" only on the final piece of a last PDV', () => {
    const pduReader = reader();
    const bytes = hex('04 00 0000000a 00000006 01 02 aabbccdd');

    const first = tokensOf(pduReader, bytes.subarray(0, 14));
    const second = tokensOf(pduReader, bytes.subarray(14));

    expect(first.map((t) => t.type === 'PDV' && t.pdv.isLast)).to.deep.equal([false, false]);
    expect(second.map((t) => t.type === 'PDV' && t.pdv.isLast)).to.deep.equal([true]);
  });

  it('gives a last PDV that has no data', () => {
    const tokens = tokensOf(reader(), hex('04 00 00000006 00000002 01 02'));

    expect(joined(tokens)).to.deep.equal([
      { contextId: 1, isCommand: false, isLast: true, bytes: Buffer.alloc(0) },
    ]);
  });

  const refusals: [string, string, RegExp][] = [
    ['a PDU without a PDV', '04 00 00000000', /ends 6 bytes before the end of a PDV header/],
    ['a PDU that ends in a PDV header', '04 00 00000003 000000', /ends 3 bytes/],
    ['a PDV longer than its PDU', '04 00 00000008 00000005 01 02 abcd', /a PDV of 5 bytes where 2 remain/],
    ['a PDV without room for its own header', '04 00 00000006 00000001 01 02', /a PDV of 1 bytes/],
    ['a PDV of 4 GiB', '04 00 00000008 ffffffff 01 02 abcd', /a PDV of 4294967295 bytes/],
    ['a context that was not accepted', '04 00 00000008 00000004 05 02 abcd', /context 5 was not accepted/],
    ['an even context', '04 00 00000008 00000004 02 02 abcd', /context 2 was not accepted/],
    ['a PDU beyond the maximum length', '04 00 00020401', /132097 bytes where at most 132096/],
  ];
  for (const [what, bytes, words] of refusals) {
    it(`refuses ${what} as an invalid parameter value`, () => {
      expect(() => tokensOf(reader(), hex(bytes)))
        .to.throw(ProtocolError, words)
        .with.property('abortReason', 6);
    });
  }

  it('takes a PDU of any length where no maximum was advertised', () => {
    expect(tokensOf(reader(0), hex('04 00 fffffffe'))).to.deep.equal([{ type: 'P-DATA-TF' }]);
  });

  it('refuses a PDU type that it does not know as unrecognized', () => {
    expect(() => tokensOf(reader(), hex('0a 00 00000000')))
      .to.throw(ProtocolError, 'unrecognized PDU type 0AH')
      .with.property('abortReason', 1);
  });

  it('refuses other PDUs beyond their bound before a byte of them has come', () => {
    expect(() => tokensOf(reader(), hex('01 00 00100001'))).to.throw(
      ProtocolError,
      /A-ASSOCIATE-RQ of 1048577 bytes/,
    );
    expect(() => tokensOf(reader(), hex('05 00 00000041'))).to.throw(
      ProtocolError,
      /A-RELEASE-RQ of 65 bytes/,
    );
  });

  it('goes on with the next PDU after one that it refused, wherever the stream is cut', () => {
    const bytes = Buffer.concat([
      hex('04 00 0000000a 00000004 07 02 abcd 0000'),
      hex('0b 00 00000003 010203'),
      A_RELEASE_RQ,
    ]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const pduReader = reader();
      const seen: string[] = [];

      for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        pduReader.feed(chunk);
        for (;;) {
          try {
            const token = pduReader.next();
            if (token === undefined) break;
            seen.push(token.type);
          } catch (error) {
            expect(error).to.be.instanceOf(ProtocolError);
            seen.push('refused');
          }
        }
      }

      expect(seen, `cut at ${cut}`).to.deep.equal(['P-DATA-TF', 'refused', 'refused', 'A-RELEASE-RQ']);
    }
  });

  it('tells which PDU has begun and not ended', () => {
    const pduReader = reader();
    const data = hex('04 00 0000000a 00000006 01 02 aabbccdd');
    const seen: number[] = [];

    for (const byte of Buffer.concat([data, A_RELEASE_RQ])) {
      tokensOf(pduReader, Buffer.from([byte]));
      seen.push(pduReader.openPdu);
    }
    tokensOf(pduReader, Buffer.concat([data, data, data.subarray(0, 3)]));

    const withinOf = (pdu: number, bytes: number) => [...Array<number>(bytes - 1).fill(pdu), 0];
    expect(seen).to.deep.equal([...withinOf(1, data.length), ...withinOf(2, A_RELEASE_RQ.length)]);
    expect(pduReader.openPdu, 'the third of one chunk').to.equal(5);
  });

  it('throws nothing but ProtocolError on arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (chunks) => {
        const pduReader = reader();
        for (const chunk of chunks) {
          pduReader.feed(Buffer.from(chunk));
          for (let count = 0; count < 1000; count++) {
            try {
              if (pduReader.next() === undefined) break;
            } catch (error) {
              expect(error).to.be.instanceOf(ProtocolError);
            }
          }
        }
      }),
    );
  });

  it('holds what a request of many small pieces has brought, and not more', () => {
    const pduReader = reader();
    tokensOf(pduReader, hex('01 00 00050000'));
    const before = process.memoryUsage().arrayBuffers;

    for (let count = 0; count < 100_000; count++) tokensOf(pduReader, Buffer.from([0]));

    // 100 kB were sent of the declared 320 KiB: the gatherer may hold twice that, some garbage comes on top.
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(8 * limits.associatePduBytesMax);
  });
});
