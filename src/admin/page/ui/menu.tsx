import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

export interface MenuItem {
  label: string;
  onSelect: () => void;
  icon?: IconName | undefined;
  isDanger?: boolean;
  /** Of a choice among several. */
  isChecked?: boolean | undefined;
  lang?: string | undefined;
}

interface MenuProps {
  /** What the button is called. */
  label: string;
  items: readonly MenuItem[];
  /** The button's face; three dots unless given. */
  children?: ComponentChildren;
  /** Above the items. */
  header?: ComponentChildren;
  /** Where there is no room below it. */
  opensUp?: boolean;
  align?: 'left' | 'right';
}

/** A button with a menu — ARIA Authoring Practices, menu button: arrows move, Escape closes, focus comes back. */
export function Menu({ label, items, children, header, opensUp = false, align = 'right' }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!isOpen) return undefined;
    itemsIn(root.current)[0]?.focus();
    const closeOutside = (event: PointerEvent) => {
      if (event.target instanceof Node && root.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') setOpen(false);
    else moveFocus(event, root.current);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: listens for its button and its items
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        class={children === undefined ? 'icon-button' : 'menu-button'}
        ref={button}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!isOpen)}
      >
        {children ?? <Icon name="more" />}
      </button>
      {isOpen && (
        <div class={`menu-popup menu-${align} ${opensUp ? 'menu-up' : ''}`}>
          {header !== undefined && <div class="menu-header">{header}</div>}
          <div role="menu" aria-label={label}>
            {items.map((item) => (
              <MenuEntry key={item.label} item={item} onDone={close} />
            ))}
          </div>
        </div>
      )}
    </div>
  );
}

function MenuEntry({ item, onDone }: { item: MenuItem; onDone: () => void }) {
  const isChoice = item.isChecked !== undefined;
  return (
    <button
      type="button"
      {...(isChoice ? { role: 'menuitemradio', 'aria-checked': item.isChecked } : { role: 'menuitem' })}
      lang={item.lang}
      tabIndex={-1}
      class={`menu-item ${item.isDanger === true ? 'is-danger' : ''}`}
      onClick={() => {
        onDone();
        item.onSelect();
      }}
    >
      {isChoice && (
        <span class="menu-check">{item.isChecked === true && <Icon name="check" size={16} />}</span>
      )}
      {item.icon !== undefined && <Icon name={item.icon} size={16} />}
      <span>{item.label}</span>
    </button>
  );
}

function itemsIn(root: HTMLElement | null): HTMLElement[] {
  return [...(root?.querySelectorAll<HTMLElement>('.menu-item') ?? [])];
}

function moveFocus(event: KeyboardEvent, root: HTMLElement | null): void {
  const items = itemsIn(root);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
