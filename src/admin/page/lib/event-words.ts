import type { Event as ArchiveEvent, EventKind } from '../../api/status.ts';
import { changesIn, type StateChange, settingName } from './event-changes.ts';
import { formatBytes, formatDuration } from './format.ts';
import { hasMessage, type MessageValues, t } from './locale.ts';

export const EVENT_GROUPS = [
  'arrivals',
  'conflicts',
  'retrieves',
  'associations',
  'changes',
  'logins',
  'system',
] as const;
export type EventGroup = (typeof EVENT_GROUPS)[number];

/** What the reader filters by. */
const GROUP_OF_KIND: Readonly<Record<EventKind, EventGroup>> = {
  'instances-stored': 'arrivals',
  'instances-refused': 'arrivals',
  'instance-conflict': 'conflicts',
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
  'certificate-trusted': 'changes',
  'certificate-distrusted': 'changes',
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
  'audit-incomplete': 'system',
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
  const values = valuesOf(fields);
  const isRepeated = isCondensed(fields) && hasMessage(`${key}.repeated`);
  const sentence = isRepeated
    ? t(`${key}.repeated`, { ...values, count: numberIn(fields, 'count') })
    : t(key, values);
  const unnamed = unnamedCaller(fields);
  // A name stays as it is written; words begin a sentence with a capital letter.
  return unnamed !== undefined && sentence.startsWith(unnamed)
    ? unnamed.charAt(0).toUpperCase() + sentence.slice(1)
    : sentence;
}

/** Of a change of more than these, the rest stands in the details. */
const CHANGES_MAX = 3;

/** The rest of what counts, in a few words each. */
export function factsOf(event: ArchiveEvent): string[] {
  const { kind, fields } = event;
  const isEnd = kind === 'association-ended';
  const counted = (name: string, message: string) => {
    const count = numberIn(fields, name);
    return count > 0 ? t(`activity.fact.${message}`, { count }) : '';
  };
  return [
    hasMessage(`activity.event.${kind}.repeated`) ? '' : counted('count', repetitionOf(kind)),
    isEnd ? counted('instances', 'received') : '',
    isEnd ? counted('refused', 'refused') : '',
    isEnd ? counted('sent', 'sent') : '',
    counted('failed', 'failed'),
    textIn(fields, 'modality'),
    numberIn(fields, 'bytes') > 0 ? formatBytes(numberIn(fields, 'bytes')) : '',
    numberIn(fields, 'durationMs') >= 1000 ? formatDuration(numberIn(fields, 'durationMs')) : '',
    ...changesIn(event).slice(0, CHANGES_MAX).map(changeFact),
  ].filter((fact) => fact !== '');
}

/** Why: in the reader's language where the reason is one of a known set, else as the log has it. */
export function reasonOf({ fields }: ArchiveEvent): string {
  const key = `activity.rejected.${textIn(fields, 'rejected')}`;
  if (hasMessage(key)) return t(key, valuesOf(fields));
  return textIn(fields, 'reason');
}

/** A number of events that were alike, told as one. */
function isCondensed(fields: Fields): boolean {
  return numberIn(fields, 'count') > 1;
}

/** Instances are counted by themselves: what there were several of is what they came in. */
function repetitionOf(kind: string): string {
  return kind === 'instances-stored' || kind === 'instances-refused' ? 'in-associations' : 'repeated';
}

function changeFact({ label, before, after }: StateChange): string {
  if (before === undefined || after === undefined) return '';
  const change = t('activity.fact.change', { before, after });
  return label === '' ? change : t('activity.fact.labelled', { label, value: change });
}

/** Kinds of one name that are told in different words. */
function variantOf(kind: string, fields: Fields): string {
  if (kind === 'association-ended') {
    if (textIn(fields, 'reason') !== '') return '.broken';
    if (textIn(fields, 'operation') === 'C-ECHO') return '.echo';
  }
  if (kind === 'retrieve-answered' && textIn(fields, 'operation') === 'download') return '.download';
  if (textIn(fields, 'operation') === 'storage-commitment') return '.commitment';
  return '';
}

/** Every place that a sentence may have, filled: what an event does not tell has a word of its own. */
function valuesOf(fields: Fields): MessageValues {
  const text = (...names: string[]) =>
    names.map((name) => textIn(fields, name)).find((value) => value !== '');
  // Where several are told as one, what was not alike in all of them is left out.
  const unlike = (message: string) => (isCondensed(fields) ? t(`activity.several.${message}`) : '?');
  const by = text('by') ?? unlike('users');
  const count = ['completed', 'instances', 'messages', 'count']
    .map((name) => fields[name])
    .find((value) => typeof value === 'number');
  return {
    by,
    caller: unnamedCaller(fields) ?? text(...namesOfCaller(fields)) ?? '?',
    called: text('called') ?? '?',
    destination: text('destination', 'peer') ?? unlike('destinations'),
    operation: text('operation') ?? unlike('operations'),
    peer: text('peer', 'aeTitle') ?? '?',
    setting: settingName(text('setting') ?? '?'),
    token: text('token') ?? '?',
    user: text('user') ?? by,
    count: typeof count === 'number' ? count : 0,
  };
}

/** What a caller is called by, the best first. Where somebody did something, `address` is his. */
function namesOfCaller(fields: Fields): string[] {
  return ['caller', 'aeTitle', 'by' in fields ? 'callerAddress' : 'address'];
}

/** A caller without a name, in words; undefined where there is a name, or an address to stand for it. */
function unnamedCaller(fields: Fields): string | undefined {
  if (fields['caller'] === undefined && isCondensed(fields)) {
    const address = textIn(fields, 'address');
    return address === '' ? t('activity.several.devices') : t('activity.several.devices-at', { address });
  }
  const isNamed = namesOfCaller(fields).some((name) => textIn(fields, name) !== '');
  return isNamed ? undefined : t('activity.someone');
}

function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}
