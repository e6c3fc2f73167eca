import { t } from '../../lib/i18n.ts';
import { Badge, Button, IconButton, Input } from '../../ui/index.ts';
import type { SettingsFormPart } from './dicom-settings.tsx';

const TITLES_MAX = 100;

/** A row for each AE title; the first is the one by which we call others. */
export function AeTitlesField({ draft, errorAt, onDraft, isDisabled }: SettingsFormPart) {
  const { aeTitles } = draft;
  const error = errorAt('aeTitles');
  const replace = (at: number, title: string) =>
    onDraft({ aeTitles: aeTitles.map((before, index) => (index === at ? title : before)) });
  return (
    <fieldset class="form-group" disabled={isDisabled}>
      <legend>{t('settings.aeTitles')}</legend>
      <p class="field-hint">{t('settings.aeTitles.hint')}</p>
      <ul class="ae-titles">
        {aeTitles.map((title, index) => (
          // A row is its place in the list while its text is typed.
          <li key={index} class="ae-title">
            <Input
              isCode
              value={title}
              maxLength={16}
              autoComplete="off"
              aria-label={t('settings.aeTitles.number', { number: index + 1 })}
              onInput={(value) => replace(index, value)}
            />
            {index === 0 ? (
              <Badge tone="info">{t('settings.aeTitles.calling')}</Badge>
            ) : (
              !isDisabled && (
                <IconButton
                  label={t('settings.aeTitles.remove', { aeTitle: title })}
                  icon="trash"
                  onClick={() => onDraft({ aeTitles: aeTitles.toSpliced(index, 1) })}
                />
              )
            )}
          </li>
        ))}
      </ul>
      {error !== undefined && <p class="field-error">{error}</p>}
      {!isDisabled && (
        <Button
          size="small"
          icon="plus"
          disabled={aeTitles.length >= TITLES_MAX}
          onClick={() => onDraft({ aeTitles: [...aeTitles, ''] })}
        >
          {t('settings.aeTitles.add')}
        </Button>
      )}
    </fieldset>
  );
}
