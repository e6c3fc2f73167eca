import type { Language } from '../../../config/settings.ts';
import { Store } from './store.ts';

export type Messages = Readonly<Record<string, string>>;

interface Locale {
  language: Language;
  messages: Messages;
}

/** The reader's language and its messages. Nothing is drawn before they are loaded. */
export const localeStore = new Store<Locale>({ language: 'en', messages: {} });

export type MessageValues = Readonly<Record<string, string | number>>;

/**
 * The message in the reader's language, its `{name}` places filled. Where there is a number `count`, the form for that number is taken:
 * `key.one`, `key.other`, as the language has them. A number is written as the language writes numbers.
 */
export function t(key: string, values: MessageValues = {}): string {
  const { language, messages } = localeStore.value;
  const message = messageFor(messages, language, key, values) ?? key;
  return message.replaceAll(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === 'number' ? numberFormat(language).format(value) : value;
  });
}

/** Whether there is a message: for words that come from the server, and may be newer than this page. */
export function hasMessage(key: string): boolean {
  const { messages } = localeStore.value;
  return messages[key] !== undefined || messages[`${key}.other`] !== undefined;
}

function messageFor(
  messages: Messages,
  language: Language,
  key: string,
  values: MessageValues,
): string | undefined {
  const count = values['count'];
  if (typeof count !== 'number') return messages[key];
  const form = pluralRules(language).select(count);
  return messages[`${key}.${form}`] ?? messages[`${key}.other`] ?? messages[key];
}

const pluralRules = perLanguage((language) => new Intl.PluralRules(language));
const numberFormat = perLanguage((language) => new Intl.NumberFormat(language));

/** Making an Intl object takes longer than all its use. */
export function perLanguage<T>(make: (language: Language) => T): (language: Language) => T {
  const made = new Map<Language, T>();
  return (language) => {
    const before = made.get(language);
    if (before !== undefined) return before;
    const value = make(language);
    made.set(language, value);
    return value;
  };
}
