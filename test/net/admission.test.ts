import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { type AdmissionOptions, admit } from '../../src/net/admission.ts';
import type { Caller } from '../../src/services/callers.ts';
import { plainRequest } from '../ul/fixtures.ts';

const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
const CALLER: Caller = {
  callingAeTitle: 'MODALITY',
  calledAeTitle: 'DICOMKEEP',
  address: '192.0.2.1',
  proposed: [],
  peer: undefined,
};

describe('admit (PS3.7 Annex D, PS3.8 §9.3.4)', () => {
  let refusal: string | undefined;
  beforeEach(() => {
    refusal = undefined;
  });

  const options = (): AdmissionOptions => ({
    settings: { current: { aeTitles: ['DICOMKEEP', 'OLDNAME'] } },
    pduBytesMax: 131_072,
    storageSopClasses: 'any',
    asynchronousOperations: 8,
    callers: { refusalOf: () => refusal } as unknown as AdmissionOptions['callers'],
    identities: { areChecked: false, check: async () => ({ user: undefined }) },
  });

  /** The answer to roles [SCU, SCP] for one SOP class that a context proposes. */
  async function rolesFor(sopClassUid: string, scuRole: boolean, scpRole: boolean) {
    const plain = plainRequest();
    const admission = await admit(
      {
        ...plain,
        presentationContexts: [
          { id: 1, abstractSyntax: sopClassUid, transferSyntaxes: [uids.ExplicitVRLittleEndian] },
        ],
        userInformation: { ...plain.userInformation, roleSelections: [{ sopClassUid, scuRole, scpRole }] },
      },
      CALLER,
      options(),
    );
    if (!('accept' in admission)) throw new Error(admission.words);
    const [answer] = admission.accept.userInformation.roleSelections;
    return [answer?.scuRole, answer?.scpRole];
  }

  it('takes the SCP role of a C-GET for storage classes, private ones too, with and without the SCU role', async () => {
    for (const sopClass of [uids.CTImageStorage, '1.3.12.2.1107.5.9.1']) {
      expect(await rolesFor(sopClass, true, true)).to.deep.equal([true, true]);
      expect(await rolesFor(sopClass, false, true)).to.deep.equal([false, true]);
      expect(await rolesFor(sopClass, true, false)).to.deep.equal([true, false]);
      expect(await rolesFor(sopClass, false, false)).to.deep.equal([false, false]);
    }
  });

  it('is itself the SCP of all other services: storage commitment, query, verification', async () => {
    for (const sopClass of [
      STORAGE_COMMITMENT,
      uids.StudyRootQueryRetrieveInformationModelFind,
      uids.Verification,
    ]) {
      expect(await rolesFor(sopClass, true, true), sopClass).to.deep.equal([true, false]);
      expect(await rolesFor(sopClass, false, true), sopClass).to.deep.equal([false, false]);
    }
  });

  it('answers to each of our AE titles, and tells a called AE title that is not ours from a caller that is not known', async () => {
    refusal = 'calling AE title MODALITY at 192.0.2.1 is no peer';
    const rejectionTo = async (calledAeTitle: string) => {
      const admission = await admit({ ...plainRequest(), calledAeTitle }, CALLER, options());
      return 'reject' in admission ? [admission.reason, admission.words] : [];
    };

    expect(await rejectionTo('DICOMKEEP')).to.deep.equal(['calling-ae-title', refusal]);
    expect(await rejectionTo('PACS')).to.deep.equal([
      'called-ae-title',
      'called AE title "PACS" not recognized',
    ]);
    refusal = undefined;
    expect(await rejectionTo('OLDNAME')).to.deep.equal([]);
  });
});
