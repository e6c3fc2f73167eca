import type { STUDY_SORTS } from '../../../api/studies.ts';
import type { Query } from '../../lib/api.ts';

export type StudySort = (typeof STUDY_SORTS)[number];

/** What is searched for, as it stands in the page's address: it can be linked, and going back comes back to it. */
export interface StudySearch {
  text: string;
  /** `YYYY-MM-DD`, both included; '' for no bound. */
  from: string;
  to: string;
  modality: string;
  accessionNumber: string;
  sort: StudySort;
  isDescending: boolean;
}

/** The modalities of a hospital's archive, the frequent ones first; others are found by typing them. */
export const MODALITIES = ['CT', 'MR', 'CR', 'DX', 'US', 'XA', 'RF', 'MG', 'NM', 'PT', 'OT'] as const;

const SORTS: readonly StudySort[] = ['lastArrivedAt', 'studyDate', 'patientName', 'patientId'];
const NEWEST_FIRST = { sort: 'lastArrivedAt', isDescending: true } as const;

export function searchOf(query: URLSearchParams): StudySearch {
  const sort = SORTS.find((name) => name === query.get('sort'));
  return {
    text: query.get('text') ?? '',
    from: isoDateOf(query.get('from')),
    to: isoDateOf(query.get('to')),
    modality: query.get('modality') ?? '',
    accessionNumber: query.get('accession') ?? '',
    ...(sort === undefined ? NEWEST_FIRST : { sort, isDescending: query.get('order') !== 'ascending' }),
  };
}

/** The page's path with its query; of the list, or of one study over it. */
export function addressOf(search: StudySearch, studyInstanceUid?: string): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string) => {
    if (value !== '') query.set(name, value);
  };
  put('text', search.text);
  put('from', search.from);
  put('to', search.to);
  put('modality', search.modality);
  put('accession', search.accessionNumber);
  if (!isNewestFirst(search)) {
    query.set('sort', search.sort);
    query.set('order', orderOf(search));
  }
  const path =
    studyInstanceUid === undefined ? '/studies' : `/studies/${encodeURIComponent(studyInstanceUid)}`;
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** Query of GET /api/studies. */
export function queryOf(search: StudySearch): Query {
  const accession = search.accessionNumber.trim();
  return {
    text: search.text.trim(),
    studyDate: dateRangeOf(search.from, search.to),
    modalitiesInStudy: search.modality,
    accessionNumber: accession === '' || /[*?]/.test(accession) ? accession : `${accession}*`,
    sort: search.sort,
    order: orderOf(search),
  };
}

export function isNewestFirst({ sort, isDescending }: StudySearch): boolean {
  return sort === NEWEST_FIRST.sort && isDescending;
}

/** How many filters are set beside the text. */
export function filterCount({ from, to, modality, accessionNumber }: StudySearch): number {
  return [from !== '' || to !== '', modality !== '', accessionNumber !== ''].filter(Boolean).length;
}

/** The last `days` days up to and with today, in the reader's time zone. */
export function lastDays(days: number, now: Date = new Date()): { from: string; to: string } {
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days + 1);
  return { from: isoDate(first), to: isoDate(now) };
}

function isoDate(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Range matching — PS3.4 §C.2.2.2.5. */
function dateRangeOf(from: string, to: string): string {
  if (from === '' && to === '') return '';
  return `${from.replaceAll('-', '')}-${to.replaceAll('-', '')}`;
}

function orderOf({ isDescending }: StudySearch): 'ascending' | 'descending' {
  return isDescending ? 'descending' : 'ascending';
}

function isoDateOf(value: string | null): string {
  return value !== null && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : '';
}
