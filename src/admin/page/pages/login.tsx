import { useState } from 'preact/hooks';
import type { Session } from '../../api/accounts.ts';
import { AppearanceMenus } from '../appearance-menus.tsx';
import { Brand } from '../brand.tsx';
import { ApiError, api } from '../lib/api.ts';
import { t } from '../lib/i18n.ts';
import { problemText } from '../lib/problem-text.ts';
import { sessionStore } from '../lib/session.ts';
import { Button, Field, Input, Notice, Toaster } from '../ui/index.ts';

/** In place of any page while nobody has signed in; that page is there afterwards. */
export function LoginPage() {
  return (
    <div class="login">
      <main class="login-card">
        <Brand />
        <h1>{t('shell.login.title')}</h1>
        <LoginForm />
        <details class="login-first">
          <summary>{t('shell.login.first')}</summary>
          <p>{t('shell.login.first.words')}</p>
        </details>
      </main>
      <div class="login-menus">
        <AppearanceMenus opensUp />
      </div>
      <Toaster />
    </div>
  );
}

function LoginForm() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [refusal, setRefusal] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);

  const signIn = async () => {
    setBusy(true);
    setRefusal(undefined);
    try {
      sessionStore.set(await api.post<Session>('/api/session', { name, password }));
    } catch (error) {
      setRefusal(refusalText(error));
      setBusy(false);
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void signIn();
      }}
    >
      {refusal !== undefined && <Notice tone="danger" isAlert title={refusal} />}
      <Field label={t('shell.login.name')}>
        <Input value={name} onInput={setName} name="username" autoComplete="username" required autofocus />
      </Field>
      <Field label={t('shell.login.password')}>
        <Input
          value={password}
          onInput={setPassword}
          type="password"
          name="password"
          autoComplete="current-password"
          required
        />
      </Field>
      <Button type="submit" variant="primary" busy={isBusy}>
        {t('shell.login.submit')}
      </Button>
    </form>
  );
}

function refusalText(error: unknown): string {
  return error instanceof ApiError && error.status === 401 ? t('shell.login.wrong') : problemText(error);
}
