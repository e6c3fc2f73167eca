import type { Warning } from '../../api/status.ts';
import { formatBytes, formatDate } from './format.ts';
import { hasMessage, type MessageValues, t } from './locale.ts';

interface WarningWords {
  title: string;
  /** What to do. */
  advice: string;
}

/** In the reader's language; of a warning that this page does not know yet, the server's words. */
export function warningWords({ code, words, values }: Warning): WarningWords {
  const key = `overview.warning.${code}`;
  if (!hasMessage(key)) return { title: words, advice: '' };
  return { title: t(key, readable(values)), advice: t(`overview.warning.${code}.advice`) };
}

/** Numbers as people read them, by the unit at the end of their names. */
function readable(values: Warning['values']): MessageValues {
  const shown = Object.entries(values).map(([name, value]) => {
    if (typeof value === 'string') return [name, value];
    if (name.endsWith('Bytes')) return [name, formatBytes(value)];
    if (name === 'validUntil') return [name, formatDate(value)];
    // Written as it is: 11,112 would be no port.
    if (name === 'port') return [name, String(value)];
    return [name, value];
  });
  const count = values['instances'] ?? values['conflicts'];
  return { ...Object.fromEntries(shown), ...(count === undefined ? {} : { count }) };
}
