import type { Status } from '../../../api/status.ts';
import { formatDuration, t } from '../../lib/i18n.ts';
import { Card, CopyText, KeyValue, type KeyValueItem } from '../../ui/index.ts';

const ENGINE_NAMES: Readonly<Record<Status['catalog']['engine'], string>> = {
  mariadb: 'MariaDB',
  sqlite: 'SQLite',
};

/** What one types into a modality. */
export function ListeningCard({ status }: { status: Status }) {
  const { aeTitles, addresses, listening, catalog } = status;
  const portItems = listening.map(({ service, port }) => {
    const label = t(service === 'dimse' ? 'overview.port' : 'overview.port-tls');
    return { label, value: <CopyText text={String(port)} label={label} /> };
  });
  const items: KeyValueItem[] = [
    {
      label: t(aeTitles.length === 1 ? 'overview.ae-title' : 'overview.ae-titles'),
      value: aeTitles.map((title) => <CopyText key={title} text={title} label={t('overview.ae-title')} />),
    },
    {
      label: t('overview.address'),
      value: addresses.map((address) => (
        <CopyText key={address} text={address} label={t('overview.address')} />
      )),
    },
    ...(portItems.length > 0
      ? portItems
      : [{ label: t('overview.port'), value: <span class="bad">{t('overview.not-listening')}</span> }]),
    { label: t('overview.catalog'), value: <CatalogState catalog={catalog} /> },
  ];
  return (
    <Card title={t('overview.listening')} class="listening">
      <KeyValue items={items} />
    </Card>
  );
}

function CatalogState({ catalog: { engine, isReachable, latencyMs } }: Pick<Status, 'catalog'>) {
  const name = ENGINE_NAMES[engine];
  if (!isReachable) return <span class="bad">{t('overview.catalog.silent', { engine: name })}</span>;
  if (latencyMs === null) return <>{name}</>;
  // Of a local database it is below one millisecond, and "0 ms" would look broken.
  const time = formatDuration(Math.max(1, latencyMs));
  return <>{t('overview.catalog.answers', { engine: name, time })}</>;
}
