import './common.css';
import './peers.css';
import './settings.css';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../lib/i18n.ts';
import { navigate, useRoute } from '../lib/router.ts';
import { useIsAdmin } from '../lib/session.ts';
import { ErrorNotice, Loading, Notice, PageHeader, Tabs } from '../ui/index.ts';
import { AboutTab } from './parts/about-tab.tsx';
import { AccountsTab } from './parts/accounts-tab.tsx';
import { CertificateCard } from './parts/certificate-card.tsx';
import { DicomSettings } from './parts/dicom-settings.tsx';
import { SaveBar } from './parts/save-bar.tsx';
import { SecuritySettings } from './parts/security-settings.tsx';
import { TokensTab } from './parts/tokens-tab.tsx';
import { TrustedCertificatesCard } from './parts/trusted-certificates-card.tsx';
import { type SettingsEditor, useSettingsEditor } from './parts/use-settings-editor.ts';

const TABS = ['dicom', 'security', 'accounts', 'tokens', 'about'] as const;
/** Of users and tokens a viewer is told nothing. */
const ADMIN_TABS: readonly string[] = ['accounts', 'tokens'];

/** /settings, /settings/<tab>. What is changed on two tabs is saved together. */
export function SettingsPage() {
  const { segments } = useRoute();
  const isAdmin = useIsAdmin();
  const editor = useSettingsEditor();
  const tabs = TABS.filter((tab) => isAdmin || !ADMIN_TABS.includes(tab));
  const selected = tabs.find((tab) => tab === segments[1]) ?? 'dicom';

  // On a narrow screen the tabs scroll.
  const page = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tab = page.current?.querySelector('[role="tab"][aria-selected="true"]');
    tab?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [selected]);

  return (
    <div class="settings" ref={page}>
      <PageHeader title={t('settings.title')} />
      <Tabs
        label={t('settings.title')}
        tabs={tabs.map((key) => ({ key, label: t(`settings.tab.${key}`) }))}
        selected={selected}
        onSelect={(key) => navigate(`/settings/${key}`, true)}
      >
        {!isAdmin && selected !== 'about' && <Notice tone="neutral" title={t('settings.read-only')} />}
        {editor.loadError !== undefined && <ErrorNotice error={editor.loadError} onRetry={editor.reload} />}
        {selected === 'accounts' && <AccountsTab />}
        {selected === 'tokens' && <TokensTab />}
        {selected === 'about' && <AboutTab fixed={editor.fixed} />}
        {(selected === 'dicom' || selected === 'security') && (
          <SettingsForm selected={selected} editor={editor} isAdmin={isAdmin} />
        )}
      </Tabs>
      {isAdmin && <SaveBar editor={editor} />}
    </div>
  );
}

interface SettingsFormProps {
  selected: 'dicom' | 'security';
  editor: SettingsEditor;
  isAdmin: boolean;
}

function SettingsForm({ selected, editor, isAdmin }: SettingsFormProps) {
  const { draft } = editor;
  if (draft === undefined) return editor.loadError === undefined ? <Loading /> : null;
  const form = { draft, errorAt: editor.errorAt, onDraft: editor.change, isDisabled: !isAdmin };
  if (selected === 'dicom') return <DicomSettings {...form} />;
  return (
    <div class="settings-cards">
      <SecuritySettings {...form} />
      <div class="settings-column">
        <CertificateCard isAdmin={isAdmin} />
        {isAdmin && <TrustedCertificatesCard />}
      </div>
    </div>
  );
}
