import { expect } from 'chai';
import { Association, type Effect, type Request } from '../../src/ul/association.ts';
import { aeFieldsOf } from '../../src/ul/fields.ts';
import { limits } from '../../src/ul/limits.ts';
import type { AAssociateAc } from '../../src/ul/pdu/a-associate-ac.ts';
import { aAssociateAc } from '../../src/ul/pdu/a-associate-ac.ts';
import { aAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import { type Event, type State, TABLE_9_10 } from '../../src/ul/state-table.ts';
import {
  A_ABORT_BY_PROVIDER,
  A_ABORT_BY_USER,
  A_ASSOCIATE_RJ,
  A_RELEASE_RP,
  A_RELEASE_RQ,
  hex,
  P_DATA_TF,
  plainRequest,
  UNRECOGNIZED_PDU,
  uids,
} from './fixtures.ts';

const request = plainRequest();
const A_ASSOCIATE_RQ = aAssociateRq.encode(request);
const accept: AAssociateAc = {
  type: 'A-ASSOCIATE-AC',
  protocolVersion: 1,
  aeFields: aeFieldsOf(request),
  applicationContext: uids.applicationContext,
  presentationContexts: [
    { id: 1, result: 0, transferSyntax: uids.implicitLittle },
    { id: 3, result: 3, transferSyntax: uids.implicitLittle },
  ],
  userInformation: {
    maximumLength: 131072,
    roleSelections: [],
    extendedNegotiations: [],
    commonExtendedNegotiations: [],
  },
};
const A_ASSOCIATE_AC = aAssociateAc.encode(accept);
const pdv = { contextId: 1, isCommand: false, isLast: true, bytes: Buffer.from('abcd', 'hex') };

type Step = (association: Association) => Effect[];
const connected: Step = (association) => association.connected();
const received =
  (bytes: Buffer): Step =>
  (association) =>
    association.receive(bytes);
const submitted =
  (primitive: Request): Step =>
  (association) =>
    association.submit(primitive);

const requestAssociation = submitted({ type: 'A-ASSOCIATE request', request });
const acceptAssociation = submitted({ type: 'A-ASSOCIATE accept', accept });
const requestRelease = submitted({ type: 'A-RELEASE request' });
const answerRelease = submitted({ type: 'A-RELEASE response' });
const abort = submitted({ type: 'A-ABORT request' });

/** How to come into each state: the role, and what happens first. */
const ACCEPTED: Step[] = [connected, received(A_ASSOCIATE_RQ), acceptAssociation];
const CONFIRMED: Step[] = [requestAssociation, connected, received(A_ASSOCIATE_AC)];
const WAY_TO: Readonly<Record<State, readonly ['acceptor' | 'requestor', Step[]]>> = {
  Sta1: ['acceptor', []],
  Sta2: ['acceptor', [connected]],
  Sta3: ['acceptor', [connected, received(A_ASSOCIATE_RQ)]],
  Sta4: ['requestor', [requestAssociation]],
  Sta5: ['requestor', [requestAssociation, connected]],
  Sta6: ['acceptor', ACCEPTED],
  Sta7: ['acceptor', [...ACCEPTED, requestRelease]],
  Sta8: ['acceptor', [...ACCEPTED, received(A_RELEASE_RQ)]],
  Sta9: ['requestor', [...CONFIRMED, requestRelease, received(A_RELEASE_RQ)]],
  Sta10: ['acceptor', [...ACCEPTED, requestRelease, received(A_RELEASE_RQ)]],
  Sta11: ['requestor', [...CONFIRMED, requestRelease, received(A_RELEASE_RQ), answerRelease]],
  Sta12: ['acceptor', [...ACCEPTED, requestRelease, received(A_RELEASE_RQ), received(A_RELEASE_RP)]],
  Sta13: ['acceptor', [...ACCEPTED, abort]],
};

function associationIn(state: State): Association {
  const [role, steps] = WAY_TO[state];
  const association = new Association(role);
  for (const step of steps) step(association);
  expect(association.state).to.equal(state);
  return association;
}

/** How each event comes about. */
const EVENTS: Readonly<Record<Event, Step>> = {
  Evt1: requestAssociation,
  Evt2: connected,
  Evt3: received(A_ASSOCIATE_AC),
  Evt4: received(A_ASSOCIATE_RJ),
  Evt5: connected,
  Evt6: received(A_ASSOCIATE_RQ),
  Evt7: acceptAssociation,
  Evt8: submitted({
    type: 'A-ASSOCIATE reject',
    reject: { type: 'A-ASSOCIATE-RJ', result: 1, source: 1, reason: 7 },
  }),
  Evt9: submitted({ type: 'P-DATA request', pdvs: [pdv] }),
  Evt10: received(P_DATA_TF),
  Evt11: requestRelease,
  Evt12: received(A_RELEASE_RQ),
  Evt13: received(A_RELEASE_RP),
  Evt14: answerRelease,
  Evt15: abort,
  Evt16: received(A_ABORT_BY_USER),
  Evt17: (association) => association.transportClosed(),
  Evt18: (association) => association.artimExpired(),
  Evt19: received(UNRECOGNIZED_PDU),
};

const FROM_THE_NETWORK: ReadonlySet<Event> = new Set<Event>([
  ...(['Evt3', 'Evt4', 'Evt6', 'Evt10', 'Evt12', 'Evt13', 'Evt16', 'Evt17', 'Evt19'] as const),
]);

/** Tables 9-6 to 9-9 in short: what is sent (its PDU type and, of an A-ABORT, its source), told or done, and the next state. */
const EXPECTED: Readonly<Record<string, string>> = {
  'AE-1': 'connect → Sta4',
  'AE-2': 'send 01 → Sta5',
  'AE-3': 'A-ASSOCIATE confirmation → Sta6',
  'AE-4': 'A-ASSOCIATE rejected, close → Sta1',
  'AE-5': 'start-artim → Sta2',
  'AE-6': 'stop-artim, A-ASSOCIATE indication → Sta3',
  'AE-7': 'send 02 → Sta6',
  'AE-8': 'send 03, start-artim → Sta13',
  'DT-1': 'send 04 → Sta6',
  'DT-2': 'P-DATA indication → Sta6',
  'AR-1': 'send 05 → Sta7',
  'AR-2': 'A-RELEASE indication → Sta8',
  'AR-3': 'A-RELEASE confirmation, close → Sta1',
  'AR-4': 'send 06, start-artim → Sta13',
  'AR-5': 'stop-artim → Sta1',
  'AR-6': 'P-DATA indication → Sta7',
  'AR-7': 'send 04 → Sta8',
  'AR-8': 'A-RELEASE indication → Sta10', // of an acceptor; the requestor has a test of its own
  'AR-9': 'send 06 → Sta11',
  'AR-10': 'A-RELEASE confirmation → Sta12',
  'AA-1': 'send 07 of 0, start-artim → Sta13',
  'AA-2': 'stop-artim, close → Sta1',
  'AA-3': 'A-ABORT indication, close → Sta1',
  'AA-4': 'A-P-ABORT indication → Sta1',
  'AA-5': 'stop-artim → Sta1',
  'AA-6': ' → Sta13',
  'AA-7': 'send 07 of 2 → Sta13',
  'AA-8': 'send 07 of 2, A-P-ABORT indication, start-artim → Sta13',
};

function inShort(effects: readonly Effect[], state: State): string {
  const words = effects.map((effect) => {
    if (effect.do === 'indicate') return effect.primitive.type;
    if (effect.do !== 'send') return effect.do;
    const bytes = Buffer.concat(effect.bytes);
    return `send 0${bytes[0]}${bytes[0] === 7 ? ` of ${bytes[8]}` : ''}`;
  });
  return `${words.join(', ')} → ${state}`;
}

const sentBytes = (effects: readonly Effect[]): Buffer =>
  Buffer.concat(effects.flatMap((effect) => (effect.do === 'send' ? effect.bytes : [])));

describe('Association (PS3.8 §9.2)', () => {
  for (const state of Object.keys(WAY_TO) as State[]) {
    describe(`in ${state}`, () => {
      for (const event of Object.keys(EVENTS) as Event[]) {
        const action = TABLE_9_10[event][state];
        if (action === undefined) continue;
        it(`does ${action} on ${event}`, () => {
          const association = event === 'Evt1' ? new Association('requestor') : associationIn(state);

          const effects = EVENTS[event](association);

          expect(inShort(effects, association.state)).to.equal(EXPECTED[action]);
        });
      }
    });
  }

  it('says loudly that an event has no place in a state', () => {
    for (const event of Object.keys(EVENTS) as Event[]) {
      for (const state of Object.keys(WAY_TO) as State[]) {
        // connected() is Evt5 for an acceptor and Evt2 for a requestor; in Sta1 nothing comes from the network any more.
        if (TABLE_9_10[event][state] !== undefined || event === 'Evt2' || event === 'Evt5') continue;
        if (state === 'Sta1' && FROM_THE_NETWORK.has(event)) continue;

        expect(() => EVENTS[event](associationIn(state)), `${event} in ${state}`).to.throw(
          /cannot happen in Sta/,
        );
      }
    }
    expect(() => associationIn('Sta6').connected()).to.throw(/Evt5 cannot happen in Sta6/);
    expect(() => new Association('requestor').connected()).to.throw(/Evt2 cannot happen in Sta1/);
  });

  it('tells beforehand whether a request has its place', () => {
    expect(associationIn('Sta6').may('P-DATA request')).to.equal(true);
    expect(associationIn('Sta8').may('P-DATA request')).to.equal(true);
    expect(associationIn('Sta13').may('P-DATA request')).to.equal(false);
    expect(associationIn('Sta1').may('A-ABORT request')).to.equal(false);
  });

  it('takes nothing from a close, or from late bytes, in Sta1', () => {
    expect(associationIn('Sta1').transportClosed()).to.deep.equal([]);
    expect(associationIn('Sta1').receive(P_DATA_TF)).to.deep.equal([]);
  });

  it('goes to Sta9 as requestor when both sides ask for release', () => {
    const association = new Association('requestor');
    for (const step of [...CONFIRMED, requestRelease]) step(association);

    const effects = association.receive(A_RELEASE_RQ);

    expect(inShort(effects, association.state)).to.equal('A-RELEASE indication → Sta9');
  });

  it('leaves a release collision by both ways in the end', () => {
    const requestor = associationIn('Sta11');
    const acceptor = associationIn('Sta12');

    expect(inShort(requestor.receive(A_RELEASE_RP), requestor.state)).to.equal(
      'A-RELEASE confirmation, close → Sta1',
    );
    expect(inShort(answerRelease(acceptor), acceptor.state)).to.equal('send 06, start-artim → Sta13');
  });
});

describe('Association, what goes wrong (PS3.8 §9.2, §9.3.8)', () => {
  it('answers P-DATA-TF before any A-ASSOCIATE-RQ with A-ABORT, and waits for the peer to close', () => {
    const association = associationIn('Sta2');

    const effects = association.receive(P_DATA_TF); // Evt10 → AA-1

    expect(effects).to.deep.equal([{ do: 'send', bytes: [A_ABORT_BY_USER] }, { do: 'start-artim' }]);
    expect(association.state).to.equal('Sta13');
    expect(association.failure).to.equal('unexpected P-DATA-TF in Sta2');
  });

  const reasons: [string, Buffer, number, string][] = [
    ['an unrecognized PDU', UNRECOGNIZED_PDU, 1, 'unrecognized PDU type 0AH'],
    ['an unexpected PDU', A_ASSOCIATE_RQ, 2, 'unexpected A-ASSOCIATE-RQ in Sta6'],
    [
      'an invalid PDU',
      hex('04 00 00000008 00000004 03 02 abcd'),
      6,
      'P-DATA-TF: presentation context 3 was not accepted',
    ],
  ];
  for (const [what, bytes, reason, message] of reasons) {
    it(`aborts on ${what} with reason ${reason} and says why`, () => {
      const effects = associationIn('Sta6').receive(bytes);

      expect(sentBytes(effects)).to.deep.equal(hex(`07 00 00000004 0000 02 0${reason}`));
      expect(effects[1]).to.deep.equal({
        do: 'indicate',
        primitive: { type: 'A-P-ABORT indication', reason, message },
      });
    });
  }

  it('tells an abort of the peer’s provider from one of its user', () => {
    const effects = associationIn('Sta6').receive(A_ABORT_BY_PROVIDER);

    expect(effects[0]).to.deep.equal({
      do: 'indicate',
      primitive: {
        type: 'A-P-ABORT indication',
        reason: 6,
        message: 'aborted by the service provider: invalid PDU parameter value',
      },
    });
  });

  it('gives the pieces that came before an abort of its own, and none that comes after it', () => {
    const association = associationIn('Sta6');
    const before = association.receive(hex('04 00 0000000a 00000006 01 02 aabb'));

    const aborted = association.abortByProvider(6, 'nonsense');
    const after = association.receive(Buffer.concat([hex('ccdd'), P_DATA_TF, A_RELEASE_RQ]));

    expect(before).to.have.lengthOf(1);
    expect(inShort(aborted, association.state)).to.equal(
      'send 07 of 2, A-P-ABORT indication, start-artim → Sta13',
    );
    expect(after).to.deep.equal([]);
    expect(association.failure).to.equal('nonsense');
  });

  it('stays in step with the stream when it aborts by itself within a header or within a PDU', () => {
    for (let cut = 1; cut <= A_RELEASE_RQ.length; cut++) {
      const association = associationIn('Sta8');
      association.receive(A_RELEASE_RQ.subarray(0, cut));

      if (association.state === 'Sta8') association.abortByProvider(0);
      const effects = association.receive(
        Buffer.concat([A_RELEASE_RQ.subarray(cut), A_RELEASE_RP, A_ABORT_BY_USER]),
      );

      expect(inShort(effects, association.state), `cut at ${cut}`).to.equal('stop-artim, close → Sta1');
    }
  });

  it('has nothing to abort by provider in Sta1 and Sta13, and closes in Sta4', () => {
    expect(associationIn('Sta1').abortByProvider(0)).to.deep.equal([]);
    expect(associationIn('Sta13').abortByProvider(0)).to.deep.equal([]);
    expect(associationIn('Sta4').abortByProvider(0)).to.deep.equal([{ do: 'stop-artim' }, { do: 'close' }]);
  });

  it('does not echo a flood in Sta13', () => {
    const association = associationIn('Sta13');
    const flood = Buffer.concat(Array.from({ length: 1000 }, () => UNRECOGNIZED_PDU));

    const effects = association.receive(flood);

    expect(effects).to.have.lengthOf(limits.repeatedAbortsMax);
    expect(association.state).to.equal('Sta13');
    expect(association.artimExpired()).to.deep.equal([{ do: 'stop-artim' }, { do: 'close' }]);
  });

  it('drops what follows an A-ABORT in the same chunk', () => {
    const association = associationIn('Sta6');

    const effects = association.receive(Buffer.concat([A_ABORT_BY_USER, P_DATA_TF]));

    expect(inShort(effects, association.state)).to.equal('A-ABORT indication, close → Sta1');
  });
});

describe('Association, data (PS3.8 §9.3.5)', () => {
  it('sends no PDU above the peer’s maximum length', () => {
    const association = new Association('acceptor');
    association.connected();
    association.receive(aAssociateRq.encode(plainRequest(64)));
    acceptAssociation(association);

    const sent = sentBytes(
      association.submit({ type: 'P-DATA request', pdvs: [{ ...pdv, bytes: Buffer.alloc(200) }] }),
    );

    expect(association.peerPduBytesMax).to.equal(64);
    expect(sent.readUInt32BE(2)).to.equal(64);
  });

  it('sends PDUs of its own bound to a peer without limit, or with a larger one', () => {
    for (const maximumLength of [0, 0xffffffff]) {
      const association = new Association('acceptor', { pduBytesMax: 4096 });
      association.connected();
      association.receive(aAssociateRq.encode(plainRequest(maximumLength)));
      acceptAssociation(association);

      expect(association.peerPduBytesMax).to.equal(4096);
    }
  });

  it('does not send on a context that was not accepted', () => {
    const request: Request = { type: 'P-DATA request', pdvs: [{ ...pdv, contextId: 3 }] };

    expect(() => associationIn('Sta6').submit(request)).to.throw('presentation context 3 was not accepted');
  });

  it('knows the accepted contexts on either side', () => {
    const accepted = [
      {
        id: 1,
        abstractSyntax: uids.verification,
        transferSyntax: uids.implicitLittle,
        requestorRoles: { scu: true, scp: false },
      },
    ];

    expect([...associationIn('Sta6').contexts.values()]).to.deep.equal(accepted);
    const requestor = new Association('requestor');
    for (const step of CONFIRMED) step(requestor);
    expect([...requestor.contexts.values()]).to.deep.equal(accepted);
  });
});
