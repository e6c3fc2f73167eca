import { api } from './lib/api.ts';
import { t } from './lib/i18n.ts';
import { problemText } from './lib/problem-text.ts';
import { sessionStore, useSession } from './lib/session.ts';
import { Icon, Menu, toast } from './ui/index.ts';

interface AccountMenuProps {
  onChangePassword: () => void;
  opensUp?: boolean;
  align?: 'left' | 'right';
  /** The name stands in the button. */
  isWide?: boolean;
}

export function AccountMenu({ onChangePassword, isWide = false, ...rest }: AccountMenuProps) {
  const session = useSession();
  if (session === undefined) return null;
  const { name, role } = session;
  return (
    <Menu
      {...rest}
      label={t('shell.account', { name })}
      header={
        <>
          <strong>{name}</strong>
          <br />
          <span class="soft">{t(`shell.role.${role}`)}</span>
        </>
      }
      items={[
        { label: t('shell.password.change'), icon: 'key', onSelect: onChangePassword },
        { label: t('shell.log-out'), icon: 'log-out', onSelect: () => void end('/api/session') },
        { label: t('shell.log-out-everywhere'), icon: 'lock', onSelect: () => void end('/api/sessions') },
      ]}
    >
      <Icon name="user" />
      {isWide && <span class="account-name">{name}</span>}
    </Menu>
  );
}

async function end(path: string): Promise<void> {
  try {
    await api.del(path);
    sessionStore.set(undefined);
  } catch (error) {
    toast(problemText(error), 'danger');
  }
}
