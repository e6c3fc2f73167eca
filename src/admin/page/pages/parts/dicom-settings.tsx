import type { ComponentChildren } from 'preact';
import type { Language } from '../../../../config/settings.ts';
import { LANGUAGE_NAMES, t } from '../../lib/i18n.ts';
import { Card, Field, Input, Select } from '../../ui/index.ts';
import { AeTitlesField } from './ae-titles-field.tsx';
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
        <Choice form={form} field="unknownCallers" values={UNKNOWN_CALLERS} />
        <Choice form={form} field="duplicates" values={DUPLICATES} />
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

interface ChoiceProps {
  form: SettingsFormPart;
  field: 'unknownCallers' | 'duplicates';
  values: readonly string[];
}

/** Radio buttons, each with what it means. */
function Choice({ form, field, values }: ChoiceProps) {
  const error = form.errorAt(field);
  return (
    <fieldset class="form-group" disabled={form.isDisabled}>
      <legend>{t(`settings.${field}`)}</legend>
      {values.map((value) => (
        <label key={value} class="choice">
          <input
            type="radio"
            name={field}
            value={value}
            checked={form.draft[field] === value}
            onChange={() => form.onDraft({ [field]: value })}
          />
          <span>
            <span class="choice-name">{t(`settings.${field}.${value}`)}</span>
            <span class="second-line">{t(`settings.${field}.${value}.hint`)}</span>
          </span>
        </label>
      ))}
      {error !== undefined && <p class="field-error">{error}</p>}
    </fieldset>
  );
}
