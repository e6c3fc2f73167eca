import { useState } from 'preact/hooks';
import type { Role, Token } from '../../../api/accounts.ts';
import { api } from '../../lib/api.ts';
import { formatDate, t } from '../../lib/i18n.ts';
import { useLoad } from '../../lib/use-load.ts';
import {
  Button,
  Card,
  type Column,
  CopyText,
  Dialog,
  EmptyState,
  ErrorNotice,
  Field,
  Input,
  Loading,
  Notice,
  RelativeTime,
  Table,
} from '../../ui/index.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { useSubmit } from './use-submit.ts';
import { Footer, Refused, RoleField } from './user-dialogs.tsx';

/** For scripts and other programs, which have no session. */
export function TokensTab() {
  const { data, error, reload } = useLoad(
    (signal) => api.get<{ items: Token[] }>('/api/tokens', {}, signal),
    [],
  );
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<Token | undefined>(undefined);
  const revoke = async ({ id }: Token) => {
    await api.del(`/api/tokens/${id}`);
    setRemoved(undefined);
    reload();
  };
  return (
    <>
      <Card
        title={t('settings.tokens')}
        isFlush
        actions={
          <Button icon="plus" size="small" onClick={() => setAdding(true)}>
            {t('settings.tokens.add')}
          </Button>
        }
      >
        <p class="soft card-words">{t('settings.tokens.words')}</p>
        {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
        {data === undefined && error === undefined && <Loading />}
        {data !== undefined && (
          <Table
            label={t('settings.tokens')}
            columns={columnsOf(setRemoved)}
            rows={data.items}
            rowKey={({ id }) => id}
            empty={<EmptyState icon="key" title={t('settings.tokens.none')} />}
          />
        )}
      </Card>
      {isAdding && <NewTokenDialog onClose={() => setAdding(false)} onAdded={reload} />}
      {removed !== undefined && (
        <ConfirmDialog
          title={t('settings.tokens.remove.title', { name: removed.name })}
          action={t('settings.tokens.remove')}
          onConfirm={() => revoke(removed)}
          onClose={() => setRemoved(undefined)}
        >
          <p>{t('settings.tokens.remove.words')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function columnsOf(onRemove: (token: Token) => void): Column<Token>[] {
  return [
    { key: 'name', label: t('settings.tokens.name'), isPrimary: true },
    { key: 'role', label: t('settings.role'), render: ({ role }) => t(`shell.role.${role}`) },
    { key: 'createdAt', label: t('settings.created'), render: ({ createdAt }) => formatDate(createdAt) },
    {
      key: 'lastUsedAt',
      label: t('settings.tokens.last-used'),
      render: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <span class="soft">{t('settings.never')}</span>
        ) : (
          <RelativeTime at={lastUsedAt} />
        ),
    },
    {
      key: 'actions',
      label: t('settings.actions'),
      align: 'right',
      render: (token) => (
        <Button
          size="small"
          title={t('settings.tokens.remove.title', { name: token.name })}
          onClick={() => onRemove(token)}
        >
          {t('settings.tokens.remove')}
        </Button>
      ),
    },
  ];
}

interface NewTokenDialogProps {
  onClose(): void;
  onAdded(): void;
}

/** First what for; then the secret, this once. */
function NewTokenDialog({ onClose, onAdded }: NewTokenDialogProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [secret, setSecret] = useState<string | undefined>(undefined);
  const { isBusy, error, submit } = useSubmit(async () => {
    const created = await api.post<Token & { secret: string }>('/api/tokens', { name, role });
    setSecret(created.secret);
    onAdded();
  });
  if (secret !== undefined) {
    return (
      <Dialog
        title={t('settings.tokens.created', { name })}
        onClose={onClose}
        footer={
          <Button variant="primary" onClick={onClose}>
            {t('settings.tokens.done')}
          </Button>
        }
      >
        <Notice tone="warning" title={t('settings.tokens.once')} isAlert />
        <div class="secret">
          <CopyText text={secret} label={t('settings.tokens.secret')} />
        </div>
        <p class="soft">{t('settings.tokens.use')}</p>
        <p class="code">Authorization: Bearer dk_…</p>
      </Dialog>
    );
  }
  return (
    <Dialog
      title={t('settings.tokens.add')}
      onClose={onClose}
      onSubmit={submit}
      footer={<Footer onClose={onClose} isBusy={isBusy} action={t('settings.tokens.add')} />}
    >
      <Refused error={error} />
      <Field
        label={t('settings.tokens.name')}
        hint={t('settings.tokens.name.hint')}
        error={error?.problem.issues === undefined ? undefined : t('settings.tokens.invalid')}
      >
        <Input value={name} maxLength={64} autofocus autoComplete="off" onInput={setName} />
      </Field>
      <RoleField role={role} onRole={setRole} />
    </Dialog>
  );
}
