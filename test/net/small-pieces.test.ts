import { expect } from 'chai';
import { encodeMessage } from '../../src/dimse/message.ts';
import { AssociationDriver } from '../../src/net/association-driver.ts';
import { netLimits } from '../../src/net/limits.ts';
import { Association } from '../../src/ul/association.ts';
import { negotiate } from '../../src/ul/negotiation.ts';
import { framePdvs } from '../../src/ul/pdv-framing.ts';
import { A_ASSOCIATE_RQ, A_ASSOCIATE_RQ_VALUE } from '../ul/fixtures.ts';

const COMMAND = encodeMessage({
  type: 'C-FIND-RQ',
  affectedSopClassUid: '1.2.840.10008.5.1.4.1.2.2.1',
  messageId: 1,
  priority: 0,
  hasDataSet: true,
});

describe('A data set in small fragments (PS3.8 Annex E)', () => {
  let written: Buffer[];
  let isEnded: boolean;
  let isWanted: boolean;
  let driver: AssociationDriver;

  beforeEach(() => {
    written = [];
    isEnded = false;
    isWanted = true;
    const association = new Association('acceptor');
    association.connected();
    association.receive(A_ASSOCIATE_RQ);
    const negotiated = negotiate(A_ASSOCIATE_RQ_VALUE, {
      calledAeTitles: new Set(['DICOMKEEP']),
      maximumLength: 0,
      implementationClassUid: '1.2.3',
      implementationVersionName: '',
      acceptTransferSyntax: (_, [first]) => first,
    });
    if (!('accept' in negotiated)) throw new Error(negotiated.words);
    association.submit({ type: 'A-ASSOCIATE accept', accept: negotiated.accept });
    const consumer = {
      write: (bytes: Buffer) => written.push(bytes),
      release: () => undefined,
      end: () => {
        isEnded = true;
      },
      abort: () => undefined,
    };
    driver = new AssociationDriver(
      association,
      {
        indicate: () => undefined,
        message: () => (isWanted ? consumer : undefined),
        closed: () => undefined,
      },
      { artimTimeoutMs: 1000, idleTimeoutMs: 1000 },
    );
    driver.chunk(pdv(COMMAND, true, true));
  });

  function pdv(bytes: Buffer, isCommand: boolean, isLast: boolean): Buffer {
    return Buffer.concat(framePdvs([{ contextId: 1, isCommand, isLast, bytes }], 65_536));
  }

  it('is handed on in few pieces, in order, and none stays behind', () => {
    const long = Buffer.alloc(netLimits.smallPieceBytes, 0xaa);
    const single = (byte: number) => pdv(Buffer.from([byte]), false, false);
    const chunk = Buffer.concat([single(1), single(2), pdv(long, false, false), single(3)]);

    driver.chunk(chunk);
    expect(written).to.deep.equal([Buffer.from([1, 2]), long, Buffer.from([3])]);
    chunk.fill(0xff); // read into again: pieces that were short are copies
    expect(written[0]).to.deep.equal(Buffer.from([1, 2]));
    expect(isEnded).to.equal(false);

    driver.chunk(Buffer.concat([single(4), pdv(Buffer.alloc(0), false, true)]));
    expect(written.slice(3)).to.deep.equal([Buffer.from([4])]);
    expect(isEnded).to.equal(true);
  });

  it('is dropped where nobody wants it, and is no part of the next data set', () => {
    driver.chunk(pdv(Buffer.from([9]), false, true));
    written.length = 0;
    isWanted = false;
    driver.chunk(Buffer.concat([pdv(COMMAND, true, true), pdv(Buffer.from([1, 2]), false, true)]));

    isWanted = true;
    driver.chunk(Buffer.concat([pdv(COMMAND, true, true), pdv(Buffer.from([3]), false, true)]));

    expect(written).to.deep.equal([Buffer.from([3])]);
  });

  it('costs a thousand fragments one piece', () => {
    driver.chunk(Buffer.concat(Array<Buffer>(1000).fill(pdv(Buffer.from([7]), false, false))));

    expect(written.map(({ length }) => length)).to.deep.equal([1000]);
  });
});
