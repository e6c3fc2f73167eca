import type { SettingsAnswer } from '../../../api/settings.ts';
import type { Status } from '../../../api/status.ts';
import { formatBytes, formatDateTime, formatDuration, formatNumber, t } from '../../lib/i18n.ts';
import { useStatus } from '../../lib/live.ts';
import { Badge, Card, KeyValue, type KeyValueItem, Loading } from '../../ui/index.ts';

/** What runs here, and what only its configuration can change. */
export function AboutTab({ fixed }: { fixed: SettingsAnswer['fixed'] | undefined }) {
  const status = useStatus();
  if (fixed === undefined || status === undefined) return <Loading />;
  return (
    <div class="settings-cards">
      <Card title={t('settings.about.program')}>
        <KeyValue items={programFacts(status)} />
      </Card>
      <Card title={t('settings.about.volume')}>
        <KeyValue items={volumeFacts(status)} />
      </Card>
      <Card title={t('settings.about.fixed')}>
        <p class="soft card-words">{t('settings.about.fixed.words')}</p>
        <KeyValue
          items={[
            {
              label: t('settings.about.admin-address'),
              value: codeOf(`${fixed.adminHost}:${fixed.adminPort}`),
            },
            { label: t('settings.about.dimse-host'), value: codeOf(fixed.dimseHost) },
            { label: t('settings.about.volume-path'), value: codeOf(fixed.volumePath) },
            { label: t('settings.about.database'), value: codeOf(fixed.database) },
          ]}
        />
      </Card>
      <Card title={t('settings.about.interfaces')}>
        <KeyValue
          items={[
            { label: t('settings.about.openapi'), value: pathLink('/api/openapi.json') },
            { label: t('settings.about.metrics'), value: pathLink('/metrics') },
            { label: t('settings.about.health'), value: pathLink('/readyz') },
          ]}
        />
      </Card>
    </div>
  );
}

function programFacts({ version, startedAt, now, timeZone, catalog, totals }: Status): KeyValueItem[] {
  return [
    { label: t('settings.about.version'), value: `Dicomkeep ${version}` },
    {
      label: t('settings.about.running'),
      value: t('settings.about.running-since', {
        duration: formatDuration(now - startedAt),
        time: formatDateTime(startedAt),
      }),
    },
    { label: t('settings.about.catalog'), value: catalog.engine === 'mariadb' ? 'MariaDB' : 'SQLite' },
    { label: t('settings.about.studies'), value: formatNumber(totals.studies) },
    { label: t('settings.about.instances'), value: formatNumber(totals.instances) },
    { label: t('settings.about.time-zone'), value: timeZone },
  ];
}

function volumeFacts({ volume }: Status): KeyValueItem[] {
  const bytes = (value: number | null) => (value === null ? '—' : formatBytes(value));
  const isOnline = volume.state === 'online';
  return [
    { label: t('settings.about.volume-path'), value: codeOf(volume.path) },
    {
      label: t('settings.about.volume-state'),
      value: (
        <>
          <Badge tone={isOnline ? 'good' : 'danger'}>{t(`settings.about.volume.${volume.state}`)}</Badge>{' '}
          {volume.words}
        </>
      ),
    },
    { label: t('settings.about.volume-free'), value: bytes(volume.freeBytes) },
    { label: t('settings.about.volume-total'), value: bytes(volume.totalBytes) },
    { label: t('settings.about.volume-id'), value: codeOf(volume.id === '' ? '—' : volume.id) },
  ];
}

function codeOf(text: string) {
  return <span class="code">{text}</span>;
}

function pathLink(path: string) {
  return (
    <a class="code" href={path} target="_blank" rel="noreferrer">
      {path}
    </a>
  );
}
