import { useState } from 'preact/hooks';
import type { User } from '../../../api/accounts.ts';
import { api } from '../../lib/api.ts';
import { formatDate, t } from '../../lib/i18n.ts';
import { problemText } from '../../lib/problem-text.ts';
import { useSession } from '../../lib/session.ts';
import { useLoad } from '../../lib/use-load.ts';
import {
  Badge,
  Button,
  Card,
  type Column,
  ErrorNotice,
  Loading,
  Menu,
  type MenuItem,
  RelativeTime,
  Table,
  toast,
} from '../../ui/index.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { NewUserDialog, PasswordResetDialog } from './user-dialogs.tsx';

type Opened = { kind: 'new' } | { kind: 'password' | 'remove'; user: User };

/** Who may sign in, and as what. */
export function AccountsTab() {
  const { data, error, reload } = useLoad(
    (signal) => api.get<{ items: User[] }>('/api/users', {}, signal),
    [],
  );
  const [opened, setOpened] = useState<Opened | undefined>(undefined);
  const own = useSession()?.name;
  const close = () => setOpened(undefined);
  const done = () => {
    close();
    reload();
  };
  const changeRole = ({ name, role }: User) => {
    api
      .patch(pathOf(name), { role: role === 'admin' ? 'viewer' : 'admin' })
      .then(reload, (thrown: unknown) => {
        toast(problemText(thrown), 'danger');
      });
  };
  const itemsFor = (user: User): MenuItem[] => {
    const isOwn = user.name === own;
    const role: MenuItem = {
      label: user.role === 'admin' ? t('settings.users.make-viewer') : t('settings.users.make-admin'),
      icon: 'user',
      onSelect: () => changeRole(user),
    };
    const password: MenuItem = {
      label: t('settings.users.reset-password'),
      icon: 'key',
      onSelect: () => setOpened({ kind: 'password', user }),
    };
    const remove: MenuItem = {
      label: t('settings.users.remove'),
      icon: 'trash',
      isDanger: true,
      onSelect: () => setOpened({ kind: 'remove', user }),
    };
    // Nobody locks himself out by a slip: his own password is changed in the account menu.
    return isOwn ? [] : [role, password, remove];
  };
  return (
    <>
      <Card
        title={t('settings.users')}
        isFlush
        actions={
          <Button icon="plus" size="small" onClick={() => setOpened({ kind: 'new' })}>
            {t('settings.users.add')}
          </Button>
        }
      >
        {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
        {data === undefined && error === undefined && <Loading />}
        {data !== undefined && (
          <Table
            label={t('settings.users')}
            columns={columnsOf(own, itemsFor)}
            rows={data.items}
            rowKey={({ name }) => name}
          />
        )}
      </Card>
      {opened?.kind === 'new' && <NewUserDialog onClose={close} onDone={done} />}
      {opened?.kind === 'password' && (
        <PasswordResetDialog user={opened.user} onClose={close} onDone={done} />
      )}
      {opened?.kind === 'remove' && <RemoveDialog user={opened.user} onClose={close} onDone={done} />}
    </>
  );
}

function columnsOf(own: string | undefined, itemsFor: (user: User) => MenuItem[]): Column<User>[] {
  return [
    {
      key: 'name',
      label: t('settings.users.name'),
      isPrimary: true,
      render: ({ name }) => (
        <>
          {name} {name === own && <Badge tone="info">{t('settings.users.you')}</Badge>}
        </>
      ),
    },
    { key: 'role', label: t('settings.role'), render: ({ role }) => t(`shell.role.${role}`) },
    { key: 'createdAt', label: t('settings.created'), render: ({ createdAt }) => formatDate(createdAt) },
    {
      key: 'lastLoginAt',
      label: t('settings.users.last-login'),
      render: ({ lastLoginAt }) =>
        lastLoginAt === null ? (
          <span class="soft">{t('settings.never')}</span>
        ) : (
          <RelativeTime at={lastLoginAt} />
        ),
    },
    {
      key: 'actions',
      label: t('settings.actions'),
      align: 'right',
      render: (user) => {
        const items = itemsFor(user);
        return items.length === 0 ? null : (
          <Menu label={t('settings.users.actions', { name: user.name })} items={items} />
        );
      },
    },
  ];
}

interface RemoveDialogProps {
  user: User;
  onClose(): void;
  onDone(): void;
}

function RemoveDialog({ user: { name }, onClose, onDone }: RemoveDialogProps) {
  return (
    <ConfirmDialog
      title={t('settings.users.remove.title', { name })}
      action={t('settings.users.remove')}
      onConfirm={() => api.del(pathOf(name)).then(onDone)}
      onClose={onClose}
    >
      <p>{t('settings.users.remove.words')}</p>
    </ConfirmDialog>
  );
}

function pathOf(name: string): string {
  return `/api/users/${encodeURIComponent(name)}`;
}
