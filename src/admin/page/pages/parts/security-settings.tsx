import { t } from '../../lib/i18n.ts';
import { Card, Field, Input, Select, Switch } from '../../ui/index.ts';
import { Choice } from './choice.tsx';
import type { SettingsFormPart } from './dicom-settings.tsx';
import type { SettingsDraft } from './settings-draft.ts';

const PROFILES = ['bcp195', 'modified-bcp195'] as const;
const CLIENT_CERTIFICATES = ['not-asked', 'required'] as const;
const USER_IDENTITY = ['ignored', 'checked', 'required'] as const;

export function SecuritySettings(form: SettingsFormPart) {
  return (
    <div class="settings-column">
      <EncryptionCard {...form} />
      <IdentityCard {...form} />
      <AuditCard {...form} />
    </div>
  );
}

function EncryptionCard({ draft, errorAt, onDraft, isDisabled }: SettingsFormPart) {
  const { tls } = draft;
  const change = (part: Partial<SettingsDraft['tls']>) => onDraft({ tls: { ...tls, ...part } });
  return (
    <Card title={t('settings.encryption')}>
      <Switch
        label={t('settings.tls')}
        hint={t('settings.tls.hint')}
        checked={tls.isEnabled}
        disabled={isDisabled}
        onChange={(isEnabled) => change({ isEnabled })}
      />
      <div class="switched">
        <Field label={t('settings.tls.port')} error={errorAt('tls.port')}>
          <Input
            isCode
            value={tls.port}
            inputMode="numeric"
            maxLength={5}
            disabled={isDisabled || !tls.isEnabled}
            onInput={(port) => change({ port })}
          />
        </Field>
        <Choice
          name="tls.clientCertificates"
          legend={t('settings.tls.clientCertificates')}
          options={CLIENT_CERTIFICATES.map((value) => ({
            value,
            label: t(`settings.tls.clientCertificates.${value}`),
            hint: t(`settings.tls.clientCertificates.${value}.hint`),
          }))}
          value={tls.clientCertificates}
          onValue={(clientCertificates) => change({ clientCertificates })}
          isDisabled={isDisabled || !tls.isEnabled}
          error={errorAt('tls.clientCertificates')}
        />
      </div>
      <Switch
        label={t('settings.tls.verifyPeers')}
        hint={t('settings.tls.verifyPeers.hint')}
        checked={tls.verifyPeers}
        disabled={isDisabled}
        onChange={(verifyPeers) => change({ verifyPeers })}
      />
      <FieldError words={errorAt('tls.verifyPeers')} />
      <div class="settings-field">
        <Field label={t('settings.tls.profile')} hint={t('settings.tls.profile.hint')}>
          <Select
            value={tls.profile}
            disabled={isDisabled}
            options={PROFILES.map((value) => ({ value, label: t(`settings.tls.profile.${value}`) }))}
            onInput={(profile) => change({ profile: profile as SettingsDraft['tls']['profile'] })}
          />
        </Field>
      </div>
      <Switch
        label={t('settings.plainHttp')}
        hint={t('settings.plainHttp.hint')}
        checked={draft.plainHttp}
        disabled={isDisabled}
        onChange={(plainHttp) => onDraft({ plainHttp })}
      />
    </Card>
  );
}

function IdentityCard({ draft, errorAt, onDraft, isDisabled }: SettingsFormPart) {
  return (
    <Card title={t('settings.identity')}>
      <Choice
        name="userIdentity"
        legend={t('settings.userIdentity')}
        options={USER_IDENTITY.map((value) => ({
          value,
          label: t(`settings.userIdentity.${value}`),
          hint: t(`settings.userIdentity.${value}.hint`),
        }))}
        value={draft.userIdentity}
        onValue={(userIdentity) => onDraft({ userIdentity })}
        isDisabled={isDisabled}
        error={errorAt('userIdentity')}
      />
    </Card>
  );
}

function AuditCard({ draft, errorAt, onDraft, isDisabled }: SettingsFormPart) {
  const { audit } = draft;
  const change = (part: Partial<SettingsDraft['audit']>) => onDraft({ audit: { ...audit, ...part } });
  return (
    <Card title={t('settings.audit')}>
      <Switch
        label={t('settings.audit.isSyslogSent')}
        hint={t('settings.audit.isSyslogSent.hint')}
        checked={audit.isSyslogSent}
        disabled={isDisabled}
        onChange={(isSyslogSent) => change({ isSyslogSent })}
      />
      <div class="switched switched-last">
        <Field
          label={t('settings.audit.syslogHost')}
          hint={t('settings.audit.syslogHost.hint')}
          error={errorAt('audit.syslogHost')}
        >
          <Input
            isCode
            value={audit.syslogHost}
            maxLength={253}
            disabled={isDisabled || !audit.isSyslogSent}
            onInput={(syslogHost) => change({ syslogHost })}
          />
        </Field>
        <Field label={t('settings.audit.syslogPort')} error={errorAt('audit.syslogPort')}>
          <Input
            isCode
            value={audit.syslogPort}
            inputMode="numeric"
            maxLength={5}
            disabled={isDisabled || !audit.isSyslogSent}
            onInput={(syslogPort) => change({ syslogPort })}
          />
        </Field>
      </div>
    </Card>
  );
}

function FieldError({ words }: { words: string | undefined }) {
  return words === undefined ? null : <p class="field-error">{words}</p>;
}
