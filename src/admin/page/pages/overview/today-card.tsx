import type { Status } from '../../../api/status.ts';
import { formatBytes, formatNumber, t } from '../../lib/i18n.ts';
import { Card } from '../../ui/index.ts';

/** Modalities shown by themselves; a hospital has rarely more. */
const MODALITIES_MAX = 10;

export function TodayCard({ status }: { status: Status }) {
  const { today } = status;
  return (
    <Card title={t('overview.today')} class="is-wide">
      <p class="figure">
        {t('overview.image-count', { count: today.instances })}
        <span class="figure-side">{formatBytes(today.bytes)}</span>
      </p>
      {today.byModality.length === 0 ? (
        <p class="soft quiet-line">{t('overview.today.none')}</p>
      ) : (
        <ModalityBars arrivals={today.byModality} />
      )}
      <RateLine status={status} />
    </Card>
  );
}

/** A table that has bars in it: read out it is a table, looked at it is a chart. */
function ModalityBars({ arrivals }: { arrivals: Status['today']['byModality'] }) {
  const shown = [...arrivals].sort((one, other) => other.instances - one.instances).slice(0, MODALITIES_MAX);
  const most = Math.max(1, ...shown.map(({ instances }) => instances));
  return (
    <table class="bars">
      <thead class="visually-hidden">
        <tr>
          <th scope="col">{t('overview.modality')}</th>
          <th scope="col">{t('overview.images')}</th>
          <th scope="col">{t('overview.size')}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(({ modality, instances, bytes }) => (
          <tr key={modality}>
            <th scope="row" class="bars-name">
              {modality === '' ? t('overview.modality.none') : modality}
            </th>
            <td class="bars-count">
              <svg class="bar" aria-hidden="true">
                <rect width={`${(100 * instances) / most}%`} height="100%" rx="3" />
              </svg>
              <span>{formatNumber(instances)}</span>
            </td>
            <td class="bars-size">{formatBytes(bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RateLine({ status: { rate, waiting } }: { status: Status }) {
  const isQuiet = rate.instancesPerSecond === 0;
  return (
    <p class="rate-line">
      <span class={`pulse ${isQuiet ? '' : 'is-moving'}`} />
      <span>
        {isQuiet
          ? t('overview.now.quiet')
          : [
              t('overview.now.rate', { images: formatNumber(rate.instancesPerSecond) }),
              t('overview.now.bytes', { bytes: formatBytes(rate.bytesPerSecond) }),
            ].join(' · ')}
      </span>
      {waiting.instances > 0 && (
        <span class="soft">{t('overview.now.waiting', { count: waiting.instances })}</span>
      )}
    </p>
  );
}
