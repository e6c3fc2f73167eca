import type { Event as ArchiveEvent } from '../../api/status.ts';
import type { Query } from './api.ts';
import { EVENT_GROUPS, type EventGroup, kindsOf } from './event-words.ts';

/** As it stands in the page's address; '' for no bound. */
export interface EventFilter {
  group: EventGroup | '';
  severity: 'warning' | 'error' | '';
  text: string;
  studyInstanceUid: string;
  /** Days of the reader's time zone, YYYY-MM-DD; both inclusive. */
  since: string;
  until: string;
}

export function filterOf(query: URLSearchParams): EventFilter {
  const group = EVENT_GROUPS.find((one) => one === query.get('group'));
  const severity = (['warning', 'error'] as const).find((one) => one === query.get('severity'));
  return {
    group: group ?? '',
    severity: severity ?? '',
    text: query.get('text') ?? '',
    studyInstanceUid: query.get('study') ?? '',
    since: dayIn(query.get('since')),
    until: dayIn(query.get('until')),
  };
}

/** The page's address that shows what fits the filter. */
export function addressOf(filter: EventFilter): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (value !== '') query.set(name === 'studyInstanceUid' ? 'study' : name, value);
  }
  const text = query.toString();
  return text === '' ? '/activity' : `/activity?${text}`;
}

/** What the server is asked. */
export function queryOf({ group, severity, text, studyInstanceUid, since, until }: EventFilter): Query {
  return {
    kind: group === '' ? undefined : kindsOf(group).join(','),
    severity: severity === '' ? undefined : severitiesFrom(severity).join(','),
    text: text.trim(),
    studyInstanceUid,
    since: startOf(since),
    until: endOf(until),
  };
}

/** Whether an event that has just happened belongs to the list. The server decides for all older ones. */
export function fits(
  event: ArchiveEvent,
  { group, severity, text, studyInstanceUid, since, until }: EventFilter,
): boolean {
  if (group !== '' && !kindsOf(group).some((kind) => kind === event.kind)) return false;
  if (severity !== '' && !severitiesFrom(severity).includes(event.severity)) return false;
  if (studyInstanceUid !== '' && event.fields['studyInstanceUid'] !== studyInstanceUid) return false;
  if (event.at < (startOf(since) ?? 0) || event.at > (endOf(until) ?? Number.POSITIVE_INFINITY)) return false;
  const { caller, destination } = event.fields;
  const searched = [event.words, caller, destination].join('\n').toLowerCase();
  return searched.includes(text.trim().toLowerCase());
}

function severitiesFrom(least: 'warning' | 'error'): ArchiveEvent['severity'][] {
  return least === 'error' ? ['error'] : ['warning', 'error'];
}

function dayIn(value: string | null): string {
  return value !== null && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : '';
}

function startOf(day: string): number | undefined {
  const ms = day === '' ? Number.NaN : new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

/** Twice a year a day has not 24 hours. */
function endOf(day: string): number | undefined {
  const start = startOf(day);
  if (start === undefined) return undefined;
  const next = new Date(start);
  next.setDate(next.getDate() + 1);
  return next.getTime() - 1;
}
