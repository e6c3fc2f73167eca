import { useState } from 'preact/hooks';
import type { Certificate } from '../../../api/settings.ts';
import { api } from '../../lib/api.ts';
import { formatDate, t } from '../../lib/i18n.ts';
import { useLoad } from '../../lib/use-load.ts';
import {
  Badge,
  Button,
  Card,
  CopyText,
  ErrorNotice,
  KeyValue,
  type KeyValueItem,
  Loading,
  toast,
} from '../../ui/index.ts';
import { CertificateDialog } from './certificate-dialog.tsx';
import { ExpiryBadge } from './certificate-validity.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** The certificate of this page and of DICOM over TLS. */
export function CertificateCard({ isAdmin }: { isAdmin: boolean }) {
  const { data, error, reload } = useLoad(
    (signal) => api.get<Certificate>('/api/certificate', {}, signal),
    [],
  );
  const [open, setOpen] = useState<'replace' | 'reset' | undefined>(undefined);
  const close = () => setOpen(undefined);
  const done = (words: string) => {
    toast(words);
    close();
    reload();
  };
  const reset = async () => {
    await api.del('/api/certificate');
    done(t('settings.certificate.reset.done'));
  };
  return (
    <Card title={t('settings.certificate')}>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {data !== undefined && (
        <div class="certificate">
          <p class="soft card-words">{t('settings.certificate.words')}</p>
          <KeyValue items={factsOf(data)} />
          {isAdmin && (
            <div class="actions">
              <Button icon="key" onClick={() => setOpen('replace')}>
                {t('settings.certificate.replace')}
              </Button>
              {!data.isSelfSigned && (
                <Button onClick={() => setOpen('reset')}>{t('settings.certificate.reset')}</Button>
              )}
            </div>
          )}
        </div>
      )}
      {open === 'replace' && (
        <CertificateDialog onClose={close} onReplaced={() => done(t('settings.certificate.replaced'))} />
      )}
      {open === 'reset' && (
        <ConfirmDialog
          title={t('settings.certificate.reset.title')}
          action={t('settings.certificate.reset')}
          onConfirm={reset}
          onClose={close}
        >
          <p>{t('settings.certificate.reset.words')}</p>
        </ConfirmDialog>
      )}
    </Card>
  );
}

function factsOf(certificate: Certificate): KeyValueItem[] {
  const fingerprint = certificate.sha256Fingerprint;
  return [
    {
      label: t('settings.certificate.kind'),
      value: certificate.isSelfSigned ? (
        <Badge>{t('settings.certificate.self-signed')}</Badge>
      ) : (
        <Badge tone="good">{t('settings.certificate.own')}</Badge>
      ),
    },
    { label: t('settings.certificate.subject'), value: certificate.subject },
    { label: t('settings.certificate.issuer'), value: certificate.issuer },
    { label: t('settings.certificate.names'), value: certificate.names.join(', ') },
    { label: t('settings.certificate.valid'), value: validityOf(certificate) },
    {
      label: t('settings.certificate.fingerprint'),
      value: <CopyText text={fingerprint} label={t('settings.certificate.fingerprint')} />,
    },
  ];
}

function validityOf({ validFrom, validUntil }: Certificate) {
  return (
    <>
      {t('settings.certificate.from-until', { from: formatDate(validFrom), until: formatDate(validUntil) })}{' '}
      <ExpiryBadge validUntil={validUntil} />
    </>
  );
}
