import { expect } from 'chai';
import fc from 'fast-check';
import { ProtocolError } from '../../src/lib/problem.ts';
import { limits } from '../../src/ul/limits.ts';
import { aAbort } from '../../src/ul/pdu/a-abort.ts';
import { aAssociateAc } from '../../src/ul/pdu/a-associate-ac.ts';
import { aAssociateRj } from '../../src/ul/pdu/a-associate-rj.ts';
import { aAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import { aReleaseRp } from '../../src/ul/pdu/a-release-rp.ts';
import { aReleaseRq } from '../../src/ul/pdu/a-release-rq.ts';
import type { PduTable } from '../../src/ul/pdu/pdu.ts';
import { PduReader } from '../../src/ul/pdu-reader.ts';
import * as fixtures from './fixtures.ts';
import { ascii, hex } from './fixtures.ts';

const HEADER_BYTES = 6;

function describePdu<Value>(table: PduTable<Value>, bytes: Buffer, value: NoInfer<Value>): void {
  describe(`${table.name} (type ${table.pduType})`, () => {
    it('decodes the fixture', () => {
      expect(table.decode(bytes.subarray(HEADER_BYTES))).to.deep.equal(value);
    });

    it('encodes the fixture', () => {
      expect(table.encode(value).toString('hex')).to.equal(bytes.toString('hex'));
    });

    it('comes back from a round trip', () => {
      expect(table.decode(table.encode(value).subarray(HEADER_BYTES))).to.deep.equal(value);
    });

    it('is read the same wherever the stream is cut', () => {
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(readAll([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).to.deep.equal([
          value,
        ]);
      }
    });

    it('is refused with a ProtocolError, or read as something shorter, when it ends early', () => {
      for (let size = 0; size < bytes.length - HEADER_BYTES; size++) {
        expectValueOrProtocolError(table, bytes.subarray(HEADER_BYTES, HEADER_BYTES + size));
      }
    });

    it('never does anything else than decode or throw ProtocolError, whatever bytes are changed', () => {
      const body = bytes.subarray(HEADER_BYTES);
      const changes = fc.array(fc.tuple(fc.nat(body.length - 1), fc.integer({ min: 0, max: 255 })), {
        maxLength: 8,
      });
      fc.assert(
        fc.property(changes, (pairs) => {
          const changed = Buffer.from(body);
          for (const [at, byte] of pairs) changed[at] = byte;
          expectValueOrProtocolError(table, changed);
        }),
        { numRuns: 300 },
      );
    });
  });
}

function expectValueOrProtocolError<Value>(table: PduTable<Value>, body: Buffer): void {
  try {
    expect(table.decode(body)).to.be.an('object');
  } catch (error) {
    expect(error).to.be.instanceOf(ProtocolError);
    expect((error as ProtocolError).message).to.match(new RegExp(`^${table.name}: `));
  }
}

function readAll(chunks: Buffer[]): unknown[] {
  const reader = new PduReader(limits.pduBytesMax);
  return chunks.flatMap((chunk) => {
    reader.feed(chunk);
    const tokens: unknown[] = [];
    for (let token = reader.next(); token !== undefined; token = reader.next()) tokens.push(token);
    return tokens;
  });
}

/** The body of an A-ASSOCIATE-RQ with these items. */
function requestBody(items: string): Buffer {
  return hex(`0001 0000 ${'20'.repeat(32)} ${'00'.repeat(32)} ${items}`);
}
const APPLICATION_CONTEXT = `10 00 0015 ${ascii('1.2.840.10008.3.1.1.1')}`;
const USER_INFORMATION = '50 00 0008 51 00 0004 00004000';
const contextItem = (id: string) => `20 00 000b ${id} 000000 30 00 0003 ${ascii('1.2')}`;

describe('PDUs of the Upper Layer (PS3.8 §9.3)', () => {
  describePdu(aAssociateRq, fixtures.A_ASSOCIATE_RQ, fixtures.A_ASSOCIATE_RQ_VALUE);
  describePdu(aAssociateAc, fixtures.A_ASSOCIATE_AC, {
    type: 'A-ASSOCIATE-AC',
    protocolVersion: 1,
    aeFields: fixtures.A_ASSOCIATE_AC.subarray(10, 74),
    applicationContext: '1.2.840.10008.3.1.1.1',
    presentationContexts: [
      { id: 1, result: 0, transferSyntax: '1.2.840.10008.1.2.1' },
      { id: 3, result: 3, transferSyntax: '1.2.840.10008.1.2' },
    ],
    userInformation: {
      maximumLength: 131072,
      implementationClassUid: '1.2',
      roleSelections: [],
      extendedNegotiations: [],
      commonExtendedNegotiations: [],
      userIdentityResponse: { serverResponse: Buffer.from('fine') },
    },
  });
  describePdu(aAssociateRj, fixtures.A_ASSOCIATE_RJ, {
    type: 'A-ASSOCIATE-RJ',
    result: 1,
    source: 1,
    reason: 7,
  });
  describePdu(aReleaseRq, fixtures.A_RELEASE_RQ, { type: 'A-RELEASE-RQ' });
  describePdu(aReleaseRp, fixtures.A_RELEASE_RP, { type: 'A-RELEASE-RP' });
  describePdu(aAbort, fixtures.A_ABORT_BY_PROVIDER, { type: 'A-ABORT', source: 2, reason: 6 });

  describe('A-ASSOCIATE-RQ of other implementations and of nobody', () => {
    it('reads the request of DCMTK', () => {
      const request = aAssociateRq.decode(fixtures.A_ASSOCIATE_RQ_OF_DCMTK.subarray(HEADER_BYTES));

      expect(request.calledAeTitle).to.equal('DICOMKEEP');
      expect(request.callingAeTitle).to.equal('MODALITY');
      expect(request.presentationContexts).to.deep.equal([
        { id: 1, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2'] },
      ]);
      expect(request.userInformation).to.deep.include({
        maximumLength: 16384,
        implementationClassUid: '1.2.276.0.7230010.3.0.3.6.7',
        implementationVersionName: 'OFFIS_DCMTK_367',
      });
    });

    it('skips items and sub-items that it does not know', () => {
      const unknown = '7f 00 0002 ffff';
      const body = requestBody(`${unknown} ${APPLICATION_CONTEXT} 50 00 000e 51 00 0004 00004000 ${unknown}`);

      expect(aAssociateRq.decode(body).userInformation.maximumLength).to.equal(16384);
    });

    const refusals: [string, string, RegExp][] = [
      ['an even context ID', contextItem('02'), /ID 2 is even/],
      ['a context ID that comes twice', contextItem('05') + contextItem('05'), /ID 5 comes twice/],
      [
        'a second application context',
        APPLICATION_CONTEXT,
        /item 10H \(applicationContext\) comes more than 1 times/,
      ],
      ['an item that passes the end', '20 00 ffff 01', /a field of 65535 bytes/],
      [
        'a UID of 129 bytes',
        `20 00 0089 01 000000 30 00 0081 ${'31'.repeat(129)}`,
        /129 bytes where at most 128/,
      ],
    ];
    for (const [what, items, words] of refusals) {
      it(`refuses ${what} as an invalid parameter value`, () => {
        const body = requestBody(APPLICATION_CONTEXT + USER_INFORMATION + items);

        expect(() => aAssociateRq.decode(body))
          .to.throw(ProtocolError, words)
          .with.property('abortReason', 6);
      });
    }

    it('refuses a request without application context or maximum length', () => {
      expect(() => aAssociateRq.decode(requestBody(USER_INFORMATION))).to.throw(
        ProtocolError,
        /10H .* missing/,
      );
      expect(() => aAssociateRq.decode(requestBody(`${APPLICATION_CONTEXT} 50 00 0000`))).to.throw(
        /51H .* missing/,
      );
    });

    it('refuses a maximum length into which no PDV fits', () => {
      const body = requestBody(`${APPLICATION_CONTEXT} 50 00 0008 51 00 0004 00000007`);

      expect(() => aAssociateRq.decode(body)).to.throw(ProtocolError, /maximum length 7/);
    });

    it('refuses more than 128 presentation contexts', () => {
      const contexts = Array.from({ length: 129 }, (_, index) =>
        contextItem(index.toString(16).padStart(2, '0')),
      );

      const body = requestBody(APPLICATION_CONTEXT + contexts.join('') + USER_INFORMATION);

      expect(() => aAssociateRq.decode(body)).to.throw(ProtocolError, /20H .* comes more than 128 times/);
    });

    it('trims spaces and NULs around AE titles, and keeps those within', () => {
      const title = Buffer.from(' CT ROOM 2\0\0\0\0\0\0', 'latin1').toString('hex');
      const body = hex(
        `0001 0000 ${title} ${title} ${'00'.repeat(32)} ${APPLICATION_CONTEXT} ${USER_INFORMATION}`,
      );

      expect(aAssociateRq.decode(body).calledAeTitle).to.equal('CT ROOM 2');
    });

    it('keeps no view of the bytes that it was read from', () => {
      const bytes = Buffer.from(fixtures.A_ASSOCIATE_RQ);
      const request = aAssociateRq.decode(bytes.subarray(HEADER_BYTES));

      bytes.fill(0xee);

      expect(request).to.deep.equal(fixtures.A_ASSOCIATE_RQ_VALUE);
    });

    it('comes back whole with 128 contexts of 38 transfer syntaxes, some 100 kB', () => {
      const transferSyntaxes = Array.from({ length: 38 }, (_, index) => `1.2.840.10008.1.2.4.${index}`);
      const presentationContexts = Array.from({ length: 128 }, (_, index) => ({
        id: index * 2 + 1,
        abstractSyntax: `1.2.840.10008.5.1.4.1.1.${index}`,
        transferSyntaxes,
      }));
      const request = { ...fixtures.A_ASSOCIATE_RQ_VALUE, presentationContexts };

      const bytes = aAssociateRq.encode(request);

      expect(bytes.length).to.be.above(100_000);
      expect(aAssociateRq.decode(bytes.subarray(HEADER_BYTES))).to.deep.equal(request);
    });

    it('does not encode an AE title of more than 16 characters', () => {
      const request = { ...fixtures.A_ASSOCIATE_RQ_VALUE, calledAeTitle: 'SEVENTEEN_LETTERS' };

      expect(() => aAssociateRq.encode(request)).to.throw(RangeError, 'SEVENTEEN_LETTERS');
    });
  });
});
