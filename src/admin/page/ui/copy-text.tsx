import { useEffect, useState } from 'preact/hooks';
import { t } from '../lib/locale.ts';
import { Icon } from './icon.tsx';

const SHOWN_MS = 2000;

/** A value that one types somewhere else, ready to be copied. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const name = t(isCopied ? 'shell.copied' : 'shell.copy', { label });
  return (
    <span class="copy-text">
      <span class="code">{text}</span>
      <button
        type="button"
        class={`copy-button ${isCopied ? 'is-copied' : ''}`}
        aria-label={name}
        title={name}
        onClick={() => copy(text).then(() => setCopied(true))}
      >
        <Icon name={isCopied ? 'check' : 'copy'} size={16} />
      </button>
    </span>
  );
}

/** Over plain HTTP the browser offers no clipboard: then by the old way, a text that is selected and copied. */
export async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
