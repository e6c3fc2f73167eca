import type { Language } from '../../../config/settings.ts';

/** In their own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  'zh-CN': '简体中文',
  ja: '日本語',
  fr: 'Français',
};
