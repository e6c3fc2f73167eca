import { useState } from 'preact/hooks';
import type { Certificate, TrustedCertificates } from '../../../api/settings.ts';
import { api } from '../../lib/api.ts';
import { formatDate, t } from '../../lib/i18n.ts';
import { useLoad } from '../../lib/use-load.ts';
import {
  Button,
  Card,
  CopyText,
  Dialog,
  EmptyState,
  ErrorNotice,
  Loading,
  Table,
  toast,
} from '../../ui/index.ts';
import { ExpiryBadge } from './certificate-validity.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { PemField } from './pem-field.tsx';
import { useSubmit } from './use-submit.ts';

const PATH = '/api/trusted-certificates';

/** The certificates by which devices are known; for administrators. */
export function TrustedCertificatesCard() {
  const { data, error, reload } = useLoad((signal) => api.get<TrustedCertificates>(PATH, {}, signal), []);
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<Certificate | undefined>(undefined);
  const remove = async ({ sha256Fingerprint }: Certificate) => {
    await api.del(`${PATH}/${encodeURIComponent(sha256Fingerprint)}`);
    toast(t('settings.trusted.removed'));
    setRemoved(undefined);
    reload();
  };
  const added = () => {
    toast(t('settings.trusted.added'));
    setAdding(false);
    reload();
  };
  return (
    <Card
      title={t('settings.trusted')}
      isFlush
      actions={
        <Button icon="plus" size="small" onClick={() => setAdding(true)}>
          {t('settings.trusted.add')}
        </Button>
      }
    >
      <p class="soft card-words">{t('settings.trusted.words')}</p>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {data !== undefined && <List certificates={data.items} onRemove={setRemoved} />}
      {isAdding && <AddDialog onClose={() => setAdding(false)} onAdded={added} />}
      {removed !== undefined && (
        <ConfirmDialog
          title={t('settings.trusted.remove.title', { name: removed.subject })}
          action={t('settings.trusted.remove')}
          onConfirm={() => remove(removed)}
          onClose={() => setRemoved(undefined)}
        >
          <p>{t('settings.trusted.remove.words')}</p>
        </ConfirmDialog>
      )}
    </Card>
  );
}

interface ListProps {
  certificates: readonly Certificate[];
  onRemove(certificate: Certificate): void;
}

function List({ certificates, onRemove }: ListProps) {
  return (
    <Table
      label={t('settings.trusted')}
      rows={certificates}
      rowKey={({ sha256Fingerprint }) => sha256Fingerprint}
      empty={<EmptyState icon="key" title={t('settings.trusted.none')} />}
      columns={[
        {
          key: 'subject',
          label: t('settings.trusted.subject'),
          isPrimary: true,
          render: ({ subject, sha256Fingerprint }) => (
            <div class="trusted">
              <span>{subject}</span>
              <CopyText text={sha256Fingerprint} label={t('settings.certificate.fingerprint')} />
            </div>
          ),
        },
        {
          key: 'validUntil',
          label: t('settings.trusted.expires'),
          render: ({ validUntil }) => (
            <span>
              {formatDate(validUntil)} <ExpiryBadge validUntil={validUntil} />
            </span>
          ),
        },
        {
          key: 'actions',
          label: t('settings.actions'),
          align: 'right',
          render: (certificate) => (
            <Button
              size="small"
              title={t('settings.trusted.remove.title', { name: certificate.subject })}
              onClick={() => onRemove(certificate)}
            >
              {t('settings.trusted.remove')}
            </Button>
          ),
        },
      ]}
    />
  );
}

function AddDialog({ onClose, onAdded }: { onClose(): void; onAdded(): void }) {
  const [certificates, setCertificates] = useState('');
  const { isBusy, error, submit } = useSubmit(async () => {
    await api.post<TrustedCertificates>(PATH, { certificates });
    onAdded();
  });
  return (
    <Dialog
      title={t('settings.trusted.add')}
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button variant="primary" type="submit" busy={isBusy} disabled={certificates.trim() === ''}>
            {t('settings.trusted.add')}
          </Button>
        </>
      }
    >
      {error !== undefined && <ErrorNotice error={error} />}
      <PemField
        label={t('settings.certificate.pem')}
        hint={t('settings.trusted.pem.hint')}
        placeholder="-----BEGIN CERTIFICATE-----"
        value={certificates}
        onValue={setCertificates}
      />
    </Dialog>
  );
}
