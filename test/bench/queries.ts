import type { Query, QueryResult } from './clients/find.ts';
import { type SetShape, studiesOf, valuesOf } from './data-sets.ts';

/** The query that the goals name. */
export const allWithCounts = 'all studies, counts and modalities';

/** At STUDY level, as a workstation asks — PS3.4 §C.6.2.1. */
export function queriesOf(set: SetShape): Query[] {
  const ask = (
    name: string,
    values: { date?: string; name?: string; id?: string },
    withCounts = false,
  ): Query => ({
    name,
    keys: [
      [0x00080020, 'DA', values.date ?? ''],
      [0x00080050, 'SH', ''],
      [0x00080052, 'CS', 'STUDY'],
      ...(withCounts ? [[0x00080061, 'CS', ''] as const] : []),
      [0x00081030, 'LO', ''],
      [0x00100010, 'PN', values.name ?? ''],
      [0x00100020, 'LO', values.id ?? ''],
      [0x0020000d, 'UI', ''],
      ...(withCounts ? [[0x00201206, 'IS', ''] as const, [0x00201208, 'IS', ''] as const] : []),
    ],
  });
  return [
    ask('one patient ID', { id: valuesOf(set, 0).patientId }),
    ask('name A*', { name: 'A*' }),
    ask('31 days', { date: '20200101-20200131' }),
    ask('all studies', {}),
    ask(allWithCounts, {}, true),
  ];
}

/** The number of answers that the set makes us expect, and for the last query the counts and modalities too. */
export function isRight(result: QueryResult, set: SetShape): boolean {
  const studies = studiesOf(set);
  const expected: { [name: string]: number } = {
    'one patient ID': 1,
    'name A*': Math.ceil(studies / 26),
    '31 days': Math.min(31, studies),
  };
  if (result.status !== 0 || result.answers !== (expected[result.name] ?? studies)) return false;
  return (
    result.name !== allWithCounts || (result.instances === set.instances && result.withModalities === studies)
  );
}
