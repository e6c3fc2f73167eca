import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeText, decodeValues, encodeText, splitValues } from '../../src/dicom/character-set.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { fromJson } from '../../src/dicom/from-json.ts';
import { toJson } from '../../src/dicom/json.ts';
import { explicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Rows of the table in docs/characters.md: its first column, and bytes with what they are read as. */
const ROWS: readonly { row: string; sets: string[]; vr?: string; bytes: Buffer; text: string }[] = [
  {
    row: '`ISO-IR 100`, `ISO_IR_100`, `iso_ir 100`',
    sets: ['ISO-IR 100'],
    bytes: latin1('Zo\xe9'),
    text: 'Zoé',
  },
  {
    row: '`ISO-IR 100`, `ISO_IR_100`, `iso_ir 100`',
    sets: ['ISO_IR_101 '],
    bytes: latin1('\xa3\xb6'),
    text: 'Łś',
  },
  { row: '`ISO-IR 100`, `ISO_IR_100`, `iso_ir 100`', sets: ['iso_ir 126'], bytes: latin1('\xc4'), text: 'Δ' },
  {
    row: 'a term with something behind it',
    sets: ['ISO_IR 144 CYRILLIC'],
    bytes: latin1('\xbb\xee\xda'),
    text: 'Люк',
  },
  { row: 'a term with something behind it', sets: ['ISO_IR 192\0\0'], bytes: Buffer.from('王'), text: '王' },
  { row: '`UTF-8`, `UTF8`', sets: ['UTF8'], bytes: Buffer.from('王'), text: '王' },
  { row: 'nothing, or a term that nobody knows', sets: [], bytes: Buffer.from('Zoé^Ł'), text: 'Zoé^Ł' },
  {
    row: 'nothing, or a term that nobody knows',
    sets: ['ISO_IR 999'],
    bytes: latin1('J\xe9r\xf4me'),
    text: 'Jérôme',
  },
  {
    row: 'nothing, or a term that nobody knows',
    sets: ['ISO_IR 6'],
    bytes: latin1('\x8aimek'),
    text: 'Šimek',
  },
  {
    row: 'nothing, Shift-JIS',
    sets: [],
    bytes: latin1('\x8e\x52\x93\x63^\x91\xbe\x98\x59'),
    text: '山田^太郎',
  },
  { row: 'nothing, Shift-JIS', sets: [], bytes: latin1('\x82\xe2\x82\xdc\x82\xbe'), text: 'やまだ' },
  { row: 'nothing, cp1251', sets: [], bytes: latin1('\xc8\xe2\xe0\xed\xee\xe2\xe0'), text: 'Èâàíîâà' },
  { row: '`ISO_IR 100`, UTF-8', sets: ['ISO_IR 100'], bytes: Buffer.from('José^王'), text: 'José^王' },
  {
    row: '`ISO_IR 100`, Shift-JIS',
    sets: ['ISO_IR 100'],
    bytes: latin1('\x93\xaa\x95\x94MRI'),
    text: '頭部MRI',
  },
  {
    row: '`ISO_IR 13`, Shift-JIS',
    sets: ['ISO_IR 13'],
    bytes: latin1('\x8e\x52\x93\x63^\xc0\xdb\xb3'),
    text: '山田^ﾀﾛｳ',
  },
  { row: '`ISO_IR 13`, Shift-JIS', sets: ['SHIFT_JIS'], bytes: latin1('\x8e\x52\x93\x63'), text: '山田' },
  { row: '`ISO_IR 13`, Shift-JIS', sets: ['Shift-JIS'], bytes: latin1('\xd4\xcf\xc0\xde'), text: 'ﾔﾏﾀﾞ' },
  {
    row: '`ISO_IR 13`, Shift-JIS',
    sets: ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
    bytes: latin1('\x8e\x52\x93\x63'),
    text: '山田',
  },
  { row: '`ISO_IR 13`, UTF-8', sets: ['ISO_IR 13'], bytes: Buffer.from('山田^太郎'), text: '山田^太郎' },
  {
    row: '`\\ISO 2022 IR 87`, Shift-JIS',
    sets: ['', 'ISO 2022 IR 87'],
    bytes: latin1('\x8e\x52\x93\x63'),
    text: '山田',
  },
  {
    row: '`ISO_IR 144`, cp1251',
    sets: ['ISO_IR 144'],
    bytes: latin1('\xc8\xe2\xe0\xed\xee\xe2\xe0^\xcc\xe0\xf0\xe8\xff'),
    text: 'Иванова^Мария',
  },
  {
    row: '`ISO_IR 144`, cp1251',
    sets: ['ISO_IR 144'],
    bytes: latin1('\xc8\xc2\xc0\xcd\xce\xc2^\xcf\xc5\xd2\xd0'),
    text: 'ИВАНОВ^ПЕТР',
  },
  { row: '`GB18030`, `GBK`, UTF-8', sets: ['GB18030'], bytes: Buffer.from('王^小东'), text: '王^小东' },
  { row: '`GBK`, GB18030', sets: ['GBK'], bytes: latin1('\x90\x30\x81\x30'), text: '𐀀' },
  { row: '`GBK`, GB18030', sets: ['GB18030'], bytes: latin1('\x81\x40'), text: '丂' },
  {
    row: '`\\ISO 2022 IR 149`, `\\ISO 2022 IR 58`, the escape sequence forgotten',
    sets: ['', 'ISO 2022 IR 149'],
    bytes: latin1('Hong^Gildong=\xfb\xf3^\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\xb1\xe6\xb5\xbf'),
    text: 'Hong^Gildong=洪^吉洞=홍^길동',
  },
  {
    row: '`\\ISO 2022 IR 149`, `\\ISO 2022 IR 58`, the escape sequence forgotten',
    sets: ['', 'ISO 2022 IR 58'],
    bytes: latin1('Zhang=\xd5\xc5^\xd0\xa1\xb6\xab'),
    text: 'Zhang=张^小东',
  },
  {
    row: 'code extensions, the way back forgotten before a delimiter',
    sets: ['', 'ISO 2022 IR 87'],
    bytes: latin1('\x1b$B;3ED^\x1b$BB@O:'),
    text: '山田^太郎',
  },
  {
    row: 'code extensions, the way back forgotten before a delimiter',
    sets: ['', 'ISO 2022 IR 87'],
    vr: 'LT',
    bytes: latin1('\x1b$B;3ED\r\nabc'),
    text: '山田\r\nabc',
  },
  {
    row: 'an escape sequence that was not declared',
    sets: ['ISO_IR 100'],
    bytes: latin1('\x1b$B;3ED\x1b(B'),
    text: '山田',
  },
  {
    row: 'an escape sequence that was not declared',
    sets: [],
    bytes: latin1('\x1b-L\xbb\xee\xda'),
    text: 'Люк',
  },
  {
    row: 'an escape sequence of ISO-2022-JP, -KR or -CN',
    sets: ['', 'ISO 2022 IR 87'],
    bytes: latin1('\x1b$@;3ED\x1b(J'),
    text: '山田',
  },
  {
    row: 'an escape sequence of ISO-2022-JP, -KR or -CN',
    sets: ['', 'ISO 2022 IR 13'],
    bytes: latin1('\x1b(ITOM\x1b(B'),
    text: 'ﾔﾏﾍ',
  },
  {
    row: 'an escape sequence of ISO-2022-JP, -KR or -CN',
    sets: [],
    bytes: latin1('\x1b$(C{s\x1b(B'),
    text: '洪',
  },
  { row: 'an escape sequence that nobody knows', sets: [], bytes: latin1('a\x1b%Gb'), text: 'a\x1b%Gb' },
  { row: '`ISO_IR 192`, not valid', sets: ['ISO_IR 192'], bytes: latin1('Br\xffken'), text: 'Br\ufffdken' },
  {
    row: 'several sets that exclude each other',
    sets: ['ISO_IR 192', 'ISO 2022 IR 87'],
    bytes: Buffer.from('王'),
    text: '王',
  },
  {
    row: 'several sets that exclude each other',
    sets: ['ISO_IR 100', 'ISO_IR 144'],
    bytes: latin1('\xe9\x1b-L\xbb'),
    text: 'éЛ',
  },
];

describe('Malformed and undeclared character sets', () => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/characters.md'), 'utf8');

  for (const { row, sets, vr = 'PN', bytes, text } of ROWS) {
    it(`${row}: ${text.replaceAll('\x1b', 'ESC')}, declared ${sets.join('\\') || 'nothing'}`, () => {
      expect(decodeText(bytes, vr, sets)).to.equal(text);
    });
  }

  it('have a row of the table in docs/characters.md each', () => {
    const documented = [...document.matchAll(/^\| (.+?) +\|/gm)].map(([, first]) => first);

    expect(ROWS.map(({ row }) => row).filter((row) => !documented.includes(row))).to.deep.equal([]);
  });

  it('leave Western names Latin-1, though many are valid Shift-JIS', () => {
    const names = [
      'Gérard',
      'Müller',
      'Édén',
      'Ångström',
      'D’Été',
      'L’Œuvre',
      'Žižek',
      'Šimek^Žofie',
      'ÀÉÈÙÖÜ',
      'Þórður',
    ];
    for (const name of names) {
      const bytes = Buffer.from(
        Array.from(
          name,
          (letter) => ({ '’': 0x92, Œ: 0x8c, Ž: 0x8e, ž: 0x9e, Š: 0x8a })[letter] ?? letter.charCodeAt(0),
        ),
      );
      for (const sets of [[], ['ISO_IR 100'], ['ISO 2022 IR 100', 'ISO 2022 IR 87']]) {
        expect(decodeText(bytes, 'PN', sets), `${name} in ${sets.join()}`).to.equal(name);
      }
    }
  });

  it('leave ISO 8859-5 what it was declared to be', () => {
    for (const name of [
      'Иванов^Пётр',
      'ИВАНОВА^МАРИЯ',
      'Шварц',
      'Ђорђевић^Љубица',
      'Люкceмбypг',
      'Хрущ',
      'Струхт',
    ]) {
      const bytes = encodeText(name, 'PN', ['ISO_IR 144']);
      expect(bytes && decodeText(bytes, 'PN', ['ISO_IR 144']), name).to.equal(name);
    }
  });

  it('are judged by all values of an element together, and split accordingly', () => {
    // 表 is 95 5C, 能 94 5C: a byte of theirs is a backslash.
    expect(decodeValues(latin1('\x95\x5c\\\x94\x5c\x97\xcd'), 'LO', [])).to.deep.equal(['表', '能力']);
    expect(decodeValues(Buffer.from('王\\小\\\\东'), 'LO', ['GB18030'])).to.deep.equal([
      '王',
      '小',
      '',
      '东',
    ]);
    expect(decodeValues(latin1('\x95\x5c\\a'), 'LT', ['ISO_IR 13'])).to.deep.equal(['表\\a']);
  });
});

describe('Code extensions at delimiters (PS3.5 §6.1.2.5.3)', () => {
  const SETS = [
    ['', 'ISO 2022 IR 87', 'ISO 2022 IR 159'],
    ['ISO 2022 IR 13', 'ISO 2022 IR 87'],
    ['', 'ISO 2022 IR 149', 'ISO 2022 IR 58'],
    ['ISO 2022 IR 100', 'ISO 2022 IR 126', 'ISO 2022 IR 87'],
    ['ISO 2022 IR 144', 'ISO 2022 IR 101'],
  ];
  const text = fc.string({ unit: fc.constantFrom(...'aZ^=\\ \n~éŒŁΔЖЩﾔ山田东한글丂表尺'), maxLength: 14 });

  it('leaves no escape sequence open: what lies between delimiters is read alone as together', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...SETS), fc.constantFrom('PN', 'LO', 'LT'), (some, sets, vr) => {
        const encoded = encodeText(some, vr, sets);
        if (encoded === undefined) return;
        const values = splitValues(encoded, vr, sets);
        const alone = values.flatMap((value) => (vr === 'PN' ? partsOfName(value) : [value]));

        const read = alone.map((bytes) => decodeText(bytes, vr, sets));

        const delimiter = vr === 'PN' ? /[\\^=]/ : vr === 'LO' ? /\\/ : /(?!)/;
        expect(read).to.deep.equal(some.split(delimiter));
      }),
      { numRuns: 3000 },
    );
  });

  /** Cuts at `^` and `=` that no set of two bytes is active at. */
  function partsOfName(value: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    let start = 0;
    let isTwoByte = false;
    for (let at = 0; at < value.length; at++) {
      if (value[at] === 0x1b) {
        const sequence = value.toString('latin1', at + 1, at + 3);
        if (sequence[0] === '(') isTwoByte = false;
        else if (sequence === '$B' || sequence === '$(') isTwoByte = true;
        at += value[at + 1] === 0x24 && /[()]/.test(sequence[1] ?? '') ? 3 : 2;
      } else if (!isTwoByte && (value[at] === 0x5e || value[at] === 0x3d)) {
        parts.push(value.subarray(start, at));
        start = at + 1;
      }
    }
    return [...parts, value.subarray(start)];
  }

  it('decoding never throws, and splitting loses no byte but the backslashes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      fc.array(
        fc.constantFrom(0x1b, 0x24, 0x28, 0x29, 0x2d, 0x42, 0x43, 0x44, 0x49, 0x5c, 0x5e, 0x8f, 0x95, 0xa1),
        {
          maxLength: 24,
        },
      ),
    );
    const sets = fc.constantFrom(
      ...SETS,
      [],
      ['ISO_IR 13'],
      ['ISO_IR 144'],
      ['GB18030'],
      ['ISO_IR 192'],
      ['?'],
    );

    fc.assert(
      fc.property(bytes, sets, fc.constantFrom('PN', 'LO', 'LT', 'UC'), (some, set, vr) => {
        const value = Buffer.from(some);
        const parts = splitValues(value, vr, set);

        expect(Buffer.concat(parts).length + parts.length - 1).to.equal(value.length);
        expect(decodeValues(value, vr, set)).to.have.length(parts.length);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('Where Specific Character Set reaches (PS3.3 §C.12.1.1.2, PS3.5 §6.1.2.3)', () => {
  const SETS = ['ISO_IR 144'];

  it('text of SH LO ST LT UC UT PN, and no other VR', () => {
    const bytes = latin1('\xbb\xee\xda');

    for (const vr of ['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN']) {
      expect(decodeText(bytes, vr, SETS), vr).to.equal('Люк');
      expect(encodeText('Люк', vr, SETS), vr).to.deep.equal(bytes);
    }
    for (const vr of ['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'TM', 'UI', 'UR']) {
      expect(decodeText(bytes, vr, SETS), vr).to.equal('»îÚ');
      expect(encodeText('Люк', vr, SETS), vr).to.equal(undefined);
    }
  });

  it('private elements as the others', () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.SpecificCharacterSet, SETS);
    dataSet.set({ tag: 0x00111001, vr: 'LO', bytes: latin1('\xbb\xee\xda') });

    expect(dataSet.text(0x00111001)).to.equal('Люк');
  });

  it('items without one of their own take that of the data set around them, at any depth; others have their own', () => {
    const inner = new DataSet();
    inner.set({ tag: tags.CodeMeaning, vr: 'LO', bytes: latin1('\xbb\xee\xda') });
    const own = new DataSet();
    own.setText(tags.SpecificCharacterSet, ['ISO_IR 100']);
    own.set({ tag: tags.CodeMeaning, vr: 'LO', bytes: latin1('\xe9') });
    const deep = new DataSet();
    deep.set({ tag: tags.CodeMeaning, vr: 'LO', bytes: latin1('\xe8') });
    own.setItems(tags.EquivalentCodeSequence, [deep]);
    const dataSet = new DataSet();
    dataSet.setText(tags.SpecificCharacterSet, SETS);
    dataSet.setItems(tags.ProcedureCodeSequence, [inner, own]);

    const decoded = DataSet.decode(dataSet.encode(explicitVrLittleEndian), explicitVrLittleEndian);

    const [first, second] = decoded.items(tags.ProcedureCodeSequence);
    expect(first?.text(tags.CodeMeaning)).to.equal('Люк');
    expect(second?.text(tags.CodeMeaning)).to.equal('é');
    expect(second?.items(tags.EquivalentCodeSequence)[0]?.text(tags.CodeMeaning)).to.equal('è');
  });

  it('an answer whose items had different sets is in one that has them all', () => {
    const own = new DataSet();
    own.setText(tags.SpecificCharacterSet, ['ISO_IR 100']);
    own.setText(tags.CodeMeaning, 'é');
    const dataSet = new DataSet();
    dataSet.setText(tags.SpecificCharacterSet, SETS);
    dataSet.setText(tags.PatientName, 'Люк');
    dataSet.setItems(tags.ProcedureCodeSequence, [own]);

    const answer = fromJson(toJson(dataSet), SETS);

    expect(answer.texts(tags.SpecificCharacterSet)).to.deep.equal(['ISO_IR 192']);
    expect(answer.text(tags.PatientName)).to.equal('Люк');
    const [item] = answer.items(tags.ProcedureCodeSequence);
    expect(item?.has(tags.SpecificCharacterSet)).to.equal(false);
    expect(item?.text(tags.CodeMeaning)).to.equal('é');
  });
});
