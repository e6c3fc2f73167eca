import type { Event as ArchiveEvent } from '../../api/status.ts';
import { changesIn, settingName } from './event-changes.ts';
import { formatBytes, formatDate, formatDuration, formatNumber, formatTime } from './format.ts';
import { hasMessage, t } from './locale.ts';

export interface Detail {
  label: string;
  value: string;
  /** A name of machines: a UID. */
  isCode?: boolean;
  /** As it stands in the log. */
  isEnglish?: boolean;
}

/** When, who, from where; then all that the event tells and the page has a name for. */
export function detailsOf(event: ArchiveEvent): Detail[] {
  const { at, words, fields } = event;
  const names = [...new Set(['by', ...('by' in fields ? ['address'] : []), ...Object.keys(fields)])];
  return [
    { label: t('activity.details.time'), value: `${formatDate(at)}, ${formatTime(at)}` },
    ...names.flatMap((name) => detail(name, fields)),
    ...changesIn(event).flatMap(changeDetails),
    { label: t('activity.details.log'), value: words, isEnglish: true },
  ];
}

function detail(name: string, fields: ArchiveEvent['fields']): Detail[] {
  const value = fields[name];
  // Of what has changed there is more to say than the fields.
  if (value === undefined || value === '' || name === 'before' || name === 'after') return [];
  // Of whoever did something it is where he sat; of a device, its own.
  const isPlace = name === 'address' && 'by' in fields;
  const key = `activity.field.${isPlace ? 'from' : name}`;
  if (!hasMessage(key)) return [];
  return [{ label: t(key), value: fieldWords(name, value), isCode: name.endsWith('Uid') }];
}

function fieldWords(name: string, value: string | number | boolean): string {
  if (typeof value === 'boolean') return t(value ? 'activity.yes' : 'activity.no');
  if (typeof value === 'string') return name === 'setting' ? settingName(value) : value;
  if (name === 'bytes') return formatBytes(value);
  if (name.endsWith('Ms')) return formatDuration(value);
  return formatNumber(value);
}

function changeDetails({ label, before, after }: ReturnType<typeof changesIn>[number]): Detail[] {
  if (label === '') {
    return [
      ...(before === undefined ? [] : [{ label: t('activity.field.before'), value: before }]),
      ...(after === undefined ? [] : [{ label: t('activity.field.after'), value: after }]),
    ];
  }
  if (before === undefined || after === undefined) return [{ label, value: before ?? after ?? '' }];
  return [{ label, value: t('activity.fact.change', { before, after }) }];
}
