import { expect } from 'chai';
import { Association, type Effect } from '../../src/ul/association.ts';
import { negotiate } from '../../src/ul/negotiation.ts';
import { aAssociateAc } from '../../src/ul/pdu/a-associate-ac.ts';
import { uids } from './fixtures.ts';
import { FIRST_PDUS, rawRequest, shortOf } from './raw-request.ts';

/** An acceptor that takes Verification, and whose service answers at once. */
class Acceptor {
  readonly association = new Association('acceptor');
  sent = Buffer.alloc(0);
  readonly done: string[] = [];

  constructor() {
    this.#perform(this.association.connected());
  }

  receive(bytes: Buffer): void {
    this.#perform(this.association.receive(bytes));
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'send') this.sent = Buffer.concat([this.sent, ...effect.bytes]);
      else if (effect.do !== 'indicate') this.done.push(effect.do);
      else if (effect.primitive.type === 'A-ASSOCIATE indication') {
        const negotiated = negotiate(effect.primitive.request, {
          calledAeTitles: new Set(['DICOMKEEP']),
          maximumLength: 131072,
          implementationClassUid: '1.2.3',
          implementationVersionName: 'KEEP',
          acceptTransferSyntax: (abstractSyntax, proposed) =>
            abstractSyntax === uids.verification ? proposed[0] : 'abstract-syntax-not-supported',
        });
        const answer =
          'accept' in negotiated
            ? ({ type: 'A-ASSOCIATE accept', accept: negotiated.accept } as const)
            : ({ type: 'A-ASSOCIATE reject', reject: negotiated.reject } as const);
        this.#perform(this.association.submit(answer));
      }
    }
  }
}

const STATE_AFTER: Readonly<Record<string, string>> = { 'A-ASSOCIATE-AC': 'Sta6', '': 'Sta1' };

describe('What comes first on a connection (PS3.8 §9.3.2, §9.3.3, §9.3.4)', () => {
  for (const [what, bytes, answer] of FIRST_PDUS) {
    it(`answers ${what} with ${answer === '' ? 'nothing, and closes' : answer}`, () => {
      const acceptor = new Acceptor();

      acceptor.receive(bytes);

      expect(shortOf(acceptor.sent)).to.equal(answer);
      expect(acceptor.association.state).to.equal(STATE_AFTER[answer] ?? 'Sta13');
      expect(acceptor.done).to.include(answer === '' ? 'close' : 'start-artim');
    });
  }

  it('answers the same wherever the stream is cut', () => {
    for (const [what, bytes, answer] of FIRST_PDUS) {
      const step = Math.max(1, Math.floor(bytes.length / 50));
      for (let cut = 1; cut < bytes.length; cut += step) {
        const acceptor = new Acceptor();
        acceptor.receive(bytes.subarray(0, cut));
        acceptor.receive(bytes.subarray(cut));

        expect(shortOf(acceptor.sent).split(', ')[0], `${what}, cut at ${cut}`).to.equal(answer);
      }
    }
  });

  it('repeats bytes 11 to 74 of the request in the answer, whatever they are (Table 9-17)', () => {
    for (const [called, calling] of [
      ['  DICOMKEEP', ' CT 1'],
      ['DICOMKEEP\0\0\0\0\0\0\0', '\0\0\0'],
      ['DICOMKEEP', '\xc4\xd6\x1b'],
    ]) {
      const request = rawRequest({
        called: called ?? '',
        calling: calling ?? '',
        reserved: Buffer.alloc(32, 0xa5),
      });
      const acceptor = new Acceptor();

      acceptor.receive(request);

      expect(acceptor.sent[0]).to.equal(2);
      expect(acceptor.sent.subarray(10, 74).toString('hex')).to.equal(
        request.subarray(10, 74).toString('hex'),
      );
    }
  });

  it('says protocol version 1 and no other bit in the answer (Table 9-17)', () => {
    const acceptor = new Acceptor();

    acceptor.receive(rawRequest({ protocolVersion: 0xffff }));

    expect(aAssociateAc.decode(acceptor.sent.subarray(6)).protocolVersion).to.equal(1);
  });

  it('tells of no request that cannot be read, and why it cannot', () => {
    const acceptor = new Acceptor();

    acceptor.receive(Buffer.from([1, 0, 0, 0, 0, 0]));

    expect(acceptor.association.failure).to.match(
      /^A-ASSOCIATE-RQ: a field of 2 bytes begins 0 bytes before/,
    );
  });
});
