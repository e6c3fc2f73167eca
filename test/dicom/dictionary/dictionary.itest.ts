import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { dictionaryElement, hexOfTag } from '../../../src/dicom/dictionary/dictionary.ts';
import { nameOfUid, storageSopClasses, transferSyntaxUids, uids } from '../../../src/dicom/uids.ts';

/** A row of another implementation's dictionary; `vrs` in its own notation. */
interface OtherElement {
  hex: string;
  vrs: string;
  keyword: string;
}

/** DCMTK's letters for VRs that depend on other attributes, and pydicom's words for them. */
const CHOICES: Readonly<Record<string, string>> = {
  xs: 'SS US',
  ox: 'OB OW',
  px: 'OB OW',
  lt: 'OW SS US',
  up: 'UL',
  'US or SS': 'SS US',
  'OB or OW': 'OB OW',
  'US or OW': 'OW SS US',
  'US or SS or OW': 'OW SS US',
};

const PYDICOM_ELEMENTS = `
import json
from pydicom._dicom_dict import DicomDictionary
print(json.dumps([['%08X' % tag, row[0], row[4]] for tag, row in DicomDictionary.items() if row[4] and row[0] != 'NONE']))
`;

const PYDICOM_UIDS = `
import json
from pydicom._uid_dict import UID_dictionary
print(json.dumps([[uid, row[1], row[4]] for uid, row in UID_dictionary.items() if row[4]]))
`;

describe('Dictionary and UIDs beside those of other implementations', () => {
  const dcmtkDictionary = readdirSync('/usr/share')
    .filter((folder) => folder.startsWith('libdcmtk'))
    .map((folder) => `/usr/share/${folder}/dicom.dic`)
    .find(existsSync);
  const hasPydicom = existsSync('/usr/lib/python3/dist-packages/pydicom');

  it('has every element of DCMTK with the same VR and keyword', function () {
    if (dcmtkDictionary === undefined) return skip(this, 'DCMTK is not installed (apt-get install dcmtk)');

    const differences = dcmtkElements(dcmtkDictionary).flatMap(difference);

    expect(differences).to.deep.equal([]);
  });

  it('has every element of pydicom with the same VR and keyword', function () {
    if (!hasPydicom) return skip(this, 'pydicom is not installed (apt-get install python3-pydicom)');

    const differences = python<[string, string, string][]>(PYDICOM_ELEMENTS)
      .map(([hex, vrs, keyword]) => ({ hex, vrs, keyword }))
      .flatMap(difference);

    expect(differences).to.deep.equal([]);
  });

  it('has every SOP class and transfer syntax of pydicom under the same keyword', function () {
    if (!hasPydicom) return skip(this, 'pydicom is not installed (apt-get install python3-pydicom)');
    const ours: Readonly<Record<string, string>> = uids;

    const rows = python<[string, string, string][]>(PYDICOM_UIDS);
    const missing = rows.filter(([uid, type, keyword]) => {
      const isOfInterest =
        type.endsWith('SOP Class') || type.endsWith('SOP Instance') || type === 'Transfer Syntax';
      return isOfInterest && ours[keyword] !== uid;
    });
    const notStored = rows.filter(
      ([uid, , keyword]) => keyword.endsWith('ImageStorage') && !storageSopClasses.has(uid),
    );
    const notSyntaxes = rows.filter(
      ([uid, type]) => type === 'Transfer Syntax' && !transferSyntaxUids.has(uid),
    );

    expect([...missing, ...notStored, ...notSyntaxes]).to.deep.equal([]);
    expect(nameOfUid(uids.CTImageStorage)).to.equal('CT Image Storage');
  });
});

/** A line for a person where ours differs. */
function difference({ hex, vrs, keyword }: OtherElement): string[] {
  const ours = dictionaryElement(Number.parseInt(hex, 16));
  const theirVrs = CHOICES[vrs] ?? vrs;
  const ourVrs = ours?.vrs.toSorted().join(' ');
  const isSame = ours?.keyword === keyword && ourVrs === theirVrs;
  return isSame ? [] : [`${hex} theirs ${theirVrs} ${keyword}, ours ${ourVrs} ${ours?.keyword}`];
}

function dcmtkElements(file: string): OtherElement[] {
  const found: OtherElement[] = [];
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const match = /^\((\w{4})(?:-\w{4})?,(\w{4})(?:-\w{4})?\)\t(\w\w)\t(\w+)\t[^\t]+\tDICOM/.exec(line);
    const [, group = '', element = '', vrs = '', name = ''] = match ?? [];
    if (match === null || vrs === 'na') continue;
    const hex = hexOfTag(Number.parseInt(group + element, 16));
    found.push({ hex, vrs, keyword: name.replace(/^RETIRED_/, '') });
  }
  return found;
}

function python<T>(script: string): T {
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8' })) as T;
}

function skip(context: Mocha.Context, why: string): void {
  console.log(`      skipped: ${why}`);
  context.skip();
}
