import { t } from '../../lib/i18n.ts';
import { useOpenAssociations } from '../../lib/live.ts';
import { Link } from '../../lib/router.ts';
import { Card } from '../../ui/index.ts';
import { AssociationTable } from '../activity/association-table.tsx';

export function OpenAssociationsCard() {
  const associations = useOpenAssociations();
  return (
    <Card
      title={t('overview.open')}
      class="is-wide"
      isFlush
      actions={<Link href="/activity">{t('overview.open.all')}</Link>}
    >
      {associations.length === 0 ? (
        <p class="soft quiet-line card-pad">{t('overview.open.none')}</p>
      ) : (
        <AssociationTable associations={associations} />
      )}
    </Card>
  );
}
