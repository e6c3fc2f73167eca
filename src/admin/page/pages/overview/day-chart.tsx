import { useState } from 'preact/hooks';
import type { Statistics } from '../../../api/status.ts';
import { api } from '../../lib/api.ts';
import { formatBytes, formatDay, formatNumber, t } from '../../lib/i18n.ts';
import { useLoad } from '../../lib/use-load.ts';
import { useNow } from '../../lib/use-now.ts';
import { Card, ErrorNotice, Loading } from '../../ui/index.ts';

const DAYS = 30;
const REFRESH_MS = 60_000;

type Day = Statistics['days'][number];

/** Arrivals of the last days, one column each. */
export function DayChart() {
  const now = useNow(REFRESH_MS);
  const { data, error, reload } = useLoad(
    (signal) => api.get<Statistics>('/api/statistics', { days: DAYS }, signal),
    [now],
  );
  return (
    <Card title={t('overview.days', { count: DAYS })} class="is-wide day-chart">
      {data !== undefined ? <Columns days={data.days} /> : error === undefined && <Loading />}
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
    </Card>
  );
}

function Columns({ days }: { days: readonly Day[] }) {
  const [pointed, setPointed] = useState<Day | undefined>();
  const most = Math.max(1, ...days.map(({ instances }) => instances));
  const sum = days.reduce(
    (before, { instances, bytes }) => ({
      instances: before.instances + instances,
      bytes: before.bytes + bytes,
    }),
    { instances: 0, bytes: 0 },
  );
  return (
    <>
      <p class="figure">
        {t('overview.image-count', { count: (pointed ?? sum).instances })}
        <span class="figure-side">
          {formatBytes((pointed ?? sum).bytes)}
          {pointed !== undefined && ` · ${formatDay(pointed.day)}`}
        </span>
      </p>
      <figure class="columns">
        {/* Pointing only shows what the table below says. */}
        <svg
          viewBox={`0 0 ${days.length * 10} 100`}
          preserveAspectRatio="none"
          aria-hidden="true"
          onPointerLeave={() => setPointed(undefined)}
        >
          {days.map((day, index) => (
            <Column
              key={day.day}
              x={index * 10}
              height={(100 * day.instances) / most}
              isPointed={day === pointed}
              onPoint={() => setPointed(day)}
            />
          ))}
        </svg>
        <div class="columns-days" aria-hidden="true">
          {[days[0], days[Math.floor(days.length / 2)], days.at(-1)].map(
            (day) => day !== undefined && <span key={day.day}>{formatDay(day.day)}</span>,
          )}
        </div>
      </figure>
      <div class="visually-hidden">
        <DayTable days={days} />
      </div>
    </>
  );
}

interface ColumnProps {
  x: number;
  /** Of 100. */
  height: number;
  isPointed: boolean;
  onPoint: () => void;
}

function Column({ x, height, isPointed, onPoint }: ColumnProps) {
  // A day of few images is not a day of none.
  const shown = height === 0 ? 0.6 : Math.max(height, 2);
  return (
    <g
      class={`column ${isPointed ? 'is-pointed' : ''} ${height === 0 ? 'is-empty' : ''}`}
      onPointerEnter={onPoint}
    >
      <rect class="column-field" x={x} y={0} width={10} height={100} />
      <rect class="column-bar" x={x + 1.5} y={100 - shown} width={7} height={shown} />
    </g>
  );
}

function DayTable({ days }: { days: readonly Day[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t('overview.day')}</th>
          <th scope="col">{t('overview.images')}</th>
          <th scope="col">{t('overview.size')}</th>
        </tr>
      </thead>
      <tbody>
        {days.map(({ day, instances, bytes }) => (
          <tr key={day}>
            <th scope="row">{formatDay(day)}</th>
            <td>{formatNumber(instances)}</td>
            <td>{formatBytes(bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
