import type { Language } from '../../../config/settings.ts';
import { Store } from './store.ts';

export type Messages = Readonly<Record<string, string>>;

interface Locale {
  language: Language;
  /** BCP 47, by which dates and numbers are written: the language as it is written in the reader's country. */
  tag: string;
  messages: Messages;
}

/** The reader's language and its messages. Nothing is drawn before they are loaded. */
export const localeStore = new Store<Locale>({ language: 'en', tag: 'en', messages: {} });

export type MessageValues = Readonly<Record<string, string | number>>;

/**
 * The message in the reader's language, its `{name}` places filled. Where there is a number `count`, the form for that number is taken:
 * `key.one`, `key.other`, as the language has them. A number is written as the language writes numbers.
 */
export function t(key: string, values: MessageValues = {}): string {
  const { messages } = localeStore.value;
  const message = messageFor(messages, key, values) ?? key;
  return message.replaceAll(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === 'number' ? numberFormat().format(value) : value;
  });
}

/** Whether there is a message: for words that come from the server, and may be newer than this page. */
export function hasMessage(key: string): boolean {
  const { messages } = localeStore.value;
  return messages[key] !== undefined || messages[`${key}.other`] !== undefined;
}

function messageFor(messages: Messages, key: string, values: MessageValues): string | undefined {
  const count = values['count'];
  if (typeof count !== 'number') return messages[key];
  const form = pluralRules().select(count);
  return messages[`${key}.${form}`] ?? messages[`${key}.other`] ?? messages[key];
}

const pluralRules = perLocale((tag) => new Intl.PluralRules(tag));
const numberFormat = perLocale((tag) => new Intl.NumberFormat(tag));

/** Of the reader's locale. Making an Intl object takes longer than all its use. */
export function perLocale<T>(make: (tag: string) => T): () => T {
  const made = new Map<string, T>();
  return () => {
    const { tag } = localeStore.value;
    const before = made.get(tag);
    if (before !== undefined) return before;
    const value = make(tag);
    made.set(tag, value);
    return value;
  };
}

/**
 * The regional variant of a language that the browser's reader prefers: British English has the day before the month. The language itself where
 * the browser names none; another script is another language.
 *
 * @param preferred tags of BCP 47, as `navigator.languages`
 */
export function regionalTag(language: Language, preferred: readonly string[]): string {
  const wanted = scriptOf(language);
  return preferred.find((tag) => hasRegion(tag) && scriptOf(tag) === wanted) ?? language;
}

function hasRegion(tag: string): boolean {
  return localeOf(tag)?.region !== undefined;
}

/** `zh-Hant` of `zh-TW`. */
function scriptOf(tag: string): string | undefined {
  const locale = localeOf(tag)?.maximize();
  return locale === undefined ? undefined : `${locale.language}-${locale.script}`;
}

function localeOf(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}
