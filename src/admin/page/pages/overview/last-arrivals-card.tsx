import type { Status } from '../../../api/status.ts';
import { t } from '../../lib/i18n.ts';
import { Badge, Card, RelativeTime } from '../../ui/index.ts';

const PEERS_MAX = 9;

export function LastArrivalsCard({ arrivals }: { arrivals: Status['lastArrivals'] }) {
  return (
    <Card title={t('overview.last')} class="last-arrivals">
      {arrivals.length === 0 ? (
        <p class="soft quiet-line">{t('overview.last.none')}</p>
      ) : (
        <ul class="rows">
          {arrivals.slice(0, PEERS_MAX).map(({ aeTitle, isPeer, lastStoredAt, instancesToday }) => (
            <li key={aeTitle}>
              <span class="rows-name">
                <span class="code">{aeTitle}</span>
                {!isPeer && <Badge>{t('overview.last.unknown')}</Badge>}
              </span>
              <span class="rows-value">
                <RelativeTime at={lastStoredAt} />
                {instancesToday > 0 && (
                  <span class="soft">{t('overview.last.today', { count: instancesToday })}</span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
