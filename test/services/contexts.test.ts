import { expect } from 'chai';
import { storageSopClasses, uids } from '../../src/dicom/uids.ts';
import { chooseTransferSyntax, isStorageClass, queryRetrieveClasses } from '../../src/services/contexts.ts';

/** SOP classes of other services of PS3.4, by their UIDs: nobody stores an instance of them. */
const OTHERS: readonly string[] = [
  '1.2.840.10008.1.1', // Verification
  '1.2.840.10008.1.9', // Basic Study Content Notification
  '1.2.840.10008.1.20.1', // Storage Commitment Push Model
  '1.2.840.10008.1.40', // Procedural Event Logging
  '1.2.840.10008.1.42', // Substance Administration Logging
  '1.2.840.10008.3.1.2.3.3', // Modality Performed Procedure Step
  '1.2.840.10008.5.1.1.9', // Basic Grayscale Print Management
  '1.2.840.10008.5.1.1.33', // Media Creation Management
  '1.2.840.10008.5.1.4.1.2.1.1', // Patient Root FIND
  '1.2.840.10008.5.1.4.1.2.2.2', // Study Root MOVE
  '1.2.840.10008.5.1.4.1.2.3.3', // Patient/Study Only GET
  '1.2.840.10008.5.1.4.1.2.4.2', // Composite Instance Root Retrieve - MOVE
  '1.2.840.10008.5.1.4.31', // Modality Worklist FIND
  '1.2.840.10008.5.1.4.32.1', // General Purpose Worklist
  '1.2.840.10008.5.1.4.33', // Instance Availability Notification
  '1.2.840.10008.5.1.4.34.6.1', // UPS Push
  '1.2.840.10008.5.1.4.37.1', // General Relevant Patient Information Query
  '1.2.840.10008.5.1.4.38.2', // Hanging Protocol FIND
  '1.2.840.10008.5.1.4.41', // Product Characteristics Query
];
const PRIVATE = '1.2.826.0.1.3680043.10.999.7';
const IMPLICIT = uids.ImplicitVRLittleEndian;
const EXPLICIT = uids.ExplicitVRLittleEndian;
const JPEG = uids.JPEGBaseline8Bit;

describe('isStorageClass (PS3.4 Annex B)', () => {
  it('takes every storage class of the standard, under either policy', () => {
    expect(storageSopClasses.size).to.be.greaterThan(150);
    for (const uid of storageSopClasses) {
      expect([isStorageClass(uid, 'any'), isStorageClass(uid, 'standard')], uid).to.deep.equal([true, true]);
    }
  });

  it('takes private and future classes too, unless only those of the standard are wanted', () => {
    for (const uid of [
      PRIVATE,
      '1.2.840.113619.4.30',
      '1.2.840.10008.5.1.4.1.1.999',
      '1.2.840.10008.5.1.4.1.1.9999.1',
    ]) {
      expect([isStorageClass(uid, 'any'), isStorageClass(uid, 'standard')], uid).to.deep.equal([true, false]);
    }
  });

  it('takes no SOP class of another service', () => {
    for (const uid of OTHERS) expect(isStorageClass(uid, 'any'), uid).to.equal(false);
    for (const uid of queryRetrieveClasses.keys()) expect(isStorageClass(uid, 'any'), uid).to.equal(false);
  });

  it('takes nothing that is no UID', () => {
    for (const uid of ['', 'CT', '.1.2', '1.2 ', '1.2\n', '9'.repeat(65)])
      expect(isStorageClass(uid, 'any'), uid).to.equal(false);
  });
});

describe('chooseTransferSyntax', () => {
  const choose = (abstractSyntax: string, ...proposed: string[]) =>
    chooseTransferSyntax(abstractSyntax, proposed, 'any', false);

  it('takes the first choice of who stores, and Explicit VR Little Endian before all', () => {
    expect(choose(uids.CTImageStorage, JPEG, IMPLICIT)).to.equal(JPEG);
    expect(choose(uids.CTImageStorage, IMPLICIT, EXPLICIT, JPEG)).to.equal(EXPLICIT);
    expect(choose(PRIVATE, '1.2.826.0.1.99')).to.equal('1.2.826.0.1.99');
    expect(choose(uids.CTImageStorage, 'no UID', IMPLICIT)).to.equal(IMPLICIT);
  });

  it('takes for identifiers only what it can read', () => {
    const find = uids.StudyRootQueryRetrieveInformationModelFind;
    expect(choose(find, IMPLICIT, EXPLICIT)).to.equal(EXPLICIT);
    expect(choose(find, JPEG, uids.DeflatedExplicitVRLittleEndian, uids.ExplicitVRBigEndian)).to.equal(
      uids.ExplicitVRBigEndian,
    );
    expect(choose(find, JPEG)).to.equal(undefined);
    expect(choose(find, uids.XMLEncoding, uids.RFC2557MIMEEncapsulation, IMPLICIT)).to.equal(IMPLICIT);
    expect(choose(uids.Verification, '1.2.826.0.1.99')).to.equal(undefined);
  });

  it('takes Storage Commitment Push Model, and not the retired Pull Model (PS3.4 Annex J)', () => {
    const proposed = [uids.JPEGBaseline8Bit, IMPLICIT, EXPLICIT];

    expect(chooseTransferSyntax(uids.StorageCommitmentPushModel, proposed, 'standard')).to.equal(EXPLICIT);
    expect(chooseTransferSyntax(uids.StorageCommitmentPushModel, [JPEG], 'any')).to.equal(undefined);
    expect(chooseTransferSyntax(uids.StorageCommitmentPullModel, proposed, 'any')).to.equal(
      'abstract-syntax-not-supported',
    );
  });

  it('sends instances uncompressed to who takes them so, for all that can be decoded comes then, and film as it is', () => {
    const chooseToSend = (abstractSyntax: string, ...proposed: string[]) =>
      chooseTransferSyntax(abstractSyntax, proposed, 'any', true);

    expect(chooseToSend(uids.CTImageStorage, JPEG, EXPLICIT)).to.equal(EXPLICIT);
    expect(chooseToSend(uids.CTImageStorage, JPEG, IMPLICIT)).to.equal(IMPLICIT);
    expect(chooseToSend(uids.CTImageStorage, JPEG)).to.equal(JPEG);
    expect(chooseToSend(uids.CTImageStorage, IMPLICIT, EXPLICIT, JPEG)).to.equal(EXPLICIT);
    expect(chooseToSend(uids.VideoEndoscopicImageStorage, uids.MPEG2MPML, EXPLICIT)).to.equal(uids.MPEG2MPML);
    expect(chooseToSend(uids.StudyRootQueryRetrieveInformationModelFind, JPEG, IMPLICIT)).to.equal(IMPLICIT);
  });

  it('takes the retired Patient/Study Only classes, which some old workstations ask by', () => {
    for (const name of ['Find', 'Move', 'Get'] as const) {
      const uid = uids[`PatientStudyOnlyQueryRetrieveInformationModel${name}`];
      expect(choose(uid, JPEG, IMPLICIT), name).to.equal(IMPLICIT);
    }
  });

  it('tells a class that is not ours from a transfer syntax that is not', () => {
    expect(choose(OTHERS[3] ?? '', EXPLICIT)).to.equal('abstract-syntax-not-supported');
    expect(chooseTransferSyntax(PRIVATE, [EXPLICIT], 'standard', false)).to.equal(
      'abstract-syntax-not-supported',
    );
    expect(choose(uids.CTImageStorage)).to.equal(undefined);
  });
});
