import type { ComponentChildren, Ref } from 'preact';
import { Icon, type IconName } from './icon.tsx';
import { Spinner } from './spinner.tsx';

interface ButtonProps {
  children: ComponentChildren;
  onClick?: ((event: MouseEvent) => void) | undefined;
  variant?: 'primary' | 'quiet' | 'danger';
  /** Something is under way: shown, and not to be pressed again. */
  busy?: boolean;
  icon?: IconName | undefined;
  type?: 'button' | 'submit';
  disabled?: boolean;
  size?: 'small' | 'normal';
  title?: string | undefined;
  autofocus?: boolean;
}

export function Button(props: ButtonProps) {
  const {
    children,
    onClick,
    variant = 'quiet',
    busy = false,
    icon,
    type = 'button',
    size = 'normal',
  } = props;
  return (
    <button
      type={type}
      class={`button button-${variant} ${size === 'small' ? 'button-small' : ''}`}
      disabled={props.disabled === true || busy}
      aria-busy={busy}
      title={props.title}
      autofocus={props.autofocus ?? false}
      onClick={onClick}
    >
      {busy ? <Spinner size={16} /> : icon !== undefined && <Icon name={icon} size={16} />}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps {
  /** What it does: read out, and shown when pointed at. */
  label: string;
  icon: IconName;
  onClick?: ((event: MouseEvent) => void) | undefined;
  disabled?: boolean;
  busy?: boolean;
  /** Of one that opens something. */
  isExpanded?: boolean | undefined;
  buttonRef?: Ref<HTMLButtonElement>;
}

export function IconButton(props: IconButtonProps) {
  const { label, icon, onClick, disabled = false, busy = false, isExpanded, buttonRef } = props;
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      aria-expanded={isExpanded}
      aria-busy={busy}
      disabled={disabled || busy}
      onClick={onClick}
      ref={buttonRef ?? null}
    >
      {busy ? <Spinner size={16} /> : <Icon name={icon} />}
    </button>
  );
}
