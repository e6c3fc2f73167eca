import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { Button, Dialog, ErrorNotice } from '../../ui/index.ts';

interface ConfirmDialogProps {
  title: string;
  /** What it means. */
  children: ComponentChildren;
  /** What the button says. */
  action: string;
  /** The dialog says why where it was refused, and is closed by the caller where it was done. */
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asked before something goes away. */
export function ConfirmDialog({ title, children, action, onConfirm, onClose }: ConfirmDialogProps) {
  const [error, setError] = useState<ApiError | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const confirm = () => {
    setBusy(true);
    setError(undefined);
    onConfirm().catch((thrown: unknown) => {
      setBusy(false);
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    });
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={confirm}
      footer={
        <>
          <Button onClick={onClose}>{t('shell.cancel')}</Button>
          <Button variant="danger" type="submit" busy={isBusy}>
            {action}
          </Button>
        </>
      }
    >
      {error !== undefined && <ErrorNotice error={error} />}
      {children}
    </Dialog>
  );
}
