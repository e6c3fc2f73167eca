import { useEffect, useState } from 'preact/hooks';
import { AccountMenu } from './account-menu.tsx';
import { AppearanceMenus } from './appearance-menus.tsx';
import { Brand } from './brand.tsx';
import { t } from './lib/i18n.ts';
import { useIsConnected, useLiveStream, useStatus } from './lib/live.ts';
import { Link, useRoute } from './lib/router.ts';
import { useSession } from './lib/session.ts';
import { PAGES, type PageEntry } from './pages.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { Button, EmptyState, Icon, Notice, Toaster } from './ui/index.ts';

/** Navigation around the page that the address names. */
export function Shell() {
  useLiveStream();
  const { segments } = useRoute();
  const page = PAGES.find(({ segment }) => segment === (segments[0] ?? ''));
  useEffect(() => {
    document.title = page === undefined ? 'Dicomkeep' : `${t(page.title)} – Dicomkeep`;
  }, [page]);
  const [isChangingPassword, setChangingPassword] = useState(false);
  const changePassword = () => setChangingPassword(true);
  return (
    <div class="shell">
      <a class="skip-link" href="#content">
        {t('shell.skip')}
      </a>
      <header class="shell-bar">
        <Brand />
        <div class="shell-tools">
          <AppearanceMenus />
          <AccountMenu onChangePassword={changePassword} />
        </div>
      </header>
      <nav class="shell-navigation" aria-label={t('shell.navigation')}>
        <Brand />
        <ul>
          {PAGES.map((entry) => (
            <NavigationItem key={entry.segment} entry={entry} isCurrent={entry === page} />
          ))}
        </ul>
        <div class="shell-tools">
          <AppearanceMenus opensUp align="left" />
          <AccountMenu opensUp align="left" isWide onChangePassword={changePassword} />
        </div>
      </nav>
      <main class="shell-main" id="content" tabIndex={-1}>
        <Banners isOverview={page?.segment === ''} onChangePassword={changePassword} />
        {page === undefined ? <NotFound /> : <page.Page />}
      </main>
      {isChangingPassword && <PasswordDialog onClose={() => setChangingPassword(false)} />}
      <Toaster />
    </div>
  );
}

function NavigationItem({ entry, isCurrent }: { entry: PageEntry; isCurrent: boolean }) {
  const count = useStatus()?.warnings.length ?? 0;
  const hasMark = entry.segment === '' && count > 0;
  return (
    <li>
      <Link href={`/${entry.segment}`} class="navigation-link" aria-current={isCurrent ? 'page' : undefined}>
        <Icon name={entry.icon} />
        <span>{t(entry.title)}</span>
        {hasMark && (
          <span class="navigation-mark">
            <span aria-hidden="true">{count}</span>
            <span class="visually-hidden">{t('overview.attention', { count })}</span>
          </span>
        )}
      </Link>
    </li>
  );
}

/** What concerns every page. */
function Banners({ isOverview, onChangePassword }: { isOverview: boolean; onChangePassword: () => void }) {
  const isConnected = useIsConnected();
  const session = useSession();
  const warnings = useStatus()?.warnings;
  // The overview says it among its warnings.
  const isSaid = isOverview && warnings?.some(({ code }) => code === 'password-unchanged') !== false;
  return (
    <div class="banners">
      {!isConnected && <Notice tone="danger" isAlert title={t('shell.disconnected')} />}
      {session?.mustChangePassword === true && !isSaid && (
        <Notice
          tone="warning"
          title={t('shell.password.first')}
          actions={<Button onClick={onChangePassword}>{t('shell.password.change')}</Button>}
        >
          <p>{t('shell.password.first.words')}</p>
        </Notice>
      )}
    </div>
  );
}

function NotFound() {
  return (
    <EmptyState icon="search" title={t('shell.not-found.title')}>
      <Link href="/">{t('shell.not-found.back')}</Link>
    </EmptyState>
  );
}
