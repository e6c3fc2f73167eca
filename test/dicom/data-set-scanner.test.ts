import { expect } from 'chai';
import fc from 'fast-check';
import { DataSet } from '../../src/dicom/data-set.ts';
import { DataSetScanner, type ScanSyntax } from '../../src/dicom/data-set-scanner.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { toJson } from '../../src/dicom/json.ts';
import { scanLimits } from '../../src/dicom/limits.ts';
import { transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { Problem } from '../../src/lib/problem.ts';
import { corpus } from '../helpers/corpus.ts';

const IMPLICIT: ScanSyntax = { encoding: 'implicit', bigEndian: false };
const EXPLICIT: ScanSyntax = { encoding: 'explicit', bigEndian: false };
const BIG_ENDIAN: ScanSyntax = { encoding: 'explicit', bigEndian: true };
const SYNTAXES: readonly [string, ScanSyntax][] = [
  ['Implicit VR Little Endian', IMPLICIT],
  ['Explicit VR Little Endian', EXPLICIT],
  ['Explicit VR Big Endian', BIG_ENDIAN],
];

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
const tagOf = (text: string) => Number.parseInt(text, 16);

/** An element as it shall be written: a value, items, or fragments. */
interface Node {
  tag: number;
  vr: string;
  value?: Buffer;
  items?: Node[][];
  fragments?: Buffer[];
  /** Sequence or items end with a delimiter. */
  isUndefined?: boolean;
}

const LONG = ['OB', 'OW', 'OF', 'OD', 'OL', 'OV', 'SQ', 'UC', 'UR', 'UT', 'UN', 'SV', 'UV'];
const UNDEFINED_LENGTH = 0xffffffff;

/** Writes nodes by PS3.5 §7.1 and §7.5, independently of the product's encoder. */
function encode(nodes: readonly Node[], syntax: ScanSyntax): Buffer {
  return Buffer.concat(nodes.map((node) => encodeNode(node, syntax)));
}

function encodeNode(node: Node, syntax: ScanSyntax): Buffer {
  const inside = node.vr === 'UN' ? IMPLICIT : syntax;
  if (node.fragments !== undefined) {
    const items = node.fragments.map((bytes) =>
      Buffer.concat([delimiter(0xe000, bytes.length, syntax), bytes]),
    );
    return Buffer.concat([head(node, UNDEFINED_LENGTH, syntax), ...items, delimiter(0xe0dd, 0, syntax)]);
  }
  if (node.items === undefined) {
    const value = node.value ?? Buffer.alloc(0);
    return Buffer.concat([head(node, value.length, syntax), value]);
  }
  const items = node.items.map((item) => {
    const bytes = encode(item, inside);
    return node.isUndefined
      ? Buffer.concat([delimiter(0xe000, UNDEFINED_LENGTH, inside), bytes, delimiter(0xe00d, 0, inside)])
      : Buffer.concat([delimiter(0xe000, bytes.length, inside), bytes]);
  });
  const content = Buffer.concat(items);
  return node.isUndefined
    ? Buffer.concat([head(node, UNDEFINED_LENGTH, syntax), content, delimiter(0xe0dd, 0, inside)])
    : Buffer.concat([head(node, content.length, syntax), content]);
}

function head({ tag, vr }: Node, length: number, { encoding, bigEndian }: ScanSyntax): Buffer {
  const isLong = encoding === 'explicit' && LONG.includes(vr);
  const bytes = Buffer.alloc(isLong ? 12 : 8);
  writeTag(bytes, tag >>> 16, tag & 0xffff, bigEndian);
  if (encoding === 'implicit') bytes.writeUInt32LE(length, 4);
  else {
    bytes.write(vr, 4, 'latin1');
    if (isLong) bigEndian ? bytes.writeUInt32BE(length, 8) : bytes.writeUInt32LE(length, 8);
    else bigEndian ? bytes.writeUInt16BE(length, 6) : bytes.writeUInt16LE(length, 6);
  }
  return bytes;
}

function delimiter(element: number, length: number, { bigEndian }: ScanSyntax): Buffer {
  const bytes = Buffer.alloc(8);
  writeTag(bytes, 0xfffe, element, bigEndian);
  if (bigEndian) bytes.writeUInt32BE(length, 4);
  else bytes.writeUInt32LE(length, 4);
  return bytes;
}

function writeTag(bytes: Buffer, group: number, element: number, bigEndian: boolean): void {
  if (bigEndian) {
    bytes.writeUInt16BE(group, 0);
    bytes.writeUInt16BE(element, 2);
  } else {
    bytes.writeUInt16LE(group, 0);
    bytes.writeUInt16LE(element, 2);
  }
}

interface Scanned {
  verdict: string;
  kept: Record<string, string>;
  dropped: number[];
  bulk: unknown;
}

/** All that a scanner has to say of these pieces. A piece is overwritten as soon as it was taken. */
function scan(pieces: readonly Buffer[], syntax: ScanSyntax, keptTags: Iterable<number> = []): Scanned {
  const scanner = new DataSetScanner(syntax, new Set(keptTags));
  let verdict = 'whole';
  try {
    for (const piece of pieces) {
      const chunk = Buffer.from(piece);
      scanner.write(chunk);
      chunk.fill(0xee);
    }
    scanner.end();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'unreadable-data-set') throw error;
    verdict = error.message;
  }
  const kept = Object.fromEntries(
    [...scanner.kept].map(([tag, { bytes }]) => [tag.toString(16), bytes.toString('hex')]),
  );
  return { verdict, kept, dropped: [...scanner.dropped], bulk: scanner.bulk };
}

const verdictOf = (text: string, syntax = EXPLICIT) => scan([hex(text)], syntax).verdict;

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

const KEPT = [
  tags.SpecificCharacterSet,
  tags.ReferencedStudySequence,
  tags.PatientName,
  tags.StudyInstanceUID,
  0x00091010,
];

/** A data set with everything that PS3.5 §7 knows. */
const EXAMPLE: readonly Node[] = [
  { tag: tags.SpecificCharacterSet, vr: 'CS', value: Buffer.from('ISO_IR 100') },
  {
    tag: tags.ReferencedStudySequence,
    vr: 'SQ',
    isUndefined: true,
    items: [
      [
        { tag: tags.ReferencedSOPClassUID, vr: 'UI', value: Buffer.from('1.2\0') },
        {
          tag: tags.PurposeOfReferenceCodeSequence,
          vr: 'SQ',
          items: [[{ tag: tags.CodeValue, vr: 'SH', value: Buffer.from('AB') }], []],
        },
      ],
      [],
    ],
  },
  {
    tag: 0x00091010,
    vr: 'UN',
    isUndefined: true,
    items: [[{ tag: tags.PatientName, vr: 'PN', value: Buffer.from('in UN!') }]],
  },
  { tag: tags.PatientName, vr: 'PN', value: Buffer.from('Doe^John') },
  { tag: tags.PatientID, vr: 'LO' },
  { tag: tags.StudyInstanceUID, vr: 'UI', value: Buffer.from('1.2.3\0') },
  {
    tag: tags.IconImageSequence,
    vr: 'SQ',
    items: [[{ tag: tags.PixelData, vr: 'OB', value: Buffer.alloc(5) }]],
  },
  { tag: tags.RedPaletteColorLookupTableData, vr: 'OW', value: Buffer.alloc(300) },
];

describe('DataSetScanner (PS3.5 §7)', () => {
  for (const [name, syntax] of SYNTAXES) {
    describe(name, () => {
      const nodes = [...EXAMPLE, { tag: tags.PixelData, vr: 'OW', value: Buffer.alloc(64, 1) }];
      const bytes = encode(nodes, syntax);
      const whole = scan([bytes], syntax, KEPT);

      it('keeps the elements asked for as they stand, with all that is in them', () => {
        const expected = nodes
          .filter(({ tag }) => KEPT.includes(tag))
          .map((node) => [node.tag.toString(16), encodeNode(node, syntax).toString('hex')]);

        expect(whole.verdict).to.equal('whole');
        expect(whole.kept).to.deep.equal(Object.fromEntries(expected));
        expect(whole.dropped).to.deep.equal([]);
      });

      it('says where Pixel Data lie, those of the top level alone', () => {
        const valuePosition = bytes.length - 64;
        const headBytes = syntax.encoding === 'explicit' ? 12 : 8;

        expect(whole.bulk).to.deep.equal({
          tag: tags.PixelData,
          vr: 'OW',
          position: valuePosition - headBytes,
          valuePosition,
          length: 64,
        });
      });

      it('says the same of it cut at every byte, and byte by byte', () => {
        for (let cut = 0; cut <= bytes.length; cut++) {
          expect(scan(cutAt(bytes, [cut]), syntax, KEPT), `cut at ${cut}`).to.deep.equal(whole);
        }
        expect(
          scan(
            Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
            syntax,
            KEPT,
          ),
        ).to.deep.equal(whole);
      });

      it('refuses it when it ends at any byte that ends no element of the top level', () => {
        const ends = new Set(nodes.map((_, index) => encode(nodes.slice(0, index + 1), syntax).length));
        for (let length = 0; length < bytes.length; length++) {
          const { verdict } = scan([bytes.subarray(0, length)], syntax, KEPT);
          if (ends.has(length)) expect(verdict, `${length} bytes`).to.equal('whole');
          else expect(verdict, `${length} bytes`).to.match(/^the data set (ends too early|is empty)/);
        }
      });

      it('takes fragments of encapsulated Pixel Data (PS3.5 §A.4), cut at every byte', () => {
        const fragments = [Buffer.alloc(0), Buffer.alloc(10, 2), Buffer.alloc(3, 3)];
        const encapsulated = encode([...EXAMPLE, { tag: tags.PixelData, vr: 'OB', fragments }], syntax);
        const expected = scan([encapsulated], syntax, KEPT);

        expect(expected.verdict).to.equal('whole');
        expect(expected.bulk).to.include({ length: undefined });
        for (let cut = 0; cut <= encapsulated.length; cut++) {
          expect(scan(cutAt(encapsulated, [cut]), syntax, KEPT), `cut at ${cut}`).to.deep.equal(expected);
        }
        expect(scan([encapsulated.subarray(0, -8)], syntax).verdict).to.match(/^the data set ends too early/);
      });

      it('says the same of tampered bytes however they are cut, and throws nothing but a Problem', () => {
        const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }));
        fc.assert(
          fc.property(
            fc.array(change, { minLength: 1, maxLength: 3 }),
            fc.array(fc.nat(bytes.length)),
            (changes, cuts) => {
              const tampered = Buffer.from(bytes);
              for (const [at, value] of changes) tampered[at] = value;

              expect(scan(cutAt(tampered, cuts), syntax, KEPT)).to.deep.equal(scan([tampered], syntax, KEPT));
            },
          ),
          { numRuns: 500 },
        );
      });
    });
  }

  it('keeps what the encoder wrote of any data set, in every encoding, length and cut', () => {
    const value = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    const tag = fc.constantFrom(
      tags.PatientName,
      tags.PatientID,
      tags.StudyInstanceUID,
      tags.Rows,
      0x00091001,
      tags.StudyDate,
    );
    const { nodes } = fc.letrec<{ nodes: Node[]; node: Node }>((tie) => ({
      nodes: fc.array(tie('node'), { maxLength: 4, depthIdentifier: 'nested' }),
      node: fc.oneof(
        { depthIdentifier: 'nested', maxDepth: 4 },
        fc
          .record({ tag, vr: fc.constantFrom('LO', 'UI', 'UT', 'OB', 'UN', 'ZZ'), value })
          .map((node) => (node.vr === 'ZZ' ? { ...node, vr: 'UC' } : node)),
        fc.record({
          tag: fc.constantFrom(tags.ReferencedStudySequence, tags.OtherPatientIDsSequence),
          vr: fc.constant('SQ'),
          isUndefined: fc.boolean(),
          items: fc.array(tie('nodes'), { maxLength: 3, depthIdentifier: 'nested' }),
        }),
        fc.record({
          tag: fc.constant(0x00091010),
          vr: fc.constant('UN'),
          isUndefined: fc.constant(true),
          items: fc.array(tie('nodes'), { maxLength: 2 }),
        }),
      ),
    }));
    const all = [
      tags.PatientName,
      tags.PatientID,
      tags.StudyInstanceUID,
      tags.Rows,
      tags.StudyDate,
      0x00091001,
      0x00091010,
    ];
    const kept = [...all, tags.ReferencedStudySequence, tags.OtherPatientIDsSequence];
    fc.assert(
      fc.property(
        nodes,
        fc.constantFrom(IMPLICIT, EXPLICIT, BIG_ENDIAN),
        fc.array(fc.nat(2000), { maxLength: 10 }),
        (tree, syntax, cuts) => {
          const bytes = encode(tree, syntax);
          fc.pre(bytes.length > 0);
          const scanned = scan(
            cutAt(
              bytes,
              cuts.filter((cut) => cut < bytes.length),
            ),
            syntax,
            kept,
          );

          const firstOfTag = new Map(
            tree
              .toReversed()
              .map((node) => [node.tag.toString(16), encodeNode(node, syntax).toString('hex')]),
          );
          expect(scanned.verdict).to.equal('whole');
          expect(scanned.kept).to.deep.equal(Object.fromEntries(firstOfTag));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes all that DataSet.encode makes, and sees the same in it', () => {
    const text = fc.stringMatching(/^[A-Za-z0-9^ ]{0,20}$/);
    fc.assert(
      fc.property(
        text,
        text,
        fc.integer({ min: 0, max: 65_535 }),
        fc.constantFrom(IMPLICIT, EXPLICIT, BIG_ENDIAN),
        (name, id, rows, syntax) => {
          const dataSet = new DataSet();
          dataSet.setText(tags.PatientName, name);
          dataSet.setText(tags.PatientID, id);
          dataSet.setNumbers(tags.Rows, [rows]);
          const item = new DataSet();
          item.setText(tags.PatientID, id);
          dataSet.setItems(tags.OtherPatientIDsSequence, [item, new DataSet()]);
          const scanner = new DataSetScanner(syntax, new Set(dataSet.tagsInOrder()));
          scanner.write(dataSet.encode(syntax));
          scanner.end();

          const bytes = Buffer.concat(Array.from(scanner.kept.values(), (element) => element.bytes));
          expect(toJson(DataSet.decode(bytes, syntax))).to.deep.equal(toJson(dataSet));
        },
      ),
    );
  });

  it('throws nothing but a Problem on any bytes, the same however they are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.constantFrom(IMPLICIT, EXPLICIT, BIG_ENDIAN),
        fc.array(fc.nat(200)),
        (array, syntax, cuts) => {
          const bytes = Buffer.from(array);
          const cut = cutAt(
            bytes,
            cuts.filter((place) => place < bytes.length),
          );

          expect(scan(cut, syntax, KEPT)).to.deep.equal(scan([bytes], syntax, KEPT));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('says where a kept value begins', () => {
    const scanner = new DataSetScanner(EXPLICIT, new Set([tags.PatientName, tags.PatientComments]));
    scanner.write(hex('10001000 504e 0400 41424344  10000040 5554 0000 04000000 45464748'));

    const values = [tags.PatientName]
      .map((tag) => scanner.kept.get(tag))
      .map((one) => one?.bytes.subarray(one.valueOffset).toString());

    expect(values).to.deep.equal(['ABCD']);
    expect(scanner.position).to.equal(28);
  });
});

describe('DataSetScanner, what modalities write', () => {
  it('takes elements out of order, values of odd length, and delimiters outside of any sequence', () => {
    expect(verdictOf('20000d00 5549 0300 312e32  10001000 504e 0200 4142')).to.equal('whole');
    expect(
      verdictOf('10001000 504e 0200 4142 feffdde0 00000000 feff0de0 00000000 28001000 5553 0200 0002'),
    ).to.equal('whole');
  });

  it('takes a VR of letters that it does not know as a long one, and no letters as an implicit element', () => {
    const { verdict, kept } = scan(
      [hex('08005200 5a5a 0000 02000000 4142  10001000 04000000 4f4e2020')],
      EXPLICIT,
      [tags.PatientName],
    );

    expect(verdict).to.equal('whole');
    expect(kept).to.deep.equal({ '100010': '10001000040000004f4e2020' });
  });

  it('takes zeros after the last element, as many as empty elements have', () => {
    for (let zeros = 0; zeros < 80; zeros += 8) {
      const explicit = Buffer.concat([hex('10001000 504e 0200 4142'), Buffer.alloc(zeros)]);
      const implicit = Buffer.concat([hex('10001000 02000000 4142'), Buffer.alloc(zeros)]);

      expect(scan([explicit], EXPLICIT).verdict, `${zeros} zeros`).to.equal('whole');
      expect(scan([implicit], IMPLICIT).verdict, `${zeros} zeros`).to.equal('whole');
    }
  });

  it('takes an item delimiter within the defined length of its item, and a sequence delimiter behind a sequence of defined length', () => {
    expect(verdictOf('08001111 5351 0000 10000000 feff00e0 08000000 feff0de0 00000000')).to.equal('whole');
    expect(verdictOf('08001111 5351 0000 08000000 feff00e0 00000000 feffdde0 00000000')).to.equal('whole');
  });

  it('keeps the first of an element that stands twice, and says so where the values differ', () => {
    const same = scan([hex('10001000 504e 0200 4142 10001000 504e 0200 4142')], EXPLICIT, [tags.PatientName]);
    const other = scan([hex('10001000 504e 0200 4142 10001000 504e 0200 4143')], EXPLICIT, [
      tags.PatientName,
    ]);

    expect(same).to.deep.include({ verdict: 'whole', dropped: [] });
    expect(other).to.deep.include({ verdict: 'whole', dropped: [tags.PatientName] });
    expect(other.kept).to.deep.equal(same.kept);
  });

  it('keeps nothing out of a sequence in the place of a top-level element', () => {
    const { kept } = scan(
      [hex('08001111 5351 0000 12000000 feff00e0 0a000000 10001000 504e 0200 4142')],
      EXPLICIT,
      [tags.PatientName],
    );

    expect(kept).to.deep.equal({});
  });
});

describe('DataSetScanner, hostile data sets', () => {
  it('refuses lengths beyond what holds the element, with tag and offset', () => {
    expect(verdictOf('08001111 5351 0000 12000000 feff00e0 0a000000 10001000 504e 0400 41424344')).to.match(
      /^\(0010,0010\) at 28 is longer than what holds it$/,
    );
    expect(verdictOf('08001111 5351 0000 08000000 feff00e0 09000000 00')).to.match(
      /^item at 20 is longer than its sequence$/,
    );
    expect(
      verdictOf(
        '08001111 5351 0000 14000000 feff00e0 ffffffff 10001000 504e 0400 41424344 feff0de0 00000000',
      ),
    ).to.match(/longer than what holds it/);
  });

  it('waits for no more bytes than a length announces, and refuses at the end', () => {
    expect(verdictOf('e07f1000 4f57 0000 feffffff 0000')).to.match(
      /^the data set ends too early, inside an element at 14$/,
    );
    expect(verdictOf('08001111 5351 0000 ffffffff')).to.match(
      /^the data set ends too early, inside a sequence at 12$/,
    );
    expect(verdictOf('08001111 5351 0000 ffffffff feff00e0 ffffffff')).to.match(
      /^the data set ends too early, inside a item at 20$/,
    );
  });

  it('refuses items, delimiters and elements that have no place there', () => {
    expect(verdictOf('feff00e0 00000000')).to.match(/^item outside of a sequence/);
    expect(verdictOf('08001111 5351 0000 ffffffff feff0de0 00000000')).to.match(
      /^\(FFFE,E00D\) at 20 ends nothing$/,
    );
    expect(verdictOf('08001111 5351 0000 ffffffff feff00e0 ffffffff feffdde0 00000000')).to.match(
      /^\(FFFE,E0DD\) at 28 ends nothing$/,
    );
    expect(verdictOf('08001111 5351 0000 ffffffff feffdde0 04000000')).to.match(/^delimiter with a length/);
    expect(verdictOf('08001111 5351 0000 ffffffff 10001000 504e 0200 4142')).to.match(
      /^\(0010,0010\) at 12 where an item is due$/,
    );
    expect(verdictOf('08001111 5351 0000 10000000 feffdde0 00000000 feff00e0 00000000')).to.match(
      /inside a defined length$/,
    );
    expect(verdictOf('e07f1000 4f42 0000 ffffffff feff00e0 ffffffff')).to.match(
      /^fragment of undefined length/,
    );
    expect(verdictOf('e07f1000 4f42 0000 ffffffff feff0de0 00000000')).to.match(/ends nothing$/);
  });

  it('bounds the depth of sequences, in constant time for each level', () => {
    const level = hex('08001111 5351 0000 ffffffff feff00e0 ffffffff');
    const bytes = Buffer.concat(Array.from({ length: 10_000 }, () => level));

    expect(scan([bytes], EXPLICIT).verdict).to.equal(
      `sequences nested more than ${scanLimits.depthMax / 2} deep`,
    );
    const legal = Buffer.concat(Array.from({ length: scanLimits.depthMax / 2 }, () => level));
    expect(scan([legal], EXPLICIT).verdict).to.match(/^the data set ends too early/);
  });

  it('drops values that are too large to keep, of defined and of undefined length', () => {
    const large = scanLimits.keptValueBytesMax + 2;
    const defined = encode([{ tag: tags.PatientComments, vr: 'UT', value: Buffer.alloc(large) }], EXPLICIT);
    const item = [{ tag: tags.PatientComments, vr: 'UT', value: Buffer.alloc(large) }];
    const sequence = encode(
      [{ tag: tags.ReferencedStudySequence, vr: 'SQ', isUndefined: true, items: [item] }],
      EXPLICIT,
    );
    const rest = encode([{ tag: tags.StudyInstanceUID, vr: 'UI', value: Buffer.from('1.2\0') }], EXPLICIT);
    const keptTags = [tags.PatientComments, tags.ReferencedStudySequence, tags.StudyInstanceUID];
    const bytes = Buffer.concat([sequence, defined, rest]);

    for (const pieces of [[bytes], cutAt(bytes, [10, 100, 65_000, 65_600, 70_000, 131_100])]) {
      const { verdict, kept, dropped } = scan(pieces, EXPLICIT, keptTags);

      expect(verdict).to.equal('whole');
      expect(Object.keys(kept)).to.deep.equal(['20000d']);
      expect(dropped).to.deep.equal([tags.ReferencedStudySequence, tags.PatientComments]);
    }
  });

  it('holds no more than its bound, however often an element is repeated', () => {
    const element = (filling: number) =>
      encode([{ tag: tags.PatientComments, vr: 'UT', value: Buffer.alloc(60_000, filling) }], EXPLICIT);
    const scanner = new DataSetScanner(EXPLICIT, new Set([tags.PatientComments, tags.PatientName]));
    for (let count = 0; count < 100; count++) scanner.write(element(count));
    const small = [hex('10001000 504e 0200 4142'), hex('10001000 504e 0200 4143')];
    for (let count = 0; count < 10_000; count++) scanner.write(small[count % 2] ?? Buffer.alloc(0));
    scanner.end();

    expect([...scanner.kept.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)).to.be.lessThan(
      70_000,
    );
    expect([...scanner.dropped]).to.have.members([tags.PatientComments, tags.PatientName]);
  });
});

describe('DataSetScanner on files of other implementations', () => {
  it('takes every data set that others take, and sees the same in its header as DataSet.decode', function () {
    this.timeout(60_000);
    if (corpus === undefined) this.skip();
    let compared = 0;
    for (const file of corpus) {
      const syntax = transferSyntaxOf(file.transferSyntax);
      if (syntax === undefined || syntax.deflated || file.expect !== 'store') continue;
      const bytes = file.dataSet();
      const scanner = new DataSetScanner(syntax, new Set(KEPT));
      for (let at = 0; at < bytes.length; at += 9973) scanner.write(bytes.subarray(at, at + 9973));
      expect(() => scanner.end(), file.path).not.to.throw();
      let decoded: DataSet;
      try {
        decoded = DataSet.decode(bytes.subarray(0, scanner.bulk?.position ?? bytes.length), syntax);
      } catch {
        continue; // what follows Pixel Data, or is encapsulated within a sequence
      }
      compared += 1;
      for (const tag of KEPT.filter((one) => !scanner.dropped.has(one))) {
        const element = scanner.kept.get(tag);
        const json = element === undefined ? {} : toJson(DataSet.decode(element.bytes, syntax));
        const expected = toJson(decoded)[tag.toString(16).padStart(8, '0').toUpperCase()];
        const values = [Object.values(json)[0], expected].map((one) =>
          tag === tags.PatientName ? one?.vr : one,
        );
        expect(values[0], `${file.path} ${tagOf(tag.toString(16))}`).to.deep.equal(values[1]);
      }
    }
    expect(compared).to.be.greaterThan(300);
  });
});
