import { ProtocolError } from '../../../src/lib/problem.ts';
import { Association, type Effect } from '../../../src/ul/association.ts';
import { negotiate } from '../../../src/ul/negotiation.ts';
import { aAbort } from '../../../src/ul/pdu/a-abort.ts';
import { aAssociateAc } from '../../../src/ul/pdu/a-associate-ac.ts';
import { type AAssociateRq, aAssociateRq } from '../../../src/ul/pdu/a-associate-rq.ts';
import { framePdvs } from '../../../src/ul/pdv-framing.ts';
import { A_ASSOCIATE_RQ, A_ASSOCIATE_RQ_VALUE } from '../../ul/fixtures.ts';
import { assertSame, cutsOf, type FuzzTarget, outcomeOf, Refused } from '../target.ts';

/** A-RELEASE-RQ. */
const RELEASE = Buffer.from([5, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
const ABORT = aAbort.encode({ type: 'A-ABORT', source: 2, reason: 6 });
const ANSWER = answerTo(A_ASSOCIATE_RQ_VALUE);
const ACCEPT = aAssociateAc.encode(ANSWER);
const DATA = Buffer.concat([
  ...framePdvs([{ contextId: 1, isCommand: true, isLast: true, bytes: Buffer.alloc(70, 1) }], 64),
  ...framePdvs([{ contextId: 1, isCommand: false, isLast: false, bytes: Buffer.alloc(9, 2) }], 16384),
  // Two PDVs in one PDU, the second without data.
  Buffer.from([4, 0, 0, 0, 0, 14, 0, 0, 0, 4, 1, 0, 7, 7, 0, 0, 0, 2, 1, 2]),
]);

/** PS3.8 §9.2 and §9.3: what comes before an association is there, as acceptor. */
export const associationRequest: FuzzTarget = {
  name: 'association-request',
  seeds: () => [A_ASSOCIATE_RQ, Buffer.concat([A_ASSOCIATE_RQ, DATA]), ACCEPT, RELEASE, ABORT],
  check(input) {
    checkCuts(input, () => begun('acceptor'));
    const request = outcomeOf(() => aAssociateRq.decode(input.subarray(6)), ProtocolError);
    if (!(request instanceof Refused)) aAssociateAc.encode(answerTo(request));
  },
};

/** The same as requestor: what a node that we call may answer. */
export const associationAnswer: FuzzTarget = {
  name: 'association-answer',
  seeds: () => [ACCEPT, Buffer.concat([ACCEPT, DATA]), A_ASSOCIATE_RQ, RELEASE, ABORT],
  check(input) {
    checkCuts(input, () => {
      const association = begunBy((one) =>
        one.submit({ type: 'A-ASSOCIATE request', request: A_ASSOCIATE_RQ_VALUE }),
      );
      association.connected();
      return association;
    });
  },
};

/** P-DATA-TF PDUs, and what may come among them. */
export const dataTransfer: FuzzTarget = {
  name: 'data-transfer',
  seeds: () => [DATA, Buffer.concat([DATA, RELEASE]), Buffer.concat([DATA, DATA, ABORT]), RELEASE, ABORT],
  check(input) {
    checkCuts(input, () => {
      const association = begun('acceptor');
      association.receive(A_ASSOCIATE_RQ);
      association.submit({ type: 'A-ASSOCIATE accept', accept: ANSWER });
      return association;
    });
  },
};

function begun(role: 'acceptor' | 'requestor'): Association {
  const association = new Association(role);
  association.connected();
  return association;
}

function begunBy(begin: (association: Association) => void): Association {
  const association = new Association('requestor');
  begin(association);
  return association;
}

/** Nothing is ever thrown, and the cuts of the stream change nothing. */
function checkCuts(input: Buffer, start: () => Association): void {
  const told = cutsOf(input).map((pieces) => {
    const association = start();
    const effects = new ToldEffects();
    for (const piece of pieces) effects.add(association.receive(piece));
    association.transportClosed();
    return [effects.told, association.state, association.failure];
  });
  for (const other of told.slice(1)) assertSame('cut elsewhere', told[0], other);
}

/** Effects as text, with the pieces of one fragment joined. */
class ToldEffects {
  readonly told: string[] = [];
  #open: string | undefined;

  add(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.do !== 'indicate' || effect.primitive.type !== 'P-DATA indication') {
        this.#open = undefined;
        this.told.push(JSON.stringify(effect));
        continue;
      }
      const { contextId, isCommand, isLast, bytes } = effect.primitive.pdv;
      const kind = `${contextId} ${isCommand}`;
      if (this.#open === kind) this.told.push(`${this.told.pop() ?? ''}${bytes.toString('hex')}`);
      else this.told.push(`${kind} ${bytes.toString('hex')}`);
      this.#open = isLast ? undefined : kind;
      if (isLast) this.told.push('last');
    }
  }
}

function answerTo(request: AAssociateRq) {
  const negotiated = negotiate(
    { ...request, applicationContext: A_ASSOCIATE_RQ_VALUE.applicationContext, protocolVersion: 1 },
    {
      calledAeTitles: new Set([request.calledAeTitle]),
      maximumLength: 16384,
      implementationClassUid: '1.2.3',
      implementationVersionName: 'FUZZ',
      acceptTransferSyntax: (_, proposed) => proposed[0],
      acceptScpRole: () => true,
      extendedNegotiation: (_, information) => information,
      isUserIdentityAnswered: true,
    },
  );
  if ('reject' in negotiated) throw new Error(negotiated.words);
  return negotiated.accept;
}
