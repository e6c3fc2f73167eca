import { useState } from 'preact/hooks';
import { ApiError, api } from './lib/api.ts';
import { t } from './lib/i18n.ts';
import { refreshStatus } from './lib/live.ts';
import { problemText } from './lib/problem-text.ts';
import { sessionStore } from './lib/session.ts';
import { Button, Dialog, Field, Input, Notice, toast } from './ui/index.ts';

const PASSWORD_CHARS_MIN = 10;

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [repeated, setRepeated] = useState('');
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | undefined>();
  const isShort = next.length < PASSWORD_CHARS_MIN;
  const isDifferent = next !== repeated;

  const change = async () => {
    setTried(true);
    if (isShort || isDifferent) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      await api.put('/api/account/password', { current, next });
      const session = sessionStore.value;
      if (session !== undefined) sessionStore.set({ ...session, mustChangePassword: false });
      // The warning of the first password goes with it.
      refreshStatus();
      toast(t('shell.password.changed'));
      onClose();
    } catch (error) {
      setRefusal(
        error instanceof ApiError && error.status === 403 ? error.problem.detail : problemText(error),
      );
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={t('shell.password.change')}
      onClose={onClose}
      onSubmit={() => void change()}
      footer={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button type="submit" variant="primary" busy={isBusy}>
            {t('shell.password.change')}
          </Button>
        </>
      }
    >
      {refusal !== undefined && <Notice tone="danger" isAlert title={refusal} />}
      <Field label={t('shell.password.current')}>
        <Input
          type="password"
          value={current}
          onInput={setCurrent}
          autoComplete="current-password"
          autofocus
        />
      </Field>
      <Field
        label={t('shell.password.next')}
        hint={t('shell.password.hint')}
        error={isTried && isShort ? t('shell.password.short') : undefined}
      >
        <Input type="password" value={next} onInput={setNext} autoComplete="new-password" />
      </Field>
      <Field
        label={t('shell.password.repeat')}
        error={isTried && !isShort && isDifferent ? t('shell.password.differs') : undefined}
      >
        <Input type="password" value={repeated} onInput={setRepeated} autoComplete="new-password" />
      </Field>
    </Dialog>
  );
}
