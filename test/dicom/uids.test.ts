import { expect } from 'chai';
import { transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { nameOfUid, storageSopClasses, transferSyntaxUids, uids } from '../../src/dicom/uids.ts';

describe('UIDs (PS3.6 Table A-1)', () => {
  it('are found by keyword, and their names by UID', () => {
    expect(uids.Verification).to.equal('1.2.840.10008.1.1');
    expect(nameOfUid(uids.StudyRootQueryRetrieveInformationModelFind)).to.equal(
      'Study Root Query/Retrieve Information Model - FIND',
    );
    expect(nameOfUid('1.2.3')).to.equal('1.2.3');
  });

  it('are legal and there only once (PS3.5 §9.1)', () => {
    const all = Object.values(uids);

    expect(new Set(all).size).to.equal(all.length);
    for (const uid of all) expect(uid).to.match(/^(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/);
  });

  it('count new, retired and non-patient classes as stored, queries and prints not', () => {
    const root = '1.2.840.10008.5.1.4.1.1';
    for (const last of ['2', '2.3', '6.3', '66.8', '9.100.1', '481.25', '601.5', '3', '12.3', '104.5']) {
      expect(storageSopClasses.has(`${root}.${last}`), last).to.equal(true);
    }
    expect(storageSopClasses.has(uids.HangingProtocolStorage)).to.equal(true);
    expect(storageSopClasses.has(uids.StorageCommitmentPushModel)).to.equal(false);
    expect(storageSopClasses.has(uids.StudyRootQueryRetrieveInformationModelFind)).to.equal(false);
  });
});

describe('Transfer syntaxes (PS3.5 §10, Annex A)', () => {
  const traits = (uid: string) => {
    const syntax = transferSyntaxOf(uid);
    return [syntax?.encoding, syntax?.bigEndian, syntax?.deflated, syntax?.encapsulated];
  };

  it('tell how the data set is encoded', () => {
    expect(traits(uids.ImplicitVRLittleEndian)).to.deep.equal(['implicit', false, false, false]);
    expect(traits(uids.ExplicitVRBigEndian)).to.deep.equal(['explicit', true, false, false]);
    expect(traits(uids.DeflatedExplicitVRLittleEndian)).to.deep.equal(['explicit', false, true, false]);
    expect(traits(uids.JPEGBaseline8Bit)).to.deep.equal(['explicit', false, false, true]);
    expect(traits(uids.JPIPReferencedDeflate)).to.deep.equal(['explicit', false, true, false]);
    expect(traits(uids.EncapsulatedUncompressedExplicitVRLittleEndian)).to.deep.equal([
      'explicit',
      false,
      false,
      true,
    ]);
    expect(traits(uids.DeflatedImageFrameCompression)).to.deep.equal(['explicit', false, false, true]);
  });

  it('are known with all their names, and others are not', () => {
    expect(transferSyntaxUids.size).to.be.greaterThan(60);
    for (const uid of transferSyntaxUids) expect(transferSyntaxOf(uid)?.name, uid).to.not.equal(uid);
    expect(transferSyntaxOf('1.2.840.10008.1.2.4.203')?.name).to.match(/^High-Throughput JPEG 2000/);
    expect(transferSyntaxOf('1.2.3.4')).to.equal(undefined);
  });
});
