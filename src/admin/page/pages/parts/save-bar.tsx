import { useState } from 'preact/hooks';
import type { SettingsCheck } from '../../../api/settings.ts';
import { formatBytes, hasMessage, isLanguage, LANGUAGE_NAMES, t } from '../../lib/i18n.ts';
import { Button, Dialog, ErrorNotice, Icon, toast } from '../../ui/index.ts';
import type { SettingsEditor } from './use-settings-editor.ts';

type Effects = SettingsCheck['effects'];

/** While something is changed and not saved: saving says first what will happen. */
export function SaveBar({ editor }: { editor: SettingsEditor }) {
  const [effects, setEffects] = useState<Effects | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  if (!editor.isChanged) return null;
  const review = async () => {
    setBusy(true);
    setEffects(await editor.check());
    setBusy(false);
  };
  return (
    <div class="save-bar">
      {editor.error !== undefined && effects === undefined && <ErrorNotice error={editor.error} />}
      <div class="save-line">
        <p role="status">
          {editor.problemCount > 0
            ? t('settings.save.problems', { count: editor.problemCount })
            : t('settings.save.changed')}
        </p>
        <Button onClick={editor.discard}>{t('settings.save.discard')}</Button>
        <Button variant="primary" busy={isBusy} onClick={review}>
          {t('settings.save.review')}
        </Button>
      </div>
      {effects !== undefined && (
        <EffectsDialog effects={effects} editor={editor} onClose={() => setEffects(undefined)} />
      )}
    </div>
  );
}

interface EffectsDialogProps {
  effects: Effects;
  editor: SettingsEditor;
  onClose(): void;
}

function EffectsDialog({ effects, editor, onClose }: EffectsDialogProps) {
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const isSaved = await editor.save();
    setBusy(false);
    if (!isSaved) return;
    toast(t('settings.saved'));
    onClose();
  };
  return (
    <Dialog
      title={t('settings.effects.title')}
      onClose={onClose}
      onSubmit={save}
      footer={
        <>
          <Button onClick={onClose}>{t('settings.effects.back')}</Button>
          <Button variant="primary" type="submit" busy={isBusy}>
            {t('settings.effects.save')}
          </Button>
        </>
      }
    >
      {editor.error !== undefined && <ErrorNotice error={editor.error} />}
      {effects.length === 0 ? (
        <p>{t('settings.effects.none')}</p>
      ) : (
        <ul class="effects">
          {effects.map((effect) => (
            <li key={effect.effect} class="effect">
              <Icon name="chevron-right" size={16} />
              <span>{t(`settings.effect.${effect.effect}`, valuesOf(effect))}</span>
            </li>
          ))}
        </ul>
      )}
      <p class="soft">{t('settings.effects.at-once')}</p>
    </Dialog>
  );
}

function valuesOf({ setting, before, after }: Effects[number]): { before: string; after: string } {
  const words = (value: string) => {
    if (setting === 'reserveBytes' && /^\d+$/.test(value)) return formatBytes(Number(value));
    if (setting === 'language' && isLanguage(value)) return LANGUAGE_NAMES[value];
    const key = `settings.${setting}.${value}`;
    return hasMessage(key) ? t(key) : value;
  };
  return { before: words(before), after: words(after) };
}
