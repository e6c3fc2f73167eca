import { type ComponentChildren, createContext, type InputHTMLAttributes } from 'preact';
import { useContext, useId } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface FieldContext {
  id: string | undefined;
  describedBy: string | undefined;
  isInvalid: boolean;
}

const Described = createContext<FieldContext>({ id: undefined, describedBy: undefined, isInvalid: false });

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  /** What is wrong with the value, and what would be right. */
  error?: string | undefined;
  /** One control. */
  children: ComponentChildren;
}

/** A label, a control, and the words that belong to it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const hasHint = hint !== undefined && hint !== '';
  const describedBy = [hasHint ? `${id}-hint` : '', error === undefined ? '' : `${id}-error`];
  const context: FieldContext = {
    id,
    describedBy: describedBy.filter((part) => part !== '').join(' ') || undefined,
    isInvalid: error !== undefined,
  };
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      <Described.Provider value={context}>{children}</Described.Provider>
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="error" size={16} />
          <span>{error}</span>
        </p>
      )}
      {hasHint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface ControlProps {
  value: string;
  /** Told with every key. */
  onInput: (value: string) => void;
  disabled?: boolean;
  name?: string | undefined;
  required?: boolean;
  /** Where there is no Field around it. */
  'aria-label'?: string | undefined;
}

interface InputProps extends ControlProps {
  type?: 'text' | 'password' | 'search' | 'number' | 'date' | 'url';
  placeholder?: string | undefined;
  autoComplete?: string | undefined;
  maxLength?: number | undefined;
  min?: number | string | undefined;
  max?: number | string | undefined;
  inputMode?: 'text' | 'numeric' | 'search' | undefined;
  spellcheck?: boolean;
  autofocus?: boolean;
  /** For AE titles, UIDs, addresses. */
  isCode?: boolean;
}

export function Input({
  onInput,
  isCode = false,
  autofocus = false,
  spellcheck = false,
  ...rest
}: InputProps) {
  const { id, describedBy, isInvalid } = useContext(Described);
  // The types of the DOM part inputs by `type`; which it is, is known to the caller alone.
  const attributes = rest as InputHTMLAttributes<HTMLInputElement>;
  return (
    <input
      {...attributes}
      id={id}
      class={`control ${isCode ? 'code' : ''}`}
      aria-describedby={describedBy}
      aria-invalid={isInvalid}
      autofocus={autofocus}
      spellcheck={spellcheck}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}

interface SelectProps extends ControlProps {
  options: readonly { value: string; label: string }[];
}

export function Select({ onInput, options, value, ...rest }: SelectProps) {
  const { id, describedBy, isInvalid } = useContext(Described);
  return (
    <span class="select">
      <select
        {...rest}
        id={id}
        class="control"
        aria-describedby={describedBy}
        aria-invalid={isInvalid}
        value={value}
        onChange={(event) => onInput(event.currentTarget.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="chevron-down" size={16} />
    </span>
  );
}

interface TextareaProps extends ControlProps {
  rows?: number;
  placeholder?: string | undefined;
  maxLength?: number | undefined;
  isCode?: boolean;
}

export function Textarea({ onInput, isCode = false, rows = 4, ...rest }: TextareaProps) {
  const { id, describedBy, isInvalid } = useContext(Described);
  return (
    <textarea
      {...rest}
      id={id}
      rows={rows}
      class={`control ${isCode ? 'code' : ''}`}
      aria-describedby={describedBy}
      aria-invalid={isInvalid}
      spellcheck={false}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}

interface CheckProps {
  label: ComponentChildren;
  hint?: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function Checkbox(props: CheckProps) {
  return <Check {...props} kind="checkbox" />;
}

/** For what takes effect as soon as it is saved, on or off. */
export function Switch(props: CheckProps) {
  return <Check {...props} kind="switch" />;
}

function Check({
  label,
  hint,
  checked,
  onChange,
  disabled = false,
  kind,
}: CheckProps & { kind: 'checkbox' | 'switch' }) {
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div class="check">
      <input
        type="checkbox"
        {...(kind === 'switch' ? { role: 'switch' as const } : {})}
        class={kind}
        id={id}
        checked={checked}
        disabled={disabled}
        aria-describedby={hintId}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint !== undefined && (
          <p class="field-hint" id={hintId}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
