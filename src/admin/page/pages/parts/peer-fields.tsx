import type { ApiError } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { Checkbox, Field, Input, Select, Switch, Textarea } from '../../ui/index.ts';
import { fieldError, type PeerDraft, SYNTAX_CHOICES } from './peer-draft.ts';
import { PERMISSIONS } from './peer-table.tsx';

interface PeerFieldsProps {
  draft: PeerDraft;
  /** Of an unknown caller: its AE title is what makes it known. */
  isAeTitleFixed: boolean;
  error: ApiError | undefined;
  onDraft(change: Partial<PeerDraft>): void;
}

export function PeerFields({ draft, isAeTitleFixed, error, onDraft }: PeerFieldsProps) {
  return (
    <div class="form">
      <Field
        label={t('peers.field.ae-title')}
        hint={t('peers.field.ae-title.hint')}
        error={fieldError(error, 'aeTitle')}
      >
        <Input
          isCode
          value={draft.aeTitle}
          maxLength={16}
          disabled={isAeTitleFixed}
          autofocus={!isAeTitleFixed}
          autoComplete="off"
          onInput={(aeTitle) => onDraft({ aeTitle })}
        />
      </Field>
      <div class="form-row">
        <Field label={t('peers.field.host')} error={fieldError(error, 'host')}>
          <Input
            isCode
            value={draft.host}
            maxLength={253}
            placeholder="10.0.0.20"
            autoComplete="off"
            onInput={(host) => onDraft({ host })}
          />
        </Field>
        <Field label={t('peers.field.port')} error={fieldError(error, 'port')}>
          <Input
            isCode
            value={draft.port}
            inputMode="numeric"
            maxLength={5}
            autoComplete="off"
            onInput={(port) => onDraft({ port })}
          />
        </Field>
      </div>
      <fieldset class="form-group">
        <legend>{t('peers.field.permissions')}</legend>
        {PERMISSIONS.map((permission) => (
          <Checkbox
            key={permission}
            label={t(`peers.permission.${permission}`)}
            hint={t(`peers.permission.${permission}.hint`)}
            checked={draft[permission]}
            onChange={(isGiven) => onDraft({ [permission]: isGiven })}
          />
        ))}
      </fieldset>
      <fieldset class="form-group">
        <legend>{t('peers.field.security')}</legend>
        <Switch
          label={t('peers.field.match-address')}
          hint={t('peers.field.match-address.hint')}
          checked={draft.matchAddress}
          onChange={(matchAddress) => onDraft({ matchAddress })}
        />
        <Switch
          label={t('peers.field.use-tls')}
          hint={t('peers.field.use-tls.hint')}
          checked={draft.useTls}
          onChange={(useTls) => onDraft({ useTls })}
        />
      </fieldset>
      <SyntaxField draft={draft} error={error} onDraft={onDraft} />
      <Field
        label={t('peers.field.note')}
        hint={t('peers.field.note.hint')}
        error={fieldError(error, 'note')}
      >
        <Textarea value={draft.note} rows={2} maxLength={500} onInput={(note) => onDraft({ note })} />
      </Field>
    </div>
  );
}

/** A list that was set by another way than this page stays as it is, and can be chosen again. */
function SyntaxField({ draft, error, onDraft }: Omit<PeerFieldsProps, 'isAeTitleFixed'>) {
  const value = draft.preferredTransferSyntaxes.join('\n');
  const isOwn = !SYNTAX_CHOICES.some((choice) => choice === value);
  return (
    <Field
      label={t('peers.field.syntax')}
      hint={t('peers.field.syntax.hint')}
      error={fieldError(error, 'preferredTransferSyntaxes')}
    >
      <Select
        value={value}
        options={[
          ...SYNTAX_CHOICES.map((choice) => ({ value: choice, label: syntaxLabel(choice) })),
          ...(isOwn ? [{ value, label: draft.preferredTransferSyntaxes.join(', ') }] : []),
        ]}
        onInput={(chosen) => onDraft({ preferredTransferSyntaxes: chosen === '' ? [] : chosen.split('\n') })}
      />
    </Field>
  );
}

function syntaxLabel(uid: (typeof SYNTAX_CHOICES)[number]): string {
  switch (uid) {
    case '':
      return t('peers.field.syntax.as-stored');
    case '1.2.840.10008.1.2.1':
      return 'Explicit VR Little Endian';
    case '1.2.840.10008.1.2':
      return 'Implicit VR Little Endian';
  }
}
