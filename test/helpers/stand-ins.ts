import { deflateRawSync } from 'node:zlib';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tagOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { type TransferSyntax, transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { nameOfUid, transferSyntaxUids, uids } from '../../src/dicom/uids.ts';
import type { CorpusFile } from './corpus.ts';

export type StandIn = Omit<CorpusFile, 'sha256'>;

/** A number for each instance, so that UIDs are the same in every run. */
let count = 0;

/** Made-up instances of the kinds that the corpus has. */
export function standIns(): StandIn[] {
  count = 0;
  return [...inEveryTransferSyntax(), ...inCharacterSets(), ...odd(), ...sameUid(), ...broken()];
}

interface Recipe {
  path: string;
  transferSyntax?: string;
  /** Text by keyword, over the usual one; null leaves an element out. */
  with?: Record<string, string | null>;
  characterSet?: string;
  /** Put between the header and Pixel Data, in Explicit VR Little Endian. */
  insert?: Buffer;
  /** Made of the whole data set at last. */
  change?(dataSet: Buffer): Buffer;
  expect?: 'store' | 'reject';
  eitherOk?: boolean;
}

const PIXELS = Buffer.from(Array.from({ length: 16 * 16 * 2 }, (_, index) => (index * 7) & 0xff));

/** A small secondary capture, and what is told of it. */
export function makeInstance(recipe: Recipe): StandIn {
  count += 1;
  const uid = `2.25.424242.${count}`;
  const transferSyntax = recipe.transferSyntax ?? uids.ExplicitVRLittleEndian;
  const syntax = transferSyntaxOf(transferSyntax) ?? {
    ...explicit(),
    uid: transferSyntax,
  };
  const text: Record<string, string | null> = {
    SpecificCharacterSet: recipe.characterSet ?? null,
    SOPClassUID: uids.SecondaryCaptureImageStorage,
    SOPInstanceUID: `${uid}.3`,
    StudyDate: '20260102',
    StudyTime: '101112',
    AccessionNumber: `ACC${count}`,
    Modality: 'OT',
    PatientName: `Stand^In${count}`,
    PatientID: `ID-${count}`,
    StudyInstanceUID: `${uid}.1`,
    SeriesInstanceUID: `${uid}.2`,
    InstanceNumber: '1',
    ...recipe.with,
  };
  const bytes = Buffer.concat([headerOf(text, syntax), recipe.insert ?? Buffer.alloc(0), pixelData(syntax)]);
  const whole = syntax.deflated ? deflateRawSync(bytes) : bytes;
  const dataSet = recipe.change === undefined ? whole : recipe.change(whole);
  return {
    path: `stand-in ${recipe.path}`,
    expect: recipe.expect ?? 'store',
    eitherOk: recipe.eitherOk ?? false,
    why: recipe.path,
    sopClass: text['SOPClassUID'] || uids.SecondaryCaptureImageStorage,
    sopInstance: text['SOPInstanceUID'] || `${uid}.3`,
    transferSyntax,
    dataSet: () => dataSet,
    patientName: text['PatientName'] ?? undefined,
    patientId: text['PatientID'] ?? undefined,
    studyInstanceUid: text['StudyInstanceUID'] ?? undefined,
    seriesInstanceUid: text['SeriesInstanceUID'] ?? undefined,
    studyDate: text['StudyDate'] ?? undefined,
    modality: text['Modality'] ?? undefined,
  };
}

function headerOf(text: Record<string, string | null>, syntax: TransferSyntax): Buffer {
  const header = new DataSet();
  for (const [keyword, value] of Object.entries(text)) {
    const tag = tagOf(keyword);
    if (tag === undefined) throw new Error(`no keyword ${keyword}`);
    if (value === null) continue;
    if (!header.setText(tag, value)) throw new Error(`${keyword} does not fit its character set`);
  }
  header.setNumbers(tags.SamplesPerPixel, [1]);
  header.setText(tags.PhotometricInterpretation, 'MONOCHROME2');
  header.setNumbers(tags.Rows, [16]);
  header.setNumbers(tags.Columns, [16]);
  header.setNumbers(tags.BitsAllocated, [16]);
  header.setNumbers(tags.BitsStored, [16]);
  header.setNumbers(tags.HighBit, [15]);
  header.setNumbers(tags.PixelRepresentation, [0], 'US');
  return header.encode(syntax);
}

/** Native, or two fragments with an empty offset table before them — PS3.5 §A.4. */
function pixelData(syntax: TransferSyntax): Buffer {
  if (!syntax.encapsulated) {
    const dataSet = new DataSet();
    dataSet.set({ tag: tags.PixelData, vr: 'OW', bytes: PIXELS });
    return dataSet.encode(syntax);
  }
  const header = Buffer.from('e07f10004f420000ffffffff', 'hex');
  const fragments = [PIXELS.subarray(0, 200), PIXELS.subarray(200)].map((bytes) => item(bytes));
  return Buffer.concat([header, item(Buffer.alloc(0)), ...fragments, SEQUENCE_END]);
}

const SEQUENCE_END = Buffer.from('feffdde000000000', 'hex');
const ITEM_END = Buffer.from('feff0de000000000', 'hex');
const OPEN_ITEM = Buffer.from('feff00e0ffffffff', 'hex');

function item(bytes: Buffer): Buffer {
  const head = Buffer.from('feff00e000000000', 'hex');
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** One that no standard has yet: long by PS3.5 §6.2. */
const NEW_VR = 'XX';

/** An element in Explicit VR Little Endian with a length as told, true or not. */
function element(tag: number, vr: string, value: Buffer, length: number = value.length): Buffer {
  const isLong = ['OB', 'OW', 'SQ', 'UN', 'UT', NEW_VR].includes(vr);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (isLong) head.writeUInt32LE(length, 8);
  else head.writeUInt16LE(length, 6);
  return Buffer.concat([head, value]);
}

function inEveryTransferSyntax(): StandIn[] {
  const syntaxes = [...transferSyntaxUids].map((transferSyntax) =>
    makeInstance({ path: nameOfUid(transferSyntax), transferSyntax }),
  );
  return [...syntaxes, makeInstance({ path: 'private syntax', transferSyntax: '1.2.840.113619.5.99' })];
}

function inCharacterSets(): StandIn[] {
  const names: [characterSet: string, name: string][] = [
    ['ISO_IR 100', 'Müller^Änne'],
    ['ISO_IR 101', 'Wałęsa^Łucja'],
    ['ISO_IR 144', 'Чехов^Антон'],
    ['ISO_IR 126', 'Διονυσιος^Νικος'],
    ['ISO_IR 166', 'สมชาย^ดี'],
    ['ISO_IR 192', 'Wang^XiaoDong=王^小東'],
    ['GB18030', 'Wang^XiaoDong=王^小东'],
    ['\\ISO 2022 IR 87', 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
    ['ISO 2022 IR 13\\ISO 2022 IR 87', 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう'],
    ['\\ISO 2022 IR 149', 'Hong^Gildong=洪^吉洞=홍^길동'],
  ];
  return names.map(([characterSet, name]) =>
    makeInstance({
      path: `name in ${characterSet}`,
      characterSet,
      with: { PatientName: name },
    }),
  );
}

function odd(): StandIn[] {
  const openSequence = (inside: Buffer) =>
    element(0x00091010, 'SQ', Buffer.concat([OPEN_ITEM, inside, ITEM_END, SEQUENCE_END]), 0xffffffff);
  const creator = element(0x00090010, 'LO', Buffer.from('STAND-IN'));
  const nested = openSequence(openSequence(element(0x00091011, 'LO', Buffer.from('deep'))));
  const implicitInUn = element(
    0x00091012,
    'UN',
    Buffer.concat([
      OPEN_ITEM,
      Buffer.from('0900111004000000', 'hex'),
      Buffer.from('text'),
      ITEM_END,
      SEQUENCE_END,
    ]),
    0xffffffff,
  );
  return [
    makeInstance({
      path: 'private sequences of undefined length',
      insert: Buffer.concat([creator, nested]),
    }),
    makeInstance({ path: 'UN of undefined length', insert: Buffer.concat([creator, implicitInUn]) }),
    makeInstance({
      path: 'private element of a VR to come',
      insert: Buffer.concat([creator, element(0x00091013, NEW_VR, Buffer.from('0000'))]),
    }),
    makeInstance({ path: 'blanks for a VR', insert: element(0x00280120, '  ', Buffer.from([0, 1])) }),
    {
      ...makeInstance({
        path: 'Patient ID as UN',
        with: { PatientID: null },
        insert: element(0x00100020, 'UN', Buffer.from('UN-ID ')),
      }),
      patientId: 'UN-ID',
    },
    makeInstance({ path: 'no Patient ID', with: { PatientID: null } }),
    makeInstance({ path: 'no patient at all', with: { PatientID: null, PatientName: null } }),
    makeInstance({ path: 'dates that are none', with: { StudyDate: '2026-99-99', StudyTime: 'noon' } }),
    makeInstance({ path: 'UID of 70 characters', with: { StudyInstanceUID: `2.25.${'1'.repeat(65)}` } }),
    makeInstance({ path: 'private SOP class', with: { SOPClassUID: '1.2.840.113619.4.99' }, eitherOk: true }),
    makeInstance({ path: 'long name', with: { PatientName: 'X'.repeat(400) } }),
    makeInstance({
      path: 'zeros after the last element',
      change: (bytes) => Buffer.concat([bytes, Buffer.alloc(512)]),
      eitherOk: true,
    }),
  ];
}

function sameUid(): StandIn[] {
  const first = makeInstance({ path: 'first of a UID', with: { SOPInstanceUID: '2.25.7.3' } });
  const second = makeInstance({ path: 'second of a UID, other bytes', with: { SOPInstanceUID: '2.25.7.3' } });
  return [first, { ...first, path: `${first.path} again` }, second];
}

function broken(): StandIn[] {
  const reject = (path: string, recipe: Partial<Recipe>) =>
    makeInstance({ path, expect: 'reject', ...recipe });
  const cuts = [0, 3, 7, 20, 111, 300].map((at) =>
    reject(`cut at byte ${at}`, { change: (bytes) => bytes.subarray(0, at) }),
  );
  const missing = ['SOPClassUID', 'SOPInstanceUID', 'StudyInstanceUID', 'SeriesInstanceUID'].flatMap(
    (keyword) => [
      reject(`no ${keyword}`, { with: { [keyword]: null } }),
      reject(`empty ${keyword}`, { with: { [keyword]: '' } }),
    ],
  );
  const traversal = reject('path in a UID', { with: { StudyInstanceUID: '../../../../tmp/x' } });
  return [
    ...cuts,
    ...missing,
    traversal,
    reject('cut in Pixel Data', { change: (bytes) => bytes.subarray(0, -100) }),
    reject('UN of 2 GB', { insert: element(0x00091010, 'UN', Buffer.alloc(4), 0x7fffffff) }),
    reject('SQ of 4 GB', { insert: element(0x00091010, 'SQ', Buffer.alloc(4), 0xfffffffe) }),
    reject('sequence without end', { insert: element(0x00091010, 'SQ', OPEN_ITEM, 0xffffffff) }),
    reject('item longer than its sequence', {
      insert: element(0x00091010, 'SQ', Buffer.from('feff00e0ffffff00', 'hex'), 8),
    }),
    reject('50000 sequences in each other', {
      insert: Buffer.concat(
        Array.from({ length: 50_000 }, () =>
          Buffer.concat([element(0x00091010, 'SQ', OPEN_ITEM, 0xffffffff)]),
        ),
      ),
    }),
    reject('no deflate stream', {
      transferSyntax: uids.DeflatedExplicitVRLittleEndian,
      change: (bytes) => Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), bytes]),
    }),
    reject('deflate stream cut', {
      transferSyntax: uids.DeflatedExplicitVRLittleEndian,
      change: (bytes) => bytes.subarray(0, bytes.length / 2),
    }),
    reject('little endian under big endian', {
      change: (bytes) => bytes,
      transferSyntax: uids.ExplicitVRBigEndian,
      insert: element(0x00091010, 'LO', Buffer.from('little')),
    }),
    reject('not DICOM', { change: () => Buffer.from('<!DOCTYPE html><html><body>no image</body></html>') }),
    reject('nothing but 0xFF', { change: () => Buffer.alloc(4096, 0xff) }),
    reject('nothing but zeros', { change: () => Buffer.alloc(4096) }),
    reject('study UID twice', {
      insert: element(0x0020000d, 'UI', Buffer.from('2.25.1000.12')),
      eitherOk: true,
    }),
  ];
}

function explicit(): TransferSyntax {
  const syntax = transferSyntaxOf(uids.ExplicitVRLittleEndian);
  if (syntax === undefined) throw new Error('no Explicit VR Little Endian');
  return syntax;
}
