import type { Language } from '../../../config/settings.ts';
import { localeStore, type Messages, regionalTag } from './locale.ts';
import { useStore } from './store.ts';

export * from './format.ts';
export { LANGUAGE_NAMES } from './language-names.ts';
export { hasMessage, t } from './locale.ts';

const STORAGE_KEY = 'dicomkeep.language';

/** Each language loads alone. */
const LOADERS: Readonly<Record<Language, () => Promise<{ messages: Messages }>>> = {
  en: () => import('../messages/en/index.ts'),
  'zh-CN': () => import('../messages/zh-CN/index.ts'),
  ja: () => import('../messages/ja/index.ts'),
  fr: () => import('../messages/fr/index.ts'),
};

export function useLanguage(): Language {
  return useStore(localeStore).language;
}

/** What this browser's reader has chosen. */
export function chosenLanguage(): Language | undefined {
  const stored = localStorage.getItem(STORAGE_KEY);
  return isLanguage(stored) ? stored : undefined;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORAGE_KEY, language);
  await showLanguage(language);
}

export async function showLanguage(language: Language): Promise<void> {
  const { messages } = await LOADERS[language]();
  document.documentElement.lang = language;
  localeStore.set({ language, tag: regionalTag(language, navigator.languages), messages });
}

export function isLanguage(value: string | null | undefined): value is Language {
  return value !== null && value !== undefined && Object.hasOwn(LOADERS, value);
}
