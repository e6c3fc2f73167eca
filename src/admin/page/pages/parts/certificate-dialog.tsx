import { useState } from 'preact/hooks';
import { api } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { Button, Dialog, ErrorNotice } from '../../ui/index.ts';
import { PemField } from './pem-field.tsx';
import { useSubmit } from './use-submit.ts';

interface CertificateDialogProps {
  onClose(): void;
  onReplaced(): void;
}

/** Takes the owner's certificate and key as PEM: files, or pasted. */
export function CertificateDialog({ onClose, onReplaced }: CertificateDialogProps) {
  const [certificate, setCertificate] = useState('');
  const [privateKey, setPrivateKey] = useState('');
  const { isBusy, error, submit } = useSubmit(async () => {
    await api.put('/api/certificate', { certificate, privateKey });
    onReplaced();
  });
  return (
    <Dialog
      title={t('settings.certificate.replace')}
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button
            variant="primary"
            type="submit"
            busy={isBusy}
            disabled={certificate.trim() === '' || privateKey.trim() === ''}
          >
            {t('settings.certificate.use')}
          </Button>
        </>
      }
    >
      {error !== undefined && <ErrorNotice error={error} />}
      <PemField
        label={t('settings.certificate.pem')}
        hint={t('settings.certificate.pem.hint')}
        placeholder="-----BEGIN CERTIFICATE-----"
        value={certificate}
        onValue={setCertificate}
      />
      <PemField
        label={t('settings.certificate.key')}
        hint={t('settings.certificate.key.hint')}
        placeholder="-----BEGIN PRIVATE KEY-----"
        value={privateKey}
        onValue={setPrivateKey}
      />
    </Dialog>
  );
}
