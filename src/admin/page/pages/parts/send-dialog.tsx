import { useState } from 'preact/hooks';
import type { Job } from '../../../api/jobs.ts';
import type { Peer } from '../../../api/peers.ts';
import { ApiError, api } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { Link } from '../../lib/router.ts';
import { useLoad } from '../../lib/use-load.ts';
import { Button, Dialog, ErrorNotice, Field, Loading, Select } from '../../ui/index.ts';

export interface SendSubject {
  /** API path of the study or series. */
  path: string;
  /** What is sent, in words. */
  label: string;
}

interface SendDialogProps {
  subject: SendSubject;
  onClose(): void;
}

/** Chooses the peer; the job that this makes is shown by SendingJobs. */
export function SendDialog({ subject, onClose }: SendDialogProps) {
  const peers = useLoad((signal) => api.get<{ items: Peer[] }>('/api/peers', {}, signal), []);
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const items = peers.data?.items;
  const peerId = chosen ?? String(items?.[0]?.id ?? '');

  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await api.post<Job>(`${subject.path}/send`, { peerId: Number(peerId) });
      onClose();
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={t('studies.send.title')}
      onClose={onClose}
      onSubmit={peerId === '' ? undefined : send}
      footer={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button variant="primary" type="submit" icon="send" busy={isBusy} disabled={peerId === ''}>
            {t('studies.send.start')}
          </Button>
        </>
      }
    >
      <p class="dialog-lead">{subject.label}</p>
      {(error ?? peers.error) !== undefined && <SendError error={error ?? peers.error} />}
      {items === undefined && peers.error === undefined && <Loading />}
      {items !== undefined && items.length === 0 && (
        <p>
          {t('studies.send.no-peers')} <Link href="/peers">{t('studies.send.add-peer')}</Link>
        </p>
      )}
      {items !== undefined && items.length > 0 && (
        <Field label={t('studies.send.to')} hint={t('studies.send.hint')}>
          <Select
            value={peerId}
            options={items.map(({ id, aeTitle, host, port }) => ({
              value: String(id),
              label: `${aeTitle} (${host}:${port})`,
            }))}
            onInput={setChosen}
          />
        </Field>
      )}
    </Dialog>
  );
}

function SendError({ error }: { error: ApiError | undefined }) {
  return error === undefined ? null : <ErrorNotice error={error} />;
}
