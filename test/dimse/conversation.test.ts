import { expect } from 'chai';
import fc from 'fast-check';
import { MessageAssembler } from '../../src/dimse/assembler.ts';
import { dataSetPdv, messagePdvs } from '../../src/dimse/fragment.ts';
import { encodeMessage, type Message } from '../../src/dimse/message.ts';
import { Association, type Effect, type Request } from '../../src/ul/association.ts';
import { negotiate } from '../../src/ul/negotiation.ts';
import { plainRequest } from '../ul/fixtures.ts';

/** One side: its association, what was told to it, and the messages that it got whole. */
class Side {
  readonly association: Association;
  readonly told: string[] = [];
  readonly messages: { message: Message; dataSet?: Buffer }[] = [];
  /** Bytes on their way to the other side. */
  outgoing = Buffer.alloc(0);
  closed = false;
  readonly #assembler = new MessageAssembler();
  #pieces: Buffer[] = [];

  constructor(role: 'acceptor' | 'requestor', pduBytesMax: number) {
    this.association = new Association(role, { pduBytesMax });
  }

  submit(request: Request): void {
    this.perform(this.association.submit(request));
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do === 'send') this.outgoing = Buffer.concat([this.outgoing, ...effect.bytes]);
      else if (effect.do === 'close') this.closed = true;
      else if (effect.do === 'indicate') this.#indicated(effect.primitive);
    }
  }

  #indicated(primitive: Extract<Effect, { do: 'indicate' }>['primitive']): void {
    if (primitive.type !== 'P-DATA indication') {
      this.told.push(primitive.type);
      if (primitive.type === 'A-ASSOCIATE indication') {
        const answer = negotiate(primitive.request, {
          calledAeTitles: new Set(['DICOMKEEP']),
          maximumLength: 50,
          implementationClassUid: '1.2.3',
          implementationVersionName: 'KEEP',
          acceptTransferSyntax: (_, [first]) => first,
        });
        if ('accept' in answer) this.submit({ type: 'A-ASSOCIATE accept', accept: answer.accept });
      }
      if (primitive.type === 'A-RELEASE indication') this.submit({ type: 'A-RELEASE response' });
      return;
    }
    const event = this.#assembler.receive(primitive.pdv);
    if (event?.type === 'message' && !event.message.hasDataSet)
      this.messages.push({ message: event.message });
    if (event?.type !== 'data-set') return;
    this.#pieces.push(Buffer.from(event.bytes));
    if (!event.isLast) return;
    this.messages.push({ message: event.message, dataSet: Buffer.concat(this.#pieces) });
    this.#pieces = [];
  }
}

/** Carries bytes both ways in pieces of the given sizes until nothing is on its way; every chunk is overwritten after use. */
function carry(one: Side, other: Side, sizes: readonly number[]): void {
  let turn = 0;
  while (one.outgoing.length > 0 || other.outgoing.length > 0) {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const size = sizes[turn++ % sizes.length] ?? 1;
      const chunk = Buffer.from(from.outgoing.subarray(0, size));
      from.outgoing = from.outgoing.subarray(size);
      if (chunk.length === 0) continue;
      to.perform(to.association.receive(chunk));
      chunk.fill(0xee);
    }
  }
}

const store = (messageId: number): Message => ({
  type: 'C-STORE-RQ',
  hasDataSet: true,
  affectedSopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  affectedSopInstanceUid: `1.2.3.${messageId}`,
  messageId,
  priority: 0,
});

describe('Two associations wired to each other', () => {
  it('negotiate, exchange messages both ways and release, whatever the cuts and the maximum lengths', () => {
    const dataSets = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 4 },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(dataSets, sizes, fc.integer({ min: 8, max: 100 }), (sent, cuts, maximumLength) => {
        const requestor = new Side('requestor', maximumLength);
        const acceptor = new Side('acceptor', 50);
        const echo: Message = {
          type: 'C-ECHO-RQ',
          hasDataSet: false,
          affectedSopClassUid: '1.2.840.10008.1.1',
          messageId: 9,
        };

        acceptor.perform(acceptor.association.connected());
        requestor.submit({ type: 'A-ASSOCIATE request', request: plainRequest(maximumLength) });
        requestor.perform(requestor.association.connected());
        carry(requestor, acceptor, cuts);
        sent.forEach((dataSet, index) => {
          // Half of each data set goes by itself, as a large one does.
          const half = (dataSet.length >> 1) & ~1;
          requestor.submit({ type: 'P-DATA request', pdvs: messagePdvs(3, encodeMessage(store(index))) });
          requestor.submit({
            type: 'P-DATA request',
            pdvs: [dataSetPdv(3, dataSet.subarray(0, half), false)],
          });
          requestor.submit({ type: 'P-DATA request', pdvs: [dataSetPdv(3, dataSet.subarray(half), true)] });
        });
        acceptor.submit({ type: 'P-DATA request', pdvs: messagePdvs(1, encodeMessage(echo)) });
        carry(requestor, acceptor, cuts);
        requestor.submit({ type: 'A-RELEASE request' });
        carry(requestor, acceptor, cuts);
        acceptor.perform(acceptor.association.transportClosed());

        expect(acceptor.messages).to.deep.equal(
          sent.map((dataSet, index) => ({ message: store(index), dataSet })),
        );
        expect(requestor.messages).to.deep.equal([{ message: echo }]);
        expect(requestor.told).to.deep.equal(['A-ASSOCIATE confirmation', 'A-RELEASE confirmation']);
        expect(acceptor.told).to.deep.equal(['A-ASSOCIATE indication', 'A-RELEASE indication']);
        expect([requestor.association.state, acceptor.association.state]).to.deep.equal(['Sta1', 'Sta1']);
        expect(requestor.closed).to.equal(true);
      }),
      { numRuns: 60 },
    );
  });
});
