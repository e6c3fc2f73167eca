import type { Status } from '../../../api/status.ts';
import { formatBytes, formatNumber, t } from '../../lib/i18n.ts';
import { Card, KeyValue } from '../../ui/index.ts';

export function TotalsCard({ totals }: { totals: Status['totals'] }) {
  return (
    <Card title={t('overview.totals')} class="totals">
      <KeyValue
        items={[
          { label: t('overview.totals.studies'), value: formatNumber(totals.studies) },
          { label: t('overview.images'), value: formatNumber(totals.instances) },
          { label: t('overview.size'), value: formatBytes(totals.bytes) },
        ]}
      />
    </Card>
  );
}
