import type { ComponentChildren } from 'preact';
import type { ApiError } from '../lib/api.ts';
import { t } from '../lib/locale.ts';
import { problemText } from '../lib/problem-text.ts';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'neutral' | 'info' | 'good' | 'warning' | 'danger';

const TONE_ICONS: Readonly<Record<Tone, IconName>> = {
  neutral: 'info',
  info: 'info',
  good: 'check',
  warning: 'warning',
  danger: 'error',
};

interface NoticeProps {
  tone: Tone;
  title?: ComponentChildren;
  children?: ComponentChildren;
  actions?: ComponentChildren;
  /** Read out when it appears. */
  isAlert?: boolean;
}

export function Notice({ tone, title, children, actions, isAlert = false }: NoticeProps) {
  return (
    <div class={`notice tone-${tone}`} role={isAlert ? 'alert' : undefined}>
      <Icon name={TONE_ICONS[tone]} />
      <div class="notice-text">
        {title !== undefined && <p class="notice-title">{title}</p>}
        {children}
      </div>
      {actions !== undefined && <div class="notice-actions">{actions}</div>}
    </div>
  );
}

/** What was refused, in the reader's words, and below it as it stands in the log. */
export function ErrorNotice({ error, onRetry }: { error: ApiError; onRetry?: (() => void) | undefined }) {
  const { detail } = error.problem;
  const text = problemText(error);
  return (
    <Notice
      tone="danger"
      isAlert
      title={text}
      actions={onRetry === undefined ? undefined : <Button onClick={onRetry}>{t('shell.retry')}</Button>}
    >
      {detail !== '' && detail !== text && <p class="notice-detail">{detail}</p>}
    </Notice>
  );
}
