import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeText,
  decodeValues,
  encodeText,
  parseCharacterSets,
  splitValues,
} from '../../src/dicom/character-set.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { corpusFolder } from '../helpers/corpus.ts';

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Texts with their bytes; Japanese and Korean ones are the names of PS3.5 Annexes H and I. */
const EXAMPLES: readonly { sets: string[]; vr: string; text: string; bytes: Buffer }[] = [
  { sets: ['ISO_IR 100'], vr: 'PN', text: 'Buc^Jérôme', bytes: latin1('Buc^J\xe9r\xf4me') },
  { sets: ['ISO_IR 144'], vr: 'PN', text: 'Люк', bytes: latin1('\xbb\xee\xda') },
  { sets: ['ISO_IR 13'], vr: 'PN', text: 'ﾔﾏﾀﾞ^ﾀﾛｳ', bytes: latin1('\xd4\xcf\xc0\xde^\xc0\xdb\xb3') },
  { sets: ['ISO_IR 203'], vr: 'LO', text: 'Œuvre', bytes: latin1('\xbcuvre') },
  { sets: ['ISO_IR 192'], vr: 'PN', text: '王^小東', bytes: Buffer.from('王^小東') },
  { sets: ['GB18030'], vr: 'PN', text: '王^小东', bytes: latin1('\xcd\xf5^\xd0\xa1\xb6\xab') },
  {
    sets: ['', 'ISO 2022 IR 87'], // H.3.1
    vr: 'PN',
    text: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    bytes: latin1('Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B'),
  },
  {
    sets: ['ISO 2022 IR 13', 'ISO 2022 IR 87'], // H.3.2
    vr: 'PN',
    text: 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    bytes: latin1(
      '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J',
    ),
  },
  {
    sets: ['', 'ISO 2022 IR 149'], // I.2
    vr: 'PN',
    text: 'Hong^Gildong=洪^吉洞=홍^길동',
    bytes: latin1(
      'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf',
    ),
  },
  {
    sets: ['', 'ISO 2022 IR 58'], // K.2
    vr: 'PN',
    text: 'Zhang^XiaoDong=张^小东',
    bytes: latin1('Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab'),
  },
  { sets: ['', 'ISO 2022 IR 159'], vr: 'LO', text: 'a丂b', bytes: latin1('a\x1b$(D0!\x1b(Bb') },
  {
    sets: ['ISO 2022 IR 100', 'ISO 2022 IR 144'],
    vr: 'LO',
    text: 'éЖé',
    bytes: latin1('\xe9\x1b-L\xb6\x1b-A\xe9'),
  },
  { sets: ['', 'ISO 2022 IR 203'], vr: 'LO', text: 'Œ', bytes: latin1('\x1b-b\xbc') },
];

describe('Specific Character Set (PS3.3 §C.12.1.1.2, PS3.5 §6.1)', () => {
  for (const { sets, vr, text, bytes } of EXAMPLES) {
    const name = sets.join('\\') || 'none';

    it(`${name}: decodes ${text}`, () => expect(decodeText(bytes, vr, sets)).to.equal(text));
    it(`${name}: encodes ${text}`, () => expect(encodeText(text, vr, sets)).to.deep.equal(bytes));
  }

  it('understands misspelt terms', () => {
    const misspelt = [
      'ISO-IR 100',
      'iso_ir 100',
      ' ISO_IR_100 ',
      'ISO 2022-IR 87',
      'ISO2022 IR 13',
      'UTF-8',
      'ISO_IR 87',
      'ISO 2022 GBK',
    ];

    expect(parseCharacterSets(misspelt)).to.deep.equal([
      'ISO_IR 100',
      'ISO_IR 100',
      'ISO_IR 100',
      'ISO 2022 IR 87',
      'ISO 2022 IR 13',
      'ISO_IR 192',
      'ISO 2022 IR 87',
      'GBK',
    ]);
    expect(parseCharacterSets([''])).to.deep.equal([]);
    expect(parseCharacterSets(['', 'ISO 2022 IR 87'])).to.deep.equal(['', 'ISO 2022 IR 87']);
  });

  it('takes eight-bit text that nothing or nothing known was declared for as UTF-8 where it is, else as Latin-1', () => {
    for (const sets of [[], ['ISO_IR 6'], ['ISO_IR 999'], ['', 'ISO 2022 IR 87']]) {
      expect(decodeText(Buffer.from('Zoé'), 'PN', sets), sets.join()).to.equal('Zoé');
      expect(decodeText(latin1('Zo\xe9'), 'PN', sets), sets.join()).to.equal('Zoé');
    }
  });

  it('reads escape sequences that nobody declared', () => {
    const bytes = latin1('\x1b$B;3ED\x1b(B');

    for (const sets of [[], ['ISO_IR 100'], ['ISO_IR 13'], ['ISO 2022 IR 87'], ['', 'ISO 2022 IR 149']]) {
      expect(decodeText(bytes, 'PN', sets), sets.join()).to.equal('山田');
    }
  });

  it('puts U+FFFD for invalid UTF-8 and leaves VRs of the default repertoire alone', () => {
    expect(decodeText(latin1('Br\xffken'), 'PN', ['ISO_IR 192'])).to.equal('Br\ufffdken');
    expect(decodeText(latin1('\xe9'), 'CS', ['ISO_IR 192'])).to.equal('é');
  });

  it('refuses what does not fit, so that the caller goes on in ISO_IR 192', () => {
    expect(encodeText('é', 'PN', [])).to.equal(undefined);
    expect(encodeText('山', 'PN', ['ISO_IR 100'])).to.equal(undefined);
    expect(encodeText('€', 'PN', ['ISO_IR 100'])).to.equal(undefined);
    expect(encodeText('山', 'PN', ['ISO_IR 13'])).to.equal(undefined);
    expect(encodeText('①', 'PN', ['', 'ISO 2022 IR 87']), 'a vendor’s row of JIS').to.equal(undefined);
    expect(encodeText('똠', 'PN', ['', 'ISO 2022 IR 149']), 'CP949, not KS X 1001').to.equal(undefined);
    expect(encodeText('a\ud800', 'PN', ['ISO_IR 192']), 'half a surrogate pair').to.equal(undefined);
  });

  it('encodes ASCII in any set', () => {
    for (const sets of [[], ['ISO_IR 192'], ['', 'ISO 2022 IR 87'], ['ISO_IR 999']]) {
      expect(encodeText('A^B\\C~', 'PN', sets)).to.deep.equal(Buffer.from('A^B\\C~'));
    }
  });

  it('round-trips any text, or says that it does not fit', () => {
    const sets = fc.constantFrom(
      ...[
        'ISO_IR 13',
        'ISO_IR 100',
        'ISO_IR 126',
        'ISO_IR 166',
        'ISO_IR 192',
        'ISO_IR 203',
        'GB18030',
        'GBK',
      ].map((set) => [set]),
      ['', 'ISO 2022 IR 87', 'ISO 2022 IR 159'],
      ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
      ['', 'ISO 2022 IR 149', 'ISO 2022 IR 58'],
      ['ISO 2022 IR 100', 'ISO 2022 IR 126', 'ISO 2022 IR 87'],
    );
    const letters = fc.constantFrom(...'aZ^=\\ ~éŒÄЖωשุกﾔ山田东한글丂表能\u3000');

    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 12 }),
        sets,
        fc.constantFrom('PN', 'LO', 'LT'),
        (text, set, vr) => {
          const bytes = encodeText(text, vr, set);
          if (bytes !== undefined) expect(decodeText(bytes, vr, set)).to.equal(text);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('never throws, whatever the bytes', () => {
    const sets = fc.constantFrom<string[]>(
      [],
      ['ISO_IR 13'],
      ['ISO_IR 192'],
      ['GB18030'],
      ['', 'ISO 2022 IR 87', 'ISO 2022 IR 159'],
      ['x', ''],
    );
    const bytes = fc.array(
      fc.constantFrom(0x1b, 0x24, 0x28, 0x29, 0x2d, 0x42, 0x43, 0x44, 0x5c, 0x8f, 0xa1, 0xff),
      { maxLength: 30 },
    );

    fc.assert(
      fc.property(bytes, sets, (some, set) => {
        expect(decodeValues(Buffer.from(some), 'PN', set)).to.be.an('array');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('splitValues (PS3.5 §6.4)', () => {
  const split = (bytes: Buffer, sets: string[], vr = 'LO') => decodeValues(bytes, vr, sets);

  it('splits at backslashes', () => {
    expect(split(Buffer.from('a\\\\b'), [])).to.deep.equal(['a', '', 'b']);
    expect(splitValues(Buffer.from('a\\b'), 'LT', [])).to.have.length(1);
  });

  it('does not split a character whose second byte is 5CH: GB18030, GBK, Shift-JIS under ISO_IR 13', () => {
    expect(split(latin1('\x81\x5c\\\xd0\xa1'), ['GB18030'])).to.deep.equal(['乗', '小']);
    expect(split(latin1('\x90\x30\x81\x30\\b'), ['GB18030'])).to.deep.equal(['𐀀', 'b']);
    expect(split(latin1('\x95\x5c\\\xd4'), ['ISO_IR 13'])).to.deep.equal(['表', 'ﾔ']);
  });

  it('does not split within a set of two bytes in G0, and begins each value with the initial sets', () => {
    // 3C5CH of JIS X 0208 is 尺: its second byte is a backslash.
    expect(split(latin1('\x1b$B<\\\x1b(B\\a'), ['', 'ISO 2022 IR 87'])).to.deep.equal(['尺', 'a']);
    expect(split(latin1('\x1b$)C\xfb\xf3\\\x1b$)C\xd1\xce'), ['', 'ISO 2022 IR 149'])).to.deep.equal([
      '洪',
      '吉',
    ]);
  });
});

interface CorpusFile {
  path: string;
  expect: 'store' | 'reject';
  PatientName: string | null;
  TransferSyntaxUID: string;
  dataset_offset: number;
}

describe('Patient names of the corpus', () => {
  const manifest = `${corpusFolder}/manifest.json`;
  const files: CorpusFile[] = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : [];
  const named = files.filter(
    ({ path, expect: outcome }) => path.startsWith('charset/') && outcome === 'store',
  );

  before(function () {
    if (named.length > 0) return;
    console.log(`      skipped: no corpus at ${corpusFolder} (DICOMKEEP_CORPUS)`);
    this.skip();
  });

  it('are read as they should be, in every character set', () => {
    const read = named.map(({ path, TransferSyntaxUID, dataset_offset }) => {
      const syntax = transferSyntaxOf(TransferSyntaxUID);
      if (syntax === undefined) throw new Error(`${path}: ${TransferSyntaxUID}`);
      const bytes = readFileSync(`${corpusFolder}/${path}`).subarray(dataset_offset);
      const name = DataSet.decode(bytes, syntax).text(tags.PatientName) ?? '';
      return [path, name.replace(/=+$/, '')];
    });

    expect(read).to.deep.equal(named.map(({ path, PatientName }) => [path, PatientName]));
  });
});
