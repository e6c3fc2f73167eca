import { otherUidRows } from './uid-tables/other-uids.ts';
import { storageSopClassRows } from './uid-tables/storage-sop-classes.ts';
import { transferSyntaxRows } from './uid-tables/transfer-syntaxes.ts';
import type { UidTable } from './uid-tables/uid-table.ts';

const rows = { ...transferSyntaxRows, ...storageSopClassRows, ...otherUidRows };

type UidsOf<T extends UidTable> = { readonly [Keyword in keyof T]: T[Keyword][0] };

/** UIDs by the keyword that PS3.6 Table A-1 gives them: `uids.CTImageStorage`. */
export const uids = Object.fromEntries(
  Object.entries(rows).map(([keyword, [uid]]) => [keyword, uid]),
) as UidsOf<typeof rows>;

/** SOP classes whose instances come over C-STORE — PS3.4 Annex B and Annex GG, retired ones too. */
export const storageSopClasses: ReadonlySet<string> = new Set(
  Object.values(storageSopClassRows).map(([uid]) => uid),
);

/** Transfer syntaxes of PS3.6 Table A-1, retired ones too. */
export const transferSyntaxUids: ReadonlySet<string> = new Set(
  Object.values(transferSyntaxRows).map(([uid]) => uid),
);

const names: ReadonlyMap<string, string> = new Map(Object.values(rows));

/** Name of a UID as PS3.6 Table A-1 writes it; the UID itself where the table has none. */
export function nameOfUid(uid: string): string {
  return names.get(uid) ?? uid;
}
