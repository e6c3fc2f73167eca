import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localeStore } from '../../src/admin/page/lib/locale.ts';
import { LANGUAGES, type Language } from '../../src/config/settings.ts';

export const PAGE = join(import.meta.dirname, '../../src/admin/page');

/** All messages of a language, by key. */
export function messagesOf(language: Language): Record<string, string> {
  const folder = join(PAGE, 'messages', language);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return Object.assign({}, ...files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))));
}

/** @param tag the language's regional variant, where it matters */
export function read(language: Language, tag: string = language): void {
  localeStore.set({ language, tag, messages: messagesOf(language) });
}

/** What `say` gives in each language. */
export function inAllLanguages(say: () => string): Record<Language, string> {
  return Object.fromEntries(
    LANGUAGES.map((language) => {
      read(language);
      return [language, say()];
    }),
  ) as Record<Language, string>;
}
