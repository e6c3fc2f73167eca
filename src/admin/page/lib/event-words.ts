import type { Event as ArchiveEvent, EventKind } from '../../api/status.ts';
import { formatBytes, formatDuration } from './format.ts';
import { hasMessage, type MessageValues, t } from './locale.ts';

export const EVENT_GROUPS = ['arrivals', 'retrieves', 'associations', 'changes', 'logins', 'system'] as const;
export type EventGroup = (typeof EVENT_GROUPS)[number];

/** What the reader filters by. */
const GROUP_OF_KIND: Readonly<Record<EventKind, EventGroup>> = {
  'instances-stored': 'arrivals',
  'instances-refused': 'arrivals',
  'instance-conflict': 'arrivals',
  'query-refused': 'retrieves',
  'retrieve-answered': 'retrieves',
  'job-added': 'retrieves',
  'job-done': 'retrieves',
  'job-failed': 'retrieves',
  'job-cancelled': 'retrieves',
  'association-ended': 'associations',
  'association-rejected': 'associations',
  'setting-changed': 'changes',
  'certificate-changed': 'changes',
  'peer-added': 'changes',
  'peer-changed': 'changes',
  'peer-removed': 'changes',
  'caller-dismissed': 'changes',
  'user-added': 'changes',
  'user-changed': 'changes',
  'user-removed': 'changes',
  'token-added': 'changes',
  'token-removed': 'changes',
  'password-changed': 'changes',
  login: 'logins',
  'login-failed': 'logins',
  logout: 'logins',
  'server-started': 'system',
  'server-stopped': 'system',
  'volume-offline': 'system',
  'volume-online': 'system',
  'disk-full': 'system',
  'catalog-unavailable': 'system',
  'catalog-available': 'system',
};

export function kindsOf(group: EventGroup): EventKind[] {
  const entries = Object.entries(GROUP_OF_KIND) as [EventKind, EventGroup][];
  return entries.filter(([, one]) => one === group).map(([kind]) => kind);
}

type Fields = ArchiveEvent['fields'];

/** One sentence in the reader's language; of a kind that this page does not know yet, the server's. */
export function sentenceOf({ kind, words, fields }: ArchiveEvent): string {
  const key = `activity.event.${kind}${variantOf(kind, fields)}`;
  if (!hasMessage(key)) return words;
  return t(key, valuesOf(fields));
}

/** The rest of what counts, in a few words each. */
export function factsOf({ kind, fields }: ArchiveEvent): string[] {
  const isEnd = kind === 'association-ended';
  const counted = (name: string, message: string) => {
    const count = numberIn(fields, name);
    return count > 0 ? t(`activity.fact.${message}`, { count }) : '';
  };
  return [
    counted('count', 'repeated'),
    isEnd ? counted('instances', 'received') : '',
    isEnd ? counted('refused', 'refused') : '',
    isEnd ? counted('sent', 'sent') : '',
    counted('failed', 'failed'),
    textIn(fields, 'modality'),
    numberIn(fields, 'bytes') > 0 ? formatBytes(numberIn(fields, 'bytes')) : '',
    numberIn(fields, 'durationMs') >= 1000 ? formatDuration(numberIn(fields, 'durationMs')) : '',
    changeIn(fields),
  ].filter((fact) => fact !== '');
}

/** Why: in the reader's language where the reason is one of a known set, else as the log has it. */
export function reasonOf({ fields }: ArchiveEvent): string {
  const key = `activity.rejected.${textIn(fields, 'rejected')}`;
  if (hasMessage(key)) return t(key, valuesOf(fields));
  return textIn(fields, 'reason');
}

/** Kinds of one name that are told in different words. */
function variantOf(kind: string, fields: Fields): string {
  if (kind === 'association-ended') {
    if (textIn(fields, 'reason') !== '') return '.broken';
    if (textIn(fields, 'operation') === 'C-ECHO') return '.echo';
  }
  if (kind === 'retrieve-answered' && textIn(fields, 'operation') === 'download') return '.download';
  return '';
}

/** Every place that a sentence may have, filled: what an event does not tell has a word of its own. */
function valuesOf(fields: Fields): MessageValues {
  const text = (...names: string[]) =>
    names.map((name) => textIn(fields, name)).find((value) => value !== '');
  const by = text('by') ?? '?';
  const count = ['completed', 'instances', 'count']
    .map((name) => fields[name])
    .find((value) => typeof value === 'number');
  return {
    by,
    caller: text('caller', 'aeTitle', 'address') ?? t('activity.someone'),
    called: text('called') ?? '?',
    destination: text('destination', 'peer') ?? '?',
    operation: text('operation') ?? '?',
    peer: text('peer', 'aeTitle') ?? '?',
    setting: settingName(text('setting') ?? '?'),
    token: text('token') ?? '?',
    user: text('user') ?? by,
    count: typeof count === 'number' ? count : 0,
  };
}

/** What the page of settings calls them; by path. */
const SETTING_MESSAGES: Readonly<Record<string, string>> = {
  aeTitles: 'settings.aeTitles',
  dimsePort: 'settings.dimsePort',
  'tls.isEnabled': 'settings.tls',
  'tls.port': 'settings.tls.port',
  unknownCallers: 'settings.unknownCallers',
  maximumAssociations: 'settings.maximumAssociations',
  duplicates: 'settings.duplicates',
  reserveBytes: 'settings.reserveBytes',
  logLevel: 'settings.logLevel',
  language: 'settings.language',
  plainHttp: 'settings.plainHttp',
};

function settingName(path: string): string {
  const key = SETTING_MESSAGES[path];
  return key === undefined ? path : t(key);
}

function changeIn(fields: Fields): string {
  const before = fields['before'];
  const after = fields['after'];
  if (before === undefined || after === undefined) return '';
  const isBytes = fields['setting'] === 'reserveBytes';
  const shown = (value: string | number | boolean) => (isBytes ? formatBytes(Number(value)) : String(value));
  return t('activity.fact.change', { before: shown(before), after: shown(after) });
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}
