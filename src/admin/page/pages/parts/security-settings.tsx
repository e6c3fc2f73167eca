import { t } from '../../lib/i18n.ts';
import { Card, Field, Input, Switch } from '../../ui/index.ts';
import type { SettingsFormPart } from './dicom-settings.tsx';

export function SecuritySettings({ draft, errorAt, onDraft, isDisabled }: SettingsFormPart) {
  const { tls } = draft;
  return (
    <Card title={t('settings.encryption')}>
      <Switch
        label={t('settings.tls')}
        hint={t('settings.tls.hint')}
        checked={tls.isEnabled}
        disabled={isDisabled}
        onChange={(isEnabled) => onDraft({ tls: { ...tls, isEnabled } })}
      />
      <div class="switched">
        <Field label={t('settings.tls.port')} error={errorAt('tls.port')}>
          <Input
            isCode
            value={tls.port}
            inputMode="numeric"
            maxLength={5}
            disabled={isDisabled || !tls.isEnabled}
            onInput={(port) => onDraft({ tls: { ...tls, port } })}
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
