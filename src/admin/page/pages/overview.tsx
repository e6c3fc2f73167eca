import type { Status } from '../../api/status.ts';
import { formatDuration, t } from '../lib/i18n.ts';
import { useStatus } from '../lib/live.ts';
import { useNow } from '../lib/use-now.ts';
import { Loading, PageHeader } from '../ui/index.ts';
import { DayChart } from './overview/day-chart.tsx';
import { DiskCard } from './overview/disk-card.tsx';
import { LastArrivalsCard } from './overview/last-arrivals-card.tsx';
import { ListeningCard } from './overview/listening-card.tsx';
import { OpenAssociationsCard } from './overview/open-associations-card.tsx';
import { StateLine } from './overview/state-line.tsx';
import { TodayCard } from './overview/today-card.tsx';
import { TotalsCard } from './overview/totals-card.tsx';

/** Whether all is well, in one glance; what goes on, in a second one. */
export function OverviewPage() {
  const status = useStatus();
  return (
    <div class="overview">
      <PageHeader title={t('shell.nav.overview')} />
      {status === undefined ? <Loading /> : <Glance status={status} />}
    </div>
  );
}

function Glance({ status }: { status: Status }) {
  return (
    <>
      <StateLine warnings={status.warnings} />
      <div class="overview-grid">
        <div class="overview-column">
          <TodayCard status={status} />
          <DayChart />
        </div>
        <div class="overview-column">
          <LastArrivalsCard arrivals={status.lastArrivals} />
          <DiskCard volume={status.volume} />
          <ListeningCard status={status} />
          <TotalsCard totals={status.totals} />
        </div>
        <OpenAssociationsCard />
      </div>
      <Version status={status} />
    </>
  );
}

function Version({ status: { version, startedAt } }: { status: Status }) {
  const now = useNow(60_000);
  const time = formatDuration(Math.max(1, Math.floor((now - startedAt) / 60_000)) * 60_000);
  return <p class="overview-version">{t('overview.started', { version, time })}</p>;
}
