import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';

const SPK = join(import.meta.dirname, '../../spk');
const LANGUAGES = ['enu', 'cht', 'chs', 'jpn', 'fre', 'ger'];
/** What people read, and so differs from language to language. */
const WORDS = ['step_title', 'desc', 'errorText', 'invalidText', 'emptyText'];

describe('The wizards', () => {
  const wizard = (name: string) => JSON.parse(readFileSync(join(SPK, 'wizard', name), 'utf8'));

  for (const kind of ['install_uifile', 'uninstall_uifile']) {
    it(`${kind} asks the same in every language, and in English where DSM speaks another`, () => {
      const english = wizard(kind);

      expect(wizard(`${kind}_enu`)).to.deep.equal(english);
      for (const language of LANGUAGES) {
        expect(withoutWords(wizard(`${kind}_${language}`)), language).to.deep.equal(withoutWords(english));
      }
    });

    it(`${kind} says everything in every language`, () => {
      const english = wordsOf(wizard(kind));
      for (const language of LANGUAGES) {
        const words = wordsOf(wizard(`${kind}_${language}`));
        expect(words, language).to.have.lengthOf(english.length);
        const same = words.filter((word, index) => word === english[index] && / /.test(word));
        if (language !== 'enu') expect(same, `${language}, not translated`).to.deep.equal([]);
      }
    });
  }

  it('have rules that are regular expressions', () => {
    for (const path of globSync('wizard/*', { cwd: SPK })) {
      for (const [, expression = ''] of readFileSync(join(SPK, path), 'utf8').matchAll(/"expr": "(.*)"/g)) {
        const [, body = ''] = /^\/(.*)\/$/.exec(JSON.parse(`"${expression}"`)) ?? [];
        expect(body, path).not.to.equal('');
        expect(() => new RegExp(body), path).not.to.throw();
      }
    }
  });
});

function withoutWords(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item) => (WORDS.includes(key) && item !== '' ? 'words' : item)),
  );
}

function wordsOf(value: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(value, (key, item) => {
    if (WORDS.includes(key) && item !== '') found.push(item);
    return item;
  });
  return found;
}

describe('The scripts', () => {
  const scripts = globSync('scripts/*', { cwd: SPK }).map((path) => join(SPK, path));

  it('are understood by a plain shell', () => {
    expect(scripts).to.have.length.above(7);
    for (const path of scripts) {
      const { status, stderr } = spawnSync('sh', ['-n', path], { encoding: 'utf8' });
      expect(status, `${path}\n${stderr}`).to.equal(0);
    }
  });

  it('say nothing that is not there in every language, with the same values in it', () => {
    const messages = messagesOf(readFileSync(join(SPK, 'scripts/messages'), 'utf8'));
    expect(messages.size).to.be.above(10);
    for (const [key, texts] of messages) {
      expect([...texts.keys()].sort(), key).to.deep.equal([...LANGUAGES].sort());
      const values = (text = '') => [...new Set(text.match(/\{\d\}/g))].sort();
      for (const [language, text] of texts) {
        expect(values(text), `${key} ${language}`).to.deep.equal(values(texts.get('enu')));
      }
    }
    for (const path of scripts.filter((name) => basename(name) !== 'messages')) {
      for (const [, key = ''] of readFileSync(path, 'utf8').matchAll(/\b(?:say|refuse) ([a-z_]+)\b/g)) {
        expect(messages.has(key), `${basename(path)}: ${key}`).to.equal(true);
      }
    }
  });
});

/** Texts by language, by key. */
function messagesOf(file: string): Map<string, Map<string, string>> {
  const messages = new Map<string, Map<string, string>>();
  let texts = new Map<string, string>();
  for (const line of file.split('\n')) {
    const [, key] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (key !== undefined) {
      texts = new Map();
      messages.set(key, texts);
    }
    const [, language, text] = /^([a-z]{3}) (.+)$/.exec(line) ?? [];
    if (language !== undefined && text !== undefined) texts.set(language, text);
  }
  return messages;
}
