import type { Status } from '../../../api/status.ts';
import { t } from '../../lib/i18n.ts';
import { useStatus } from '../../lib/live.ts';
import { problemText } from '../../lib/problem-text.ts';
import { Button, Card, CopyText, copy, KeyValue, type KeyValueItem, Loading, toast } from '../../ui/index.ts';

interface Line {
  label: string;
  value: string;
}

/** What the service engineer asks for. */
export function ModalityCard() {
  const status = useStatus();
  const lines = status === undefined ? [] : linesOf(status);
  const copyAll = () => {
    const text = lines.map(({ label, value }) => `${label}: ${value}`).join('\n');
    copy(text).then(
      () => toast(t('peers.modality.copied')),
      (error: unknown) => toast(problemText(error), 'danger'),
    );
  };
  return (
    <Card title={t('peers.modality.title')} class="modality-card">
      <p class="soft modality-words">{t('peers.modality.words')}</p>
      {status === undefined ? (
        <Loading />
      ) : (
        <>
          <KeyValue items={lines.map(itemOf)} />
          {status.aeTitles.length > 1 && (
            <p class="soft modality-words">
              {t('peers.modality.also', { aeTitles: status.aeTitles.slice(1).join(', ') })}
            </p>
          )}
          <Button icon="copy" onClick={copyAll}>
            {t('peers.modality.copy-all')}
          </Button>
        </>
      )}
    </Card>
  );
}

function linesOf(status: Status): Line[] {
  const portOf = (service: 'dimse' | 'dimse-tls') =>
    status.listening.filter((listening) => listening.service === service).map(({ port }) => String(port));
  // A machine that tells no address of its own is reached as this browser reaches it.
  const addresses = status.addresses.length === 0 ? [location.hostname] : status.addresses;
  return [
    { label: t('peers.modality.ae-title'), value: status.aeTitles[0] ?? '' },
    ...addresses.map((value) => ({ label: t('peers.modality.address'), value })),
    ...portOf('dimse').map((value) => ({ label: t('peers.modality.port'), value })),
    ...portOf('dimse-tls').map((value) => ({ label: t('peers.modality.tls-port'), value })),
  ];
}

function itemOf({ label, value }: Line): KeyValueItem {
  return { label, value: <CopyText text={value} label={`${label} ${value}`} /> };
}
