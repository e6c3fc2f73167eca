import { Store, useStore } from './store.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const STORAGE_KEY = 'dicomkeep.theme';

const themeStore = new Store<Theme>('system');

export function useTheme(): Theme {
  return useStore(themeStore);
}

/** As it was chosen in this browser; follows the system from then on where nothing was. */
export function startTheme(): void {
  const stored = THEMES.find((theme) => theme === localStorage.getItem(STORAGE_KEY));
  themeStore.set(stored ?? 'system');
  systemIsDark().addEventListener('change', show);
  show();
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(STORAGE_KEY, theme);
  themeStore.set(theme);
  show();
}

function show(): void {
  const theme = themeStore.value;
  const isDark = theme === 'dark' || (theme === 'system' && systemIsDark().matches);
  document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
}

function systemIsDark(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}
