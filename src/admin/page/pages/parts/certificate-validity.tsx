import type { Certificate } from '../../../api/settings.ts';
import { t } from '../../lib/i18n.ts';
import { Badge } from '../../ui/index.ts';

const EXPIRES_SOON_MS = 30 * 86_400_000;

/** A word where a certificate has expired, or will soon. */
export function ExpiryBadge({ validUntil }: Pick<Certificate, 'validUntil'>) {
  const leftMs = validUntil - Date.now();
  if (leftMs < 0) return <Badge tone="danger">{t('settings.certificate.expired')}</Badge>;
  if (leftMs < EXPIRES_SOON_MS) return <Badge tone="warning">{t('settings.certificate.expires-soon')}</Badge>;
  return null;
}
