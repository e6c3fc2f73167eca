import { expect } from 'chai';
import {
  dictionaryElement,
  formatTag,
  hexOfTag,
  keywordOf,
  tagOf,
  vrOf,
} from '../../../src/dicom/dictionary/dictionary.ts';
import { elements } from '../../../src/dicom/dictionary/elements.ts';
import { tags } from '../../../src/dicom/dictionary/tags.ts';
import { isVr } from '../../../src/dicom/vr.ts';

describe('Dictionary (PS3.6)', () => {
  it('knows the VR and keyword of an element', () => {
    expect(vrOf(tags.PatientName)).to.equal('PN');
    expect(keywordOf(0x00100020)).to.equal('PatientID');
    expect(tagOf('StudyInstanceUID')).to.equal(0x0020000d);
    expect(dictionaryElement(tags.ImageType)?.vm).to.equal('2-n');
  });

  it('gives the VR that Implicit VR is read with first where there are several (PS3.5 §A.1)', () => {
    expect(vrOf(tags.PixelData)).to.equal('OW');
    expect(dictionaryElement(tags.SmallestImagePixelValue)?.vrs).to.deep.equal(['US', 'SS']);
  });

  it('has UN for what it does not know, LO for a private creator, UL for a group length', () => {
    expect(vrOf(0x00091001)).to.equal('UN');
    expect(vrOf(0x00090010)).to.equal('LO');
    expect(vrOf(0x00090000)).to.equal('UL');
    expect(vrOf(0x00080000)).to.equal('UL');
    expect(keywordOf(0x00091001)).to.equal(undefined);
    expect(tagOf('NoSuchKeyword')).to.equal(undefined);
  });

  it('finds repeating groups and elements under the first of them (PS3.5 §7.6)', () => {
    expect(keywordOf(0x60020010)).to.equal('OverlayRows');
    expect(keywordOf(0x501e3000)).to.equal('CurveData');
    expect(keywordOf(0x7f020010)).to.equal('VariablePixelData');
    expect(keywordOf(0x00203123)).to.equal('SourceImageIDs');
    expect(keywordOf(0x00280422)).to.equal('CoefficientCoding');
    expect(keywordOf(0x10001235)).to.equal('ShiftTableTriplet');
    expect(keywordOf(0x60010010), 'odd: private').to.equal(undefined);
  });

  it('writes tags as people and as DICOM JSON do', () => {
    expect(formatTag(tags.PixelData)).to.equal('(7FE0,0010)');
    expect(hexOfTag(tags.PatientName)).to.equal('00100010');
  });

  it('holds well-formed rows only, each keyword once', () => {
    const lines = elements.trim().split('\n');
    const keywords = new Set<string>();
    for (const line of lines) {
      const [hex = '', vrs = '', vm = '', keyword = ''] = line.split(' ');
      expect(hex, line).to.match(/^[0-9A-F]{8}$/);
      expect(vrs.split('/').every(isVr), line).to.equal(true);
      expect(vm, line).to.match(/^\d+(-(\d*n|\d+))?$/);
      expect(keyword, line).to.match(/^[A-Za-z][A-Za-z0-9]+$/);
      keywords.add(keyword);
    }

    expect(keywords.size).to.equal(lines.length);
    expect(lines.length).to.be.greaterThan(5100);
  });
});
