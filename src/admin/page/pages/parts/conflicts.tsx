import type { Conflict } from '../../../api/studies.ts';
import { formatBytes, formatDateTime, t } from '../../lib/i18n.ts';
import { Notice } from '../../ui/index.ts';

/** Instances that came again with other contents: what that means, and which they are. */
export function Conflicts({ conflicts }: { conflicts: readonly Conflict[] }) {
  return (
    <Notice tone="warning" title={t('studies.conflicts.title', { count: conflicts.length })}>
      <p>{t('studies.conflicts.words')}</p>
      <details class="conflicts">
        <summary>{t('studies.conflicts.show')}</summary>
        <ul>
          {conflicts.map((conflict) => (
            <li key={`${conflict.sopInstanceUid} ${conflict.sha256}`}>
              <p class="code">{conflict.sopInstanceUid}</p>
              <p class="soft">
                {t('studies.conflicts.came', {
                  aeTitle: conflict.sourceAeTitle,
                  time: formatDateTime(conflict.arrivedAt),
                  size: formatBytes(conflict.sizeBytes),
                })}
              </p>
            </li>
          ))}
        </ul>
      </details>
    </Notice>
  );
}
