/** One row of PS3.6 Table A-1: keyword → UID and name; retired ones say so at the end of the name. */
export type UidTable = { readonly [keyword: string]: readonly [uid: string, name: string] };
