import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { agreedOptions, answerToExtended } from '../../src/services/extended-negotiation.ts';

const FIND = uids.StudyRootQueryRetrieveInformationModelFind;
const MOVE = uids.StudyRootQueryRetrieveInformationModelMove;

const answer = (sopClassUid: string, ...asked: number[]) => {
  const answered = answerToExtended(sopClassUid, Buffer.from(asked));
  return answered === undefined ? undefined : [...answered];
};
const agreed = (sopClassUid: string, ...answered: number[]) => [
  ...agreedOptions(sopClassUid, Buffer.from(answered)),
];

describe('SOP Class Extended Negotiation (PS3.4 §C.5.1.1, §C.5.2.1)', () => {
  it('answers a query class byte by byte: all but Enhanced Multi-Frame Image Conversion', () => {
    expect(answer(FIND, 1, 1, 1, 1, 1, 1, 1)).to.deep.equal([1, 1, 1, 1, 0, 1, 1]);
    expect(answer(FIND, 0, 0, 0, 0, 0, 0, 0)).to.deep.equal([0, 0, 0, 0, 0, 0, 0]);
    expect(answer(FIND, 0, 1, 0, 1)).to.deep.equal([0, 1, 0, 1]);
  });

  it('answers a retrieve class byte by byte: relational retrieval alone', () => {
    expect(answer(MOVE, 1, 1)).to.deep.equal([1, 0]);
    expect(answer(uids.PatientRootQueryRetrieveInformationModelGet, 1)).to.deep.equal([1]);
    expect(answer(MOVE, 0, 0)).to.deep.equal([0, 0]);
  });

  it('answers one byte to one byte, and no more bytes than the standard has', () => {
    expect(answer(FIND, 1)).to.deep.equal([1]);
    expect(answer(FIND, 1, 1, 1)).to.deep.equal([1, 1, 1]);
    expect(answer(FIND, ...Array.from({ length: 4096 }, () => 1))).to.have.lengthOf(7);
    expect(answer(MOVE, 1, 1, 1, 1)).to.have.lengthOf(2);
  });

  it('turns down what is neither 0 nor 1', () => {
    expect(answer(FIND, 2, 255, 1)).to.deep.equal([0, 0, 1]);
  });

  it('answers nothing where nothing is asked, and nothing for the classes of other services', () => {
    expect(answer(FIND)).to.equal(undefined);
    expect(answer(uids.CTImageStorage, 1, 0, 1)).to.equal(undefined);
    expect(answer('1.2.3', 1)).to.equal(undefined);
  });

  it('agrees on what was answered with 1, and on nothing without an answer', () => {
    expect(agreed(FIND, 1, 0, 1)).to.deep.equal(['relational', 'fuzzyNames']);
    expect(agreed(FIND, 0, 1, 0, 1, 0, 1, 1)).to.deep.equal([
      'combinedDateTime',
      'timezone',
      'emptyValue',
      'multipleValues',
    ]);
    expect(agreed(MOVE, 1, 0)).to.deep.equal(['relational']);
    expect([...agreedOptions(FIND, undefined)]).to.deep.equal([]);
  });
});
