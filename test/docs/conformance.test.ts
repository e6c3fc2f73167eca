import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { conformanceStatement } from '../../docs/conformance.generate.ts';
import { storageSopClasses, transferSyntaxUids } from '../../src/dicom/uids.ts';
import { status } from '../../src/dimse/status.ts';
import { queryRetrieveClasses } from '../../src/services/contexts.ts';
import { C_FIND_STATUS, C_STORE_STATUS, RETRIEVE_STATUS } from '../../src/services/statuses.ts';

const committed = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');

describe('docs/conformance.md (PS3.2)', () => {
  it('is what `node docs/conformance.generate.ts` makes of the tables of the program', () => {
    expect(committed).to.equal(conformanceStatement());
  });

  it('has every SOP class and every transfer syntax', () => {
    const wanted = [...storageSopClasses, ...queryRetrieveClasses.keys(), ...transferSyntaxUids];

    expect(wanted.filter((uid) => !committed.includes(`| ${uid} |`))).to.deep.equal([]);
  });

  it('has every status of the service classes in the section of its service', () => {
    const sections = [
      { from: '### 4.3 Storage', to: '### 4.4', table: C_STORE_STATUS },
      { from: '### 4.5 Query', to: '#### 4.5.1', table: C_FIND_STATUS },
      { from: '### 4.6 Retrieve', to: '## 5 ', table: RETRIEVE_STATUS },
    ];
    for (const { from, to, table } of sections) {
      const text = committed.slice(committed.indexOf(from), committed.indexOf(to));
      const codes = (
        ['not-authorized', 'data-set-mismatch', 'unreadable-data-set', 'catalog-unavailable'] as const
      ).map((code) => table[code]);
      for (const value of [status.success, ...codes]) {
        expect(text, from).to.include(`| ${value.toString(16).toUpperCase().padStart(4, '0')} |`);
      }
    }
  });

  it('leaves no word of a table empty', () => {
    const rows = committed.split('\n').filter((line) => line.startsWith('| '));

    expect(rows.filter((row) => /undefined|\[object|NaN/.test(row))).to.deep.equal([]);
    expect(rows.length).to.be.above(500);
  });
});
