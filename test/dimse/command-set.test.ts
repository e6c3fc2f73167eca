import { expect } from 'chai';
import fc from 'fast-check';
import { type CommandSet, decodeCommandSet, encodeCommandSet } from '../../src/dimse/command-set.ts';
import { ProtocolError } from '../../src/lib/problem.ts';
import { ascii, hex } from '../ul/fixtures.ts';

/** C-STORE-RSP A700H with what explains it, written by hand after PS3.7 Table 9.3-2 and Annex C. */
const C_STORE_RSP = hex(`
  0000 0000 04000000 6c000000                       ; group length: 108 bytes follow
  0000 0200 1a000000 ${ascii('1.2.840.10008.5.1.4.1.1.2')}00   ; Affected SOP Class UID, padded with NUL
  0000 0001 02000000 0180                           ; Command Field 8001H
  0000 2001 02000000 0500                           ; Message ID Being Responded To 5
  0000 0008 02000000 0101                           ; Command Data Set Type: none
  0000 0009 02000000 00a7                           ; Status A700H
  0000 0109 08000000 10001000 20000d00              ; Offending Element (0010,0010) and (0020,000D)
  0000 0209 0a000000 ${ascii('disk full')}20        ; Error Comment, padded with a space
`);
const C_STORE_RSP_VALUE: CommandSet = {
  AffectedSOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
  CommandField: 0x8001,
  MessageIDBeingRespondedTo: 5,
  CommandDataSetType: 0x0101,
  Status: 0xa700,
  OffendingElement: [0x00100010, 0x0020000d],
  ErrorComment: 'disk full',
};

/** The command set of C-ECHO-RQ as echoscu of DCMTK 3.6.7 sends it. */
const C_ECHO_RQ_OF_DCMTK = hex(`
  0000000004000000380000000000020012000000312e322e3834302e31303030382e312e31000000000102000000300000001001
  02000000010000000008020000000101`);

describe('Command sets (PS3.7 §6.3.1)', () => {
  it('are decoded', () => {
    expect(decodeCommandSet(C_STORE_RSP)).to.deep.equal(C_STORE_RSP_VALUE);
  });

  it('are encoded in the order of tags, with group length and padding', () => {
    const backwards = Object.fromEntries(Object.entries(C_STORE_RSP_VALUE).reverse());

    expect(encodeCommandSet(backwards).toString('hex')).to.equal(C_STORE_RSP.toString('hex'));
  });

  it('are read as DCMTK writes them', () => {
    expect(decodeCommandSet(C_ECHO_RQ_OF_DCMTK)).to.deep.equal({
      AffectedSOPClassUID: '1.2.840.10008.1.1',
      CommandField: 0x0030,
      MessageID: 1,
      CommandDataSetType: 0x0101,
    });
  });

  it('come back from a round trip', () => {
    const uint16 = fc.integer({ min: 0, max: 0xffff });
    const uid = fc.stringMatching(/^[0-9][0-9.]{0,63}$/);
    const commandSets = fc.record(
      {
        AffectedSOPClassUID: uid,
        CommandField: uint16,
        MessageID: uint16,
        MoveDestination: fc.stringMatching(/^[A-Z0-9_]{1,16}$/),
        OffendingElement: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 5 }),
        ErrorComment: fc.stringMatching(/^[a-z]([a-z ]{0,62}[a-z])?$/),
        AffectedSOPInstanceUID: uid,
        NumberOfWarningSuboperations: uint16,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(commandSets, (commandSet) => {
        expect(decodeCommandSet(encodeCommandSet(commandSet))).to.deep.equal(commandSet);
      }),
    );
  });

  it('are refused, or read as something shorter, when they end early', () => {
    for (let size = 0; size < C_STORE_RSP.length; size++) {
      expectCommandSetOrProtocolError(C_STORE_RSP.subarray(0, size));
    }
  });

  it('throw nothing but ProtocolError, whatever the bytes', () => {
    const changes = fc.array(fc.tuple(fc.nat(C_STORE_RSP.length - 1), fc.integer({ min: 0, max: 255 })));
    fc.assert(
      fc.property(changes, fc.uint8Array(), (pairs, anything) => {
        const changed = Buffer.from(C_STORE_RSP);
        for (const [at, byte] of pairs) changed[at] = byte;
        expectCommandSetOrProtocolError(changed);
        expectCommandSetOrProtocolError(Buffer.from(anything));
      }),
      { numRuns: 300 },
    );
  });

  const refusals: [string, Buffer, RegExp][] = [
    ['an element of another group', hex('1000 1000 00000000'), /element \(0010,0010\) in a command set/],
    ['an element that passes the end', hex('0000 0001 ffffffff 0000'), /\(0000,0100\) of 4294967295 bytes/],
    ['a header that is cut', hex('0000 0001 0200'), /ends within an element/],
    ['a number of 4 bytes', hex('0000 0001 04000000 00000000'), /CommandField has 4 bytes/],
    ['a tag of 3 bytes', hex('0000 0109 03000000 000000'), /OffendingElement has 3 bytes/],
    [
      'a UID of 1026 bytes',
      hex(`0000 0200 02040000 ${'31'.repeat(1026)}`),
      /AffectedSOPClassUID of 1026 bytes/,
    ],
    ['more than 64 KiB', Buffer.alloc(65_537), /command set of 65537 bytes/],
  ];
  for (const [what, bytes, words] of refusals) {
    it(`are refused for ${what}`, () => {
      expect(() => decodeCommandSet(bytes)).to.throw(ProtocolError, words);
    });
  }

  it('skip retired elements, and leave out those without a value', () => {
    const retired = '0000 0100 04000000 00000000'; // Length to End (0000,0001), of ACR-NEMA
    const empty = '0000 0006 02000000 2020'; // Move Destination of spaces

    expect(decodeCommandSet(hex(`${retired} ${empty} 0000 0009 02000000 0000`))).to.deep.equal({ Status: 0 });
  });

  it('cut an Error Comment to 64 characters that any peer can read', () => {
    const comment = decodeCommandSet(
      encodeCommandSet({ ErrorComment: `a\\b Zürich\n${'x'.repeat(100)}` }),
    ).ErrorComment;

    expect(comment).to.have.lengthOf(64);
    expect(comment).to.match(/^a\/b Z\?rich\?x+$/);
  });
});

function expectCommandSetOrProtocolError(bytes: Buffer): void {
  try {
    expect(decodeCommandSet(bytes)).to.be.an('object');
  } catch (error) {
    expect(error).to.be.instanceOf(ProtocolError);
  }
}
