import { expect } from 'chai';
import { contextsOf, type Negotiated, type NegotiationPolicy, negotiate } from '../../src/ul/negotiation.ts';
import { aAssociateAc } from '../../src/ul/pdu/a-associate-ac.ts';
import type { AAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import { abortWords, rejectWords } from '../../src/ul/words.ts';
import { A_ASSOCIATE_RQ_VALUE, plainRequest, uids } from './fixtures.ts';

/** Takes Verification and CT, Explicit VR Little Endian only. */
const policy: NegotiationPolicy = {
  calledAeTitles: new Set(['DICOMKEEP']),
  maximumLength: 131072,
  implementationClassUid: '1.2.3',
  implementationVersionName: 'KEEP',
  acceptTransferSyntax: (abstractSyntax, transferSyntaxes) => {
    if (abstractSyntax !== uids.verification && abstractSyntax !== uids.ctImageStorage) {
      return 'abstract-syntax-not-supported';
    }
    return transferSyntaxes.find((uid) => uid === uids.explicitLittle);
  },
};

function accepted(negotiated: Negotiated) {
  if (!('accept' in negotiated)) throw new Error(negotiated.words);
  return negotiated;
}

function request(changes: Partial<AAssociateRq> = {}): AAssociateRq {
  return { ...plainRequest(), ...changes };
}

function withUserInformation(changes: Partial<AAssociateRq['userInformation']>): AAssociateRq {
  const plain = plainRequest();
  return { ...plain, userInformation: { ...plain.userInformation, ...changes } };
}

describe('negotiate (PS3.8 §9.3.3, PS3.7 Annex D)', () => {
  it('answers every proposed context with its result', () => {
    const { accept, contexts } = accepted(
      negotiate(
        request({
          presentationContexts: [
            {
              id: 1,
              abstractSyntax: uids.ctImageStorage,
              transferSyntaxes: [uids.implicitLittle, uids.explicitLittle],
            },
            { id: 3, abstractSyntax: '1.9', transferSyntaxes: [uids.implicitLittle] },
            { id: 5, abstractSyntax: uids.verification, transferSyntaxes: [uids.implicitLittle] },
            { id: 7, abstractSyntax: uids.verification, transferSyntaxes: [] },
          ],
        }),
        policy,
      ),
    );

    expect(accept.presentationContexts).to.deep.equal([
      { id: 1, result: 0, transferSyntax: uids.explicitLittle },
      { id: 3, result: 3, transferSyntax: uids.implicitLittle },
      { id: 5, result: 4, transferSyntax: uids.implicitLittle },
      { id: 7, result: 4, transferSyntax: uids.implicitLittle },
    ]);
    expect([...contexts.values()]).to.deep.equal([
      {
        id: 1,
        abstractSyntax: uids.ctImageStorage,
        transferSyntax: uids.explicitLittle,
        requestorRoles: { scu: true, scp: false },
      },
    ]);
  });

  it('gives an answer that can be encoded and reads back the same', () => {
    const { accept } = accepted(negotiate(A_ASSOCIATE_RQ_VALUE, policy));

    expect(aAssociateAc.decode(aAssociateAc.encode(accept).subarray(6))).to.deep.equal(accept);
  });

  const rejections: [string, AAssociateRq, Partial<NegotiationPolicy>, number, number, string][] = [
    [
      'another protocol version',
      request({ protocolVersion: 2 }),
      {},
      2,
      2,
      'protocol version 2 not supported',
    ],
    [
      'another application context',
      request({ applicationContext: '1.2' }),
      {},
      1,
      2,
      'application context "1.2" not supported',
    ],
    [
      'a called AE title that is not ours',
      request({ calledAeTitle: 'PACS' }),
      {},
      1,
      7,
      'called AE title "PACS" not recognized',
    ],
    [
      'a caller whom the policy refuses',
      request(),
      { acceptCallingAeTitle: () => false },
      1,
      3,
      'calling AE title "MODALITY" not recognized',
    ],
  ];
  for (const [what, refused, changes, source, reason, words] of rejections) {
    it(`rejects ${what} permanently`, () => {
      expect(negotiate(refused, { ...policy, ...changes })).to.deep.equal({
        reject: { type: 'A-ASSOCIATE-RJ', result: 1, source, reason },
        words,
      });
    });
  }

  it('accepts a protocol version field with further bits, for bit 0 is tested alone', () => {
    expect(negotiate(request({ protocolVersion: 3 }), policy)).to.have.property('accept');
  });

  describe('roles (PS3.7 Annex D.3.3.4)', () => {
    const roles = [{ sopClassUid: uids.ctImageStorage, scuRole: true, scpRole: true }];

    it('gives a requestor the SCP role where it asks and the policy agrees', () => {
      const { accept, contexts } = accepted(
        negotiate(withUserInformation({ roleSelections: roles }), { ...policy, acceptScpRole: () => true }),
      );

      expect(accept.userInformation.roleSelections).to.deep.equal(roles);
      expect(contexts.get(3)?.requestorRoles).to.deep.equal({ scu: true, scp: true });
    });

    it('refuses the SCP role unless the policy agrees, and never gives a role that was not asked for', () => {
      const scpOnly = [{ sopClassUid: uids.ctImageStorage, scuRole: false, scpRole: true }];

      expect(
        accepted(negotiate(withUserInformation({ roleSelections: roles }), policy)).contexts.get(3)
          ?.requestorRoles,
      ).to.deep.equal({ scu: true, scp: false });
      expect(
        accepted(
          negotiate(withUserInformation({ roleSelections: scpOnly }), {
            ...policy,
            acceptScpRole: () => true,
          }),
        ).contexts.get(3)?.requestorRoles,
      ).to.deep.equal({ scu: false, scp: true });
      const scuOnly = [{ sopClassUid: uids.ctImageStorage, scuRole: true, scpRole: false }];
      expect(
        accepted(
          negotiate(withUserInformation({ roleSelections: scuOnly }), {
            ...policy,
            acceptScpRole: () => true,
          }),
        ).accept.userInformation.roleSelections,
      ).to.deep.equal(scuOnly);
    });
  });

  it('answers roles for the SOP classes of the proposed contexts alone, and for each once', () => {
    const ct = { sopClassUid: uids.ctImageStorage, scuRole: true, scpRole: true };
    const roleSelections = [
      { ...ct, sopClassUid: '1.2.840.10008.5.1.4.1.1.4' },
      ct,
      { ...ct, scuRole: false },
    ];

    const { accept } = accepted(
      negotiate(withUserInformation({ roleSelections }), { ...policy, acceptScpRole: () => true }),
    );

    expect(accept.userInformation.roleSelections).to.deep.equal([ct]);
  });

  it('answers both roles with 0 where none is to be had, and leaves none on the context', () => {
    const scpOnly = [{ sopClassUid: uids.ctImageStorage, scuRole: false, scpRole: true }];

    const { accept, contexts } = accepted(
      negotiate(withUserInformation({ roleSelections: scpOnly }), policy),
    );

    expect(accept.userInformation.roleSelections).to.deep.equal([
      { sopClassUid: uids.ctImageStorage, scuRole: false, scpRole: false },
    ]);
    expect(contexts.get(3)?.requestorRoles).to.deep.equal({ scu: false, scp: false });
  });

  it('answers an asynchronous operations window with the smaller one, and none where none was asked for', () => {
    const windowOf = (invoked: number, ours?: number) =>
      accepted(
        negotiate(
          withUserInformation({
            asynchronousOperationsWindow: { operationsInvoked: invoked, operationsPerformed: 4 },
          }),
          ours === undefined
            ? policy
            : {
                ...policy,
                asynchronousOperationsWindow: { operationsInvoked: ours, operationsPerformed: 0 },
              },
        ),
      ).accept.userInformation.asynchronousOperationsWindow;

    expect(windowOf(0)).to.deep.equal({ operationsInvoked: 1, operationsPerformed: 1 });
    expect(windowOf(3, 8)).to.deep.equal({ operationsInvoked: 3, operationsPerformed: 4 });
    expect(windowOf(20, 8)).to.deep.equal({ operationsInvoked: 8, operationsPerformed: 4 });
    expect(windowOf(0, 8), '0 asks for no limit').to.deep.equal({
      operationsInvoked: 8,
      operationsPerformed: 4,
    });
    expect(accepted(negotiate(request(), policy)).accept.userInformation).to.not.have.property(
      'asynchronousOperationsWindow',
    );
  });

  it('answers extended negotiation with what the policy says', () => {
    const { accept } = accepted(
      negotiate(A_ASSOCIATE_RQ_VALUE, {
        ...policy,
        extendedNegotiation: (_, information) => Buffer.concat([information, Buffer.from([0])]),
      }),
    );

    expect(accept.userInformation.extendedNegotiations).to.deep.equal([
      { sopClassUid: '1.2.840.10008.5.1.4.1.2.2.1', information: Buffer.from([1, 0]) },
    ]);
    expect(
      accepted(negotiate(A_ASSOCIATE_RQ_VALUE, policy)).accept.userInformation.extendedNegotiations,
    ).to.deep.equal([]);
  });

  it('answers a user identity only if an answer was requested and the policy looks at identities', () => {
    const identity = A_ASSOCIATE_RQ_VALUE.userInformation.userIdentity;
    if (identity === undefined) throw new Error('the fixture has a user identity');
    const silent = withUserInformation({ userIdentity: { ...identity, positiveResponseRequested: false } });
    const strict = { ...policy, isUserIdentityAnswered: true };
    const answerTo = (asked: AAssociateRq, by: NegotiationPolicy) =>
      accepted(negotiate(asked, by)).accept.userInformation.userIdentityResponse;

    expect(answerTo(A_ASSOCIATE_RQ_VALUE, strict)).to.deep.equal({ serverResponse: Buffer.alloc(0) });
    expect(answerTo(silent, strict)).to.equal(undefined);
    expect(answerTo(A_ASSOCIATE_RQ_VALUE, policy)).to.equal(undefined);
  });
});

describe('contextsOf', () => {
  it('leaves out what an acceptor accepts although it was never proposed', () => {
    const { accept } = accepted(negotiate(request(), policy));
    const odd = {
      ...accept,
      presentationContexts: [
        { id: 1, result: 0, transferSyntax: '1.2.840.10008.1.2.4.70' },
        { id: 3, result: 0 },
        { id: 9, result: 0, transferSyntax: uids.implicitLittle },
      ],
    };

    expect([...contextsOf(request(), odd).keys()]).to.deep.equal([]);
  });
});

describe('rejectWords and abortWords', () => {
  it('say what the codes mean', () => {
    expect(rejectWords({ result: 1, source: 1, reason: 7 })).to.equal(
      'association rejected (permanent, service user): called AE title not recognized',
    );
    expect(rejectWords({ result: 2, source: 3, reason: 2 })).to.equal(
      'association rejected (transient, service provider, presentation): local limit exceeded',
    );
    expect(abortWords(0, 5)).to.equal('aborted by the service user');
    expect(abortWords(2, 2)).to.equal('aborted by the service provider: unexpected PDU');
  });

  it('name codes that the standard does not have', () => {
    expect(rejectWords({ result: 1, source: 9, reason: 8 })).to.equal(
      'association rejected (permanent, source 9): reason 8',
    );
    expect(abortWords(2, 77)).to.equal('aborted by the service provider: reason 77');
  });
});
