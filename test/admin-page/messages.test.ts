import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { EVENT_KINDS, WARNINGS } from '../../src/admin/api/status.ts';
import type { HttpCode } from '../../src/admin/problems.ts';
import { LANGUAGES, type Language } from '../../src/config/settings.ts';
import type { ProblemCode } from '../../src/lib/problem.ts';
import { ECHO_OUTCOMES } from '../../src/services/echo.ts';
import type { RejectReason } from '../../src/services/observer.ts';
import { SETTING_EFFECTS } from '../../src/services/setting-effects.ts';
import { messagesOf, PAGE } from './languages.ts';

/** By type complete. */
const PROBLEM_CODES: Readonly<Record<ProblemCode | HttpCode, true>> = {
  'storage-full': true,
  'volume-offline': true,
  'backlog-full': true,
  'data-set-mismatch': true,
  'unreadable-data-set': true,
  'unusable-identifier': true,
  'duplicate-instance': true,
  'already-exists': true,
  'unusable-setting': true,
  'not-renderable': true,
  'not-found': true,
  'not-authorized': true,
  'catalog-unavailable': true,
  'move-destination-unknown': true,
  'peer-unreachable': true,
  cancelled: true,
  internal: true,
  'invalid-request': true,
  'not-signed-in': true,
  forbidden: true,
  'method-not-allowed': true,
  'body-too-large': true,
  'unsupported-media-type': true,
  'too-many-attempts': true,
  'page-not-built': true,
};
const REJECT_REASONS: Readonly<Record<RejectReason, true>> = {
  'called-ae-title': true,
  'calling-ae-title': true,
  'no-context-accepted': true,
  'limit-exceeded': true,
  'tls-handshake': true,
  'user-identity': true,
  'protocol-error': true,
};

const PLURAL_FORM = /\.(zero|one|two|few|many|other)$/;
/** The first part of a key is the file that it stands in. */
const AREAS = ['shell', 'overview', 'activity', 'studies', 'peers', 'settings', 'problems'];

describe('The messages of the page', () => {
  const messages = new Map(LANGUAGES.map((language) => [language, messagesOf(language)]));
  const english = Object.entries(messages.get('en') ?? {});
  const sources = filesBelow(PAGE).filter((path) => /\.tsx?$/.test(path));

  it('are there at all', () => {
    expect(english.length).to.be.greaterThan(100);
    expect(sources.length).to.be.greaterThan(20);
  });

  for (const language of LANGUAGES) {
    it(`have the same keys in ${language} as in English`, () => {
      const keys = (texts: Record<string, string>) => [...new Set(Object.keys(texts).map(baseOf))].sort();

      expect(keys(messages.get(language) ?? {})).to.deep.equal(keys(messages.get('en') ?? {}));
    });

    it(`have every plural form that ${language} tells apart below a million, and no other`, () => {
      const texts = messages.get(language) ?? {};
      const wanted = formsOf(language);
      const plurals = new Set(
        Object.keys(texts)
          .filter((key) => PLURAL_FORM.test(key))
          .map(baseOf),
      );

      const wrong = [...plurals].filter((base) => {
        const forms = Object.keys(texts).filter((key) => PLURAL_FORM.test(key) && baseOf(key) === base);
        return forms.sort().join() !== wanted.map((form) => `${base}.${form}`).join();
      });

      expect(wrong).to.deep.equal([]);
    });

    it(`have the same places for values in ${language} as in English`, () => {
      const inEnglish = new Map(english.map(([key, text]) => [baseOf(key), placesIn(text)]));

      const wrong = Object.entries(messages.get(language) ?? {}).filter(([key, text]) => {
        // "The newest study": a singular need not write its number.
        const isSpelled = key.endsWith('.one') && !text.includes('{count}');
        return placesIn(isSpelled ? `${text} {count}` : text) !== inEnglish.get(baseOf(key));
      });

      expect(wrong).to.deep.equal([]);
    });

    it(`are never empty in ${language}, and stand in the file that their key names`, () => {
      const folder = join(PAGE, 'messages', language);
      const wrong = AREAS.flatMap((area) => {
        const texts = JSON.parse(readFileSync(join(folder, `${area}.json`), 'utf8')) as Record<
          string,
          string
        >;
        return Object.entries(texts).filter(
          ([key, text]) => !key.startsWith(`${area}.`) || text.trim() === '',
        );
      });

      expect(wrong).to.deep.equal([]);
    });
  }

  it('are translated: no longer sentence is the English one', () => {
    const same = LANGUAGES.filter((language) => language !== 'en').flatMap((language) =>
      english
        .filter(([key, text]) => text.split(' ').length > 3 && messages.get(language)?.[key] === text)
        .map(([key]) => `${language} ${key}`),
    );

    expect(same).to.deep.equal([]);
  });

  it('have every key that the sources name', () => {
    const bases = new Set(english.flatMap(([key]) => [key, baseOf(key)]));

    const missing = sources.flatMap((path) =>
      keysNamedIn(readFileSync(path, 'utf8'))
        .filter((key) =>
          key.includes('${') ? ![...bases].some((base) => patternOf(key).test(base)) : !bases.has(key),
        )
        .map((key) => `${relative(PAGE, path)}: ${key}`),
    );

    expect(missing).to.deep.equal([]);
  });

  it('are all used', () => {
    const named = sources.flatMap((path) => keysNamedIn(readFileSync(path, 'utf8'))).map(patternOf);

    const unused = english
      .map(([key]) => key)
      .filter((key) => !named.some((pattern) => isNamedBy(pattern, key)));

    expect(unused).to.deep.equal([]);
  });

  const sets: Readonly<Record<string, { keys: readonly string[]; templates: readonly string[] }>> = {
    'kind of event': { keys: EVENT_KINDS, templates: ['activity.event.*'] },
    'reason of a rejection': { keys: Object.keys(REJECT_REASONS), templates: ['activity.rejected.*'] },
    warning: { keys: WARNINGS, templates: ['overview.warning.*', 'overview.warning.*.advice'] },
    'outcome of an echo': { keys: ECHO_OUTCOMES, templates: ['peers.echo.*', 'peers.echo.*.advice'] },
    'effect of a setting': { keys: SETTING_EFFECTS, templates: ['settings.effect.*'] },
    'code of a problem': { keys: Object.keys(PROBLEM_CODES), templates: ['problems.*'] },
  };
  for (const [what, { keys, templates }] of Object.entries(sets)) {
    it(`have a sentence for every ${what}`, () => {
      const bases = new Set(english.map(([key]) => baseOf(key)));

      const missing = templates
        .flatMap((template) => keys.map((key) => template.replace('*', key)))
        .filter((key) => !bases.has(key));

      expect(missing).to.deep.equal([]);
    });
  }
});

describe('The checks above', () => {
  const place = (name: string) => `\${${name}}`;

  it('see keys in quotes and in templates, and nothing else', () => {
    const source = [
      "t('shell.close');",
      `t(\`activity.event.${place('kind')}\`);`,
      "const place = '/studies'; import './peers.tsx'; t('settings.tls')",
    ].join(' ');

    expect(keysNamedIn(source)).to.deep.equal([
      'shell.close',
      `activity.event.${place('kind')}`,
      'settings.tls',
    ]);
  });

  it('take a template for every key that it can become', () => {
    const pattern = patternOf(`peers.echo.${place('outcome')}.advice`);

    expect(isNamedBy(pattern, 'peers.echo.not-dicom.advice')).to.equal(true);
    expect(isNamedBy(pattern, 'peers.echo.not-dicom')).to.equal(false);
  });
});

function baseOf(key: string): string {
  return key.replace(PLURAL_FORM, '');
}

function formsOf(language: Language): string[] {
  const rules = new Intl.PluralRules(language);
  const counts = Array.from({ length: 1000 }, (_, count) => count);
  return [...new Set(counts.map((count) => rules.select(count)))].sort();
}

function placesIn(text: string): string {
  return [...new Set(text.match(/\{\w+\}/g))].sort().join();
}

/** Texts in quotes that begin as a key does; of templates with their `${…}`. */
function keysNamedIn(source: string): string[] {
  const KEY = new RegExp(`['"\`]((?:${AREAS.join('|')})\\.(?:[\\w.-]|\\$\\{[^}]*\\})+)['"\`]`, 'g');
  return [...source.matchAll(KEY)]
    .map((match) => match[1] ?? '')
    .filter((key) => !/\.(tsx?|css|json)$/.test(key));
}

function patternOf(key: string): RegExp {
  const parts = key.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'));
  return new RegExp(`^${parts.join('[\\w.-]*')}$`);
}

/** Also where a plural form of the named message is meant. */
function isNamedBy(pattern: RegExp, key: string): boolean {
  return pattern.test(key) || pattern.test(baseOf(key));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
