import {
  decodeText,
  decodeValues,
  encodeText,
  parseCharacterSets,
} from '../../../src/dicom/character-set.ts';
import { tags } from '../../../src/dicom/dictionary/tags.ts';
import { toPersonName } from '../../../src/dicom/json.ts';
import { matcherFor } from '../../../src/dicom/matching.ts';
import type { FuzzTarget } from '../target.ts';

/** Values of Specific Character Set; the first byte of an input chooses. The last ones are none. */
const SETS: readonly string[][] = [
  [],
  ['ISO_IR 192'],
  ['ISO_IR 100'],
  ['ISO_IR 13'],
  ['', 'ISO 2022 IR 87'],
  ['ISO 2022 IR 13', 'ISO 2022 IR 87', 'ISO 2022 IR 159'],
  ['', 'ISO 2022 IR 149'],
  ['', 'ISO 2022 IR 58'],
  ['GB18030'],
  ['GBK'],
  ['ISO_IR 144'],
  ['ISO_IR 166'],
  ['', 'ISO 2022 IR 144', 'ISO 2022 IR 127', 'ISO 2022 IR 203'],
  ['ISO_IR 999', 'nonsense'],
  ['iso ir 100', ''],
];
const VRS = ['PN', 'LO', 'UT', 'SH', 'CS', 'LT'] as const;

/** No character set makes more than so many UTF-16 units of a byte, and U+FFFD for each. */
const CHARS_PER_BYTE_MAX = 2;

/** Text of every VR in every character set, and a query with it — PS3.3 §C.12.1.1.2, PS3.4 §C.2.2.2. */
export const characterSets: FuzzTarget = {
  name: 'character-sets',
  seeds: () => [
    sample(1, 'Yamada^Tarou=山田^太郎=やまだ^たろう'),
    sample(4, '\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B\\b'),
    sample(5, '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J'),
    sample(6, 'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7'),
    sample(7, 'Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab'),
    sample(8, 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab'),
    sample(2, 'Buc^J\xe9r\xf4me*?'),
    sample(12, '\x1b-L\xbb\xee\xda\xc1\x1b-G\xe2'),
    sample(13, 'a\\b*c?'),
  ],
  check(input) {
    const sets = SETS[(input[0] ?? 0) % SETS.length] ?? [];
    const bytes = input.subarray(1);
    for (const characterSets of [sets, parseCharacterSets(sets)]) {
      for (const vr of VRS) checkText(bytes, vr, characterSets);
    }
    parseCharacterSets(bytes.toString('latin1').split('\\'));
    checkMatching(decodeText(bytes, 'PN', sets));
  },
};

function checkText(bytes: Buffer, vr: string, characterSets: readonly string[]): void {
  const text = decodeText(bytes, vr, characterSets);
  if (text.length > bytes.length * CHARS_PER_BYTE_MAX)
    throw new Error(`${bytes.length} bytes became ${text.length} characters`);
  decodeValues(bytes, vr, characterSets);
  const encoded = encodeText(text, vr, characterSets);
  if (encoded === undefined) return;
  const again = decodeText(encoded, vr, characterSets);
  if (again !== text)
    throw new Error(`${JSON.stringify(text)} came back as ${JSON.stringify(again)} in ${vr}`);
}

function checkMatching(text: string): void {
  for (const [tag, vr] of [
    [tags.PatientName, 'PN'],
    [tags.StudyDescription, 'LO'],
    [tags.StudyDate, 'DA'],
    [tags.StudyTime, 'TM'],
    [tags.AcquisitionDateTime, 'DT'],
    [tags.InstanceNumber, 'IS'],
  ] as const) {
    const matches = matcherFor({ tag, vr, values: text.split('\\') });
    matches({ vr, Value: [vr === 'PN' ? toPersonName(text) : text] });
    matches(undefined);
  }
}

function sample(set: number, text: string): Buffer {
  return Buffer.concat([Buffer.from([set]), Buffer.from(text, set === 1 ? 'utf8' : 'latin1')]);
}
