import { Store, useStore } from '../lib/store.ts';
import { Icon } from './icon.tsx';
import type { Tone } from './notice.tsx';

interface ToastItem {
  id: number;
  text: string;
  tone: Tone;
}

const SHOWN_MS = 6000;
const SHOWN_MAX = 3;

const toasts = new Store<readonly ToastItem[]>([]);
let lastId = 0;

/** Says for some seconds that something is done, or why it was not. */
export function toast(text: string, tone: Tone = 'good'): void {
  lastId += 1;
  const id = lastId;
  toasts.set([...toasts.value, { id, text, tone }].slice(-SHOWN_MAX));
  setTimeout(() => toasts.set(toasts.value.filter((item) => item.id !== id)), SHOWN_MS);
}

/** Where toasts appear: once in the shell. */
export function Toaster() {
  const items = useStore(toasts);
  return (
    <div class="toaster" role="status" aria-live="polite">
      {items.map((item) => (
        <div key={item.id} class={`toast tone-${item.tone}`}>
          <Icon name={item.tone === 'danger' ? 'error' : item.tone === 'warning' ? 'warning' : 'check'} />
          <span>{item.text}</span>
        </div>
      ))}
    </div>
  );
}
