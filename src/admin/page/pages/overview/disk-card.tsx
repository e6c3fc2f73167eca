import type { Volume } from '../../../api/status.ts';
import { forecastText } from '../../lib/forecast.ts';
import { formatBytes, formatPercent, t } from '../../lib/i18n.ts';
import { Card } from '../../ui/index.ts';

export function DiskCard({ volume }: { volume: Volume }) {
  const { freeBytes, totalBytes, reserveBytes, state } = volume;
  const isKnown = state === 'online' && freeBytes !== null && totalBytes !== null && totalBytes > 0;
  return (
    <Card title={t('overview.disk')} class="disk">
      {isKnown && <DiskFill freeBytes={freeBytes} totalBytes={totalBytes} reserveBytes={reserveBytes} />}
      <p class={`forecast ${state === 'offline' ? 'bad' : ''}`}>{forecastText(volume)}</p>
      <p class="soft disk-path">
        <span class="code">{volume.path}</span>
        {isKnown && <span>{t('overview.disk.reserve', { bytes: formatBytes(reserveBytes) })}</span>}
      </p>
    </Card>
  );
}

interface DiskFillProps {
  freeBytes: number;
  totalBytes: number;
  reserveBytes: number;
}

function DiskFill({ freeBytes, totalBytes, reserveBytes }: DiskFillProps) {
  const used = Math.min(1, Math.max(0, 1 - freeBytes / totalBytes));
  const reserve = Math.min(1, reserveBytes / totalBytes);
  const isTight = freeBytes <= 2 * reserveBytes || used > 0.95;
  const percent = formatPercent(used);
  return (
    <>
      <p class="figure">
        {t('overview.disk.used', { percent })}
        <span class="figure-side">
          {t('overview.disk.free', { free: formatBytes(freeBytes), total: formatBytes(totalBytes) })}
        </span>
      </p>
      <svg class={`disk-fill ${isTight ? 'is-tight' : ''}`} aria-hidden="true">
        <rect class="disk-all" width="100%" height="100%" rx="5" />
        <rect
          class="disk-reserve"
          x={`${100 * (1 - reserve)}%`}
          width={`${100 * reserve}%`}
          height="100%"
          rx="5"
        />
        <rect class="disk-used" width={`${100 * used}%`} height="100%" rx="5" />
      </svg>
    </>
  );
}
