import { useState } from 'preact/hooks';
import type { Role, User } from '../../../api/accounts.ts';
import type { ApiError } from '../../lib/api.ts';
import { api } from '../../lib/api.ts';
import { hasMessage, t } from '../../lib/i18n.ts';
import { problemText } from '../../lib/problem-text.ts';
import { Button, copy, Dialog, ErrorNotice, Field, Input, Select, toast } from '../../ui/index.ts';
import { randomPassword } from './random-password.ts';
import { useSubmit } from './use-submit.ts';

interface UserDialogProps {
  onClose(): void;
  onDone(): void;
}

export function NewUserDialog({ onClose, onDone }: UserDialogProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');
  const { isBusy, error, submit } = useSubmit(async () => {
    await api.post<User>('/api/users', { name, role, password });
    toast(t('settings.users.added', { name }));
    onDone();
  });
  return (
    <Dialog
      title={t('settings.users.add')}
      onClose={onClose}
      onSubmit={submit}
      footer={<Footer onClose={onClose} isBusy={isBusy} action={t('settings.users.add')} />}
    >
      <Refused error={error} />
      <Field label={t('settings.users.name')} error={issueWords(error, 'name')}>
        <Input value={name} maxLength={64} autofocus autoComplete="off" onInput={setName} />
      </Field>
      <RoleField role={role} onRole={setRole} />
      <PasswordField password={password} onPassword={setPassword} error={error} />
    </Dialog>
  );
}

export function PasswordResetDialog({ user, onClose, onDone }: UserDialogProps & { user: User }) {
  const [password, setPassword] = useState('');
  const { isBusy, error, submit } = useSubmit(async () => {
    await api.patch(`/api/users/${encodeURIComponent(user.name)}`, { password });
    toast(t('settings.users.password-reset', { name: user.name }));
    onDone();
  });
  return (
    <Dialog
      title={t('settings.users.reset-password.title', { name: user.name })}
      onClose={onClose}
      onSubmit={submit}
      footer={<Footer onClose={onClose} isBusy={isBusy} action={t('settings.users.reset-password')} />}
    >
      <Refused error={error} />
      <p class="dialog-lead">{t('settings.users.reset-password.words')}</p>
      <PasswordField password={password} onPassword={setPassword} error={error} />
    </Dialog>
  );
}

export function RoleField({ role, onRole }: { role: Role; onRole(role: Role): void }) {
  return (
    <Field label={t('settings.role')} hint={t(`settings.role.${role}.hint`)}>
      <Select
        value={role}
        options={(['viewer', 'admin'] as const).map((value) => ({ value, label: t(`shell.role.${value}`) }))}
        onInput={(value) => onRole(value === 'admin' ? 'admin' : 'viewer')}
      />
    </Field>
  );
}

interface PasswordFieldProps {
  password: string;
  error: ApiError | undefined;
  onPassword(password: string): void;
}

/** A password that another person will type: shown, so that it can be told. */
function PasswordField({ password, error, onPassword }: PasswordFieldProps) {
  const copyPassword = () => {
    copy(password).then(
      () => toast(t('settings.users.password.copied')),
      (refused: unknown) => toast(problemText(refused), 'danger'),
    );
  };
  return (
    <>
      <Field
        label={t('settings.users.password')}
        hint={t('settings.users.password.hint')}
        error={issueWords(error, 'password')}
      >
        <Input isCode value={password} maxLength={256} autoComplete="off" onInput={onPassword} />
      </Field>
      <div class="field-after">
        <Button size="small" icon="key" onClick={() => onPassword(randomPassword())}>
          {t('settings.users.password.make')}
        </Button>
        {password !== '' && (
          <Button size="small" icon="copy" onClick={copyPassword}>
            {t('settings.users.password.copy')}
          </Button>
        )}
      </div>
    </>
  );
}

export function Footer({ onClose, isBusy, action }: { onClose(): void; isBusy: boolean; action: string }) {
  return (
    <>
      <Button onClick={onClose}>{t('shell.cancel')}</Button>
      <Button variant="primary" type="submit" busy={isBusy}>
        {action}
      </Button>
    </>
  );
}

/** What is not said at a field. */
export function Refused({ error }: { error: ApiError | undefined }) {
  return error === undefined || (error.problem.issues ?? []).length > 0 ? null : (
    <ErrorNotice error={error} />
  );
}

export function issueWords(error: ApiError | undefined, field: string): string | undefined {
  const issue = error?.problem.issues?.find(({ path }) => path === field);
  if (issue === undefined) return undefined;
  return hasMessage(`settings.users.invalid.${field}`) ? t(`settings.users.invalid.${field}`) : issue.message;
}
