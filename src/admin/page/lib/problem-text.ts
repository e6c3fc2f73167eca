import { ApiError } from './api.ts';
import { hasMessage, t } from './locale.ts';

/** Why something was refused, in the reader's language where there is a sentence for its code, else in the server's words. */
export function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('problems.internal');
  const { code, detail, retryAfter } = error.problem;
  if (code === 'too-many-attempts') return t('problems.too-many-attempts', { count: retryAfter ?? 1 });
  return hasMessage(`problems.${code}`) ? t(`problems.${code}`) : detail;
}
