import { expect } from 'chai';
import { type Event, type State, TABLE_9_10 } from '../../src/ul/state-table.ts';

/**
 * Table 9-10 once more, typed in by itself and in the standard's layout: rows Evt1 … Evt19, columns Sta1 … Sta13.
 * The letter is the table (e: AE, 9-6; d: DT, 9-7; r: AR, 9-8; a: AA, 9-9), the digit the action, x being 10.
 */
const GRID = `
  Sta  1  2  3  4  5  6  7  8  9 10 11 12 13
  1   e1  .  .  .  .  .  .  .  .  .  .  .  .
  2    .  .  . e2  .  .  .  .  .  .  .  .  .
  3    . a1 a8  . e3 a8 a8 a8 a8 a8 a8 a8 a6
  4    . a1 a8  . e4 a8 a8 a8 a8 a8 a8 a8 a6
  5   e5  .  .  .  .  .  .  .  .  .  .  .  .
  6    . e6 a8  . a8 a8 a8 a8 a8 a8 a8 a8 a7
  7    .  . e7  .  .  .  .  .  .  .  .  .  .
  8    .  . e8  .  .  .  .  .  .  .  .  .  .
  9    .  .  .  .  . d1  . r7  .  .  .  .  .
  10   . a1 a8  . a8 d2 r6 a8 a8 a8 a8 a8 a6
  11   .  .  .  .  . r1  .  .  .  .  .  .  .
  12   . a1 a8  . a8 r2 r8 a8 a8 a8 a8 a8 a6
  13   . a1 a8  . a8 a8 r3 a8 a8 rx r3 a8 a6
  14   .  .  .  .  .  .  . r4 r9  .  . r4  .
  15   .  . a1 a2 a1 a1 a1 a1 a1 a1 a1 a1  .
  16   . a2 a3  . a3 a3 a3 a3 a3 a3 a3 a3 a2
  17   . a5 a4 a4 a4 a4 a4 a4 a4 a4 a4 a4 r5
  18   . a2  .  .  .  .  .  .  .  .  .  . a2
  19   . a1 a8  . a8 a8 a8 a8 a8 a8 a8 a8 a7`;

const KINDS: Readonly<Record<string, string>> = { e: 'AE', d: 'DT', r: 'AR', a: 'AA' };

function actionOf(cell: string): string | undefined {
  if (cell === '.') return undefined;
  return `${KINDS[cell.slice(0, 1)]}-${cell.slice(1) === 'x' ? '10' : cell.slice(1)}`;
}

describe('TABLE_9_10 (PS3.8 §9.2.3)', () => {
  const rows = GRID.trim().split('\n').slice(1);

  it('has the 19 events', () => {
    expect(Object.keys(TABLE_9_10)).to.have.lengthOf(rows.length).and.lengthOf(19);
  });

  for (const row of rows) {
    const [event, ...cells] = row.trim().split(/\s+/);
    it(`has the row of Evt${event}`, () => {
      const expected = cells.map(actionOf);
      const actual = cells.map((_, index) => TABLE_9_10[`Evt${event}` as Event][`Sta${index + 1}` as State]);

      expect(cells).to.have.lengthOf(13);
      expect(actual).to.deep.equal(expected);
    });
  }
});
