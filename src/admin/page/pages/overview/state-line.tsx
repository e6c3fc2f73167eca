import { useState } from 'preact/hooks';
import type { Warning } from '../../../api/status.ts';
import { t } from '../../lib/i18n.ts';
import { Link } from '../../lib/router.ts';
import { useSession } from '../../lib/session.ts';
import { warningWords } from '../../lib/warning-words.ts';
import { PasswordDialog } from '../../password-dialog.tsx';
import { Button, Icon } from '../../ui/index.ts';

/** Where it can be mended, or seen. */
const PLACES: Readonly<Partial<Record<Warning['code'], string>>> = {
  conflicts: '/activity?group=conflicts',
  'volume-offline': '/activity?group=system',
  'catalog-unavailable': '/activity?group=system',
  'unknown-callers': '/peers',
  'certificate-expires': '/settings/security',
  'listener-failed': '/settings/dicom',
};

export function StateLine({ warnings }: { warnings: readonly Warning[] }) {
  const hasErrors = warnings.some(({ severity }) => severity === 'error');
  const tone = warnings.length === 0 ? 'good' : hasErrors ? 'danger' : 'warning';
  return (
    <section class={`state-line tone-${tone}`} aria-live="polite">
      <header>
        <Icon name={warnings.length === 0 ? 'check' : 'warning'} size={24} />
        <div>
          <h2>
            {warnings.length === 0 ? t('overview.well') : t('overview.attention', { count: warnings.length })}
          </h2>
          {warnings.length === 0 && <p>{t('overview.well.words')}</p>}
        </div>
      </header>
      {warnings.length > 0 && (
        <ul>
          {warnings.map((warning) => (
            <WarningItem key={warning.words} warning={warning} />
          ))}
        </ul>
      )}
    </section>
  );
}

function WarningItem({ warning }: { warning: Warning }) {
  const { code, severity, values } = warning;
  const { title, advice } = warningWords(warning);
  const place = PLACES[code];
  const reason = values['reason'];
  return (
    <li class={`tone-${severity === 'error' ? 'danger' : 'warning'}`}>
      <Icon name={severity === 'error' ? 'error' : 'warning'} />
      <div>
        <h3>{title}</h3>
        {advice !== '' && <p>{advice}</p>}
        {typeof reason === 'string' && (
          <p class="code" lang="en">
            {reason}
          </p>
        )}
      </div>
      {place !== undefined && (
        <Link href={place} class="button button-quiet button-small">
          {t('overview.warning.more')}
        </Link>
      )}
      {code === 'password-unchanged' && <ChangePassword />}
    </li>
  );
}

/** Where it is the reader's own. */
function ChangePassword() {
  const isOwn = useSession()?.mustChangePassword === true;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {isOwn && (
        <Button size="small" onClick={() => setOpen(true)}>
          {t('shell.password.change')}
        </Button>
      )}
      {isOpen && <PasswordDialog onClose={() => setOpen(false)} />}
    </>
  );
}
