import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { wizardFiles } from '../../spk/wizard.generate.ts';

const SPK = join(import.meta.dirname, '../../spk');
const LANGUAGES = ['enu', 'cht', 'chs', 'jpn', 'fre', 'ger'];

describe('The texts of the package', () => {
  const sections = readFileSync(join(SPK, 'scripts/messages'), 'utf8')
    .split(/^\[(\w+)\]\n/m)
    .slice(1);
  const messages = new Map<string, string[]>();
  for (let at = 0; at < sections.length; at += 2) {
    const lines = (sections[at + 1] ?? '').split('\n').filter((line) => /^[a-z]{3} \S/.test(line));
    messages.set(sections[at] ?? '', lines);
  }

  it('say the same in six languages', () => {
    for (const [key, lines] of messages) {
      expect(
        lines.map((line) => line.slice(0, 3)),
        key,
      ).to.deep.equal(LANGUAGES);
      const values = lines.map((line) => [...new Set(line.match(/\{\d\}/g))].sort().join());
      expect(new Set(values).size, key).to.equal(1);
    }
  });

  it('are those that the scripts use, and no others', () => {
    const used = new Set<string>();
    for (const name of readdirSync(join(SPK, 'scripts')).filter((file) => file !== 'messages')) {
      const code = readFileSync(join(SPK, 'scripts', name), 'utf8').replaceAll(/^ *#.*$/gm, '');
      for (const [, key = ''] of code.matchAll(
        /(?:\b(?:say|refuse|stay) |\bproblem\('|\bmessage=)([a-z]\w*)/g,
      ))
        used.add(key);
    }

    expect([...messages.keys()].sort()).to.deep.equal([...used].sort());
  });
});

describe('The wizards of the package', () => {
  const files = wizardFiles();

  it('are written as their texts say: node spk/wizard.generate.ts', () => {
    expect(readdirSync(join(SPK, 'wizard')).sort()).to.deep.equal([...files.keys()].sort());
    for (const [name, text] of files)
      expect(readFileSync(join(SPK, 'wizard', name), 'utf8'), name).to.equal(text);
  });

  /** Everything of a form but its words. */
  const shape = (text: string) =>
    JSON.stringify(JSON.parse(text), (key, value) =>
      ['desc', 'step_title', 'errorText'].includes(key) ? typeof value : value,
    );

  it('ask the same in every language', () => {
    for (const kind of ['install', 'uninstall']) {
      for (const language of LANGUAGES) {
        const text = files.get(`${kind}_uifile_${language}`) ?? '';
        expect(shape(text), language).to.equal(shape(files.get(`${kind}_uifile`) ?? ''));
      }
    }
  });

  it('take what the scripts take', () => {
    const steps: { items: { subitems?: Field[] }[] }[] = JSON.parse(files.get('install_uifile') ?? '');
    const fields = steps.flatMap(({ items }) => items.flatMap(({ subitems }) => subitems ?? []));
    const takes = (key: string, value: string) => {
      const { expr } = fields.find((field) => field.key === key)?.validator.regex ?? { expr: '/$^/' };
      return new RegExp(expr.slice(1, -1)).test(value);
    };

    for (const port of ['1024', '8104', '11112', '65535'])
      expect(takes('wizard_dicom_port', port), port).to.equal(true);
    for (const port of ['104', '1023', '65536', '1e4', ' 1200', ''])
      expect(takes('wizard_web_port', port), port).to.equal(false);
    for (const title of ['A', 'STORE SCP', `A'"$&<`, '1234567890123456'])
      expect(takes('wizard_ae_title', title), title).to.equal(true);
    for (const title of ['', '  ', 'A\\B', 'Ä', '12345678901234567'])
      expect(takes('wizard_ae_title', title), title).to.equal(false);
    for (const share of ['dicom', 'x', 'Röntgen 画像', "it's $x"])
      expect(takes('wizard_share', share), share).to.equal(true);
    for (const share of ['', 'a/b', '.x', '-x', ' x', 'x ', 'a"b'])
      expect(takes('wizard_share', share), share).to.equal(false);
  });
});

interface Field {
  readonly key: string;
  readonly validator: { readonly regex?: { readonly expr: string } };
}
