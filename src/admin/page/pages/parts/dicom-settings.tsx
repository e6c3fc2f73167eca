import type { ComponentChildren } from 'preact';
import type { Language } from '../../../../config/settings.ts';
import { LANGUAGE_NAMES, t } from '../../lib/i18n.ts';
import { Card, Field, Input, Select } from '../../ui/index.ts';
import { AeTitlesField } from './ae-titles-field.tsx';
import { Choice } from './choice.tsx';
import type { SettingsDraft } from './settings-draft.ts';

export interface SettingsFormPart {
  draft: SettingsDraft;
  errorAt(field: string): string | undefined;
  onDraft(part: Partial<SettingsDraft>): void;
  isDisabled: boolean;
}

const UNKNOWN_CALLERS = ['reject', 'store', 'all'] as const;
const DUPLICATES = ['keep', 'refuse'] as const;
const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export function DicomSettings(form: SettingsFormPart) {
  return (
    <div class="settings-cards">
      <div class="settings-column">
        <NetworkCard {...form} />
        <HousekeepingCard {...form} />
      </div>
      <Card title={t('settings.policies')}>
        <Choice
          name="unknownCallers"
          legend={t('settings.unknownCallers')}
          options={UNKNOWN_CALLERS.map((value) => ({
            value,
            label: t(`settings.unknownCallers.${value}`),
            hint: t(`settings.unknownCallers.${value}.hint`),
          }))}
          value={form.draft.unknownCallers}
          onValue={(unknownCallers) => form.onDraft({ unknownCallers })}
          isDisabled={form.isDisabled}
          error={form.errorAt('unknownCallers')}
        />
        <Choice
          name="duplicates"
          legend={t('settings.duplicates')}
          options={DUPLICATES.map((value) => ({
            value,
            label: t(`settings.duplicates.${value}`),
            hint: t(`settings.duplicates.${value}.hint`),
          }))}
          value={form.draft.duplicates}
          onValue={(duplicates) => form.onDraft({ duplicates })}
          isDisabled={form.isDisabled}
          error={form.errorAt('duplicates')}
        />
      </Card>
    </div>
  );
}

function NetworkCard(form: SettingsFormPart) {
  return (
    <Card title={t('settings.network')}>
      <AeTitlesField {...form} />
      <div class="form-row">
        <TextField form={form} field="dimsePort" hint={t('settings.dimsePort.hint')} />
        <TextField form={form} field="maximumAssociations" hint={t('settings.maximumAssociations.hint')} />
      </div>
    </Card>
  );
}

function HousekeepingCard(form: SettingsFormPart) {
  return (
    <Card title={t('settings.housekeeping')}>
      <Field
        label={t('settings.reserveBytes')}
        hint={t('settings.reserveBytes.hint')}
        error={form.errorAt('reserveBytes')}
      >
        <Input
          value={form.draft.reserveGigabytes}
          inputMode="numeric"
          maxLength={12}
          disabled={form.isDisabled}
          onInput={(reserveGigabytes) => form.onDraft({ reserveGigabytes })}
        />
      </Field>
      <Field label={t('settings.logLevel')} error={form.errorAt('logLevel')}>
        <Select
          value={form.draft.logLevel}
          disabled={form.isDisabled}
          options={LOG_LEVELS.map((value) => ({ value, label: t(`settings.logLevel.${value}`) }))}
          onInput={(logLevel) => form.onDraft({ logLevel: logLevel as SettingsDraft['logLevel'] })}
        />
      </Field>
      <Field label={t('settings.language')} hint={t('settings.language.hint')}>
        <Select
          value={form.draft.language}
          disabled={form.isDisabled}
          options={Object.entries(LANGUAGE_NAMES).map(([value, label]) => ({ value, label }))}
          onInput={(language) => form.onDraft({ language: language as Language })}
        />
      </Field>
    </Card>
  );
}

interface TextFieldProps {
  form: SettingsFormPart;
  field: 'dimsePort' | 'maximumAssociations';
  hint: ComponentChildren;
}

function TextField({ form, field, hint }: TextFieldProps) {
  return (
    <Field label={t(`settings.${field}`)} hint={hint} error={form.errorAt(field)}>
      <Input
        isCode
        value={form.draft[field]}
        inputMode="numeric"
        maxLength={5}
        disabled={form.isDisabled}
        onInput={(value) => form.onDraft({ [field]: value })}
      />
    </Field>
  );
}
