import { t } from '../../lib/i18n.ts';
import { Field, Textarea } from '../../ui/index.ts';

interface PemFieldProps {
  label: string;
  hint: string;
  placeholder: string;
  value: string;
  onValue(value: string): void;
}

/** PEM: pasted, or of a file. */
export function PemField({ label, hint, placeholder, value, onValue }: PemFieldProps) {
  return (
    <div class="pem">
      <Field label={label} hint={hint}>
        <Textarea isCode rows={5} value={value} placeholder={placeholder} onInput={onValue} />
      </Field>
      <label class="button button-quiet button-small file">
        <input
          type="file"
          class="visually-hidden"
          accept=".pem,.crt,.cer,.key"
          aria-label={t('settings.certificate.file-for', { label })}
          onChange={(event) => {
            event.currentTarget.files?.[0]?.text().then(onValue, () => onValue(''));
          }}
        />
        <span aria-hidden="true">{t('settings.certificate.file')}</span>
      </label>
    </div>
  );
}
