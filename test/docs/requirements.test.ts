import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '../..');

interface Requirement {
  words: string;
  section: string;
  file: string;
  /** Part of a test's title, as it stands in the file. */
  title: string;
}

/** The rows of a table `| requirement | section | file: title |`. */
function requirementsOf(markdown: string): Requirement[] {
  const rows = markdown
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| *(-+|Requirement) *\|/.test(line));
  return rows.map((row) => {
    const [, words = '', section = '', test = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const colon = test.indexOf(': ');
    return {
      words,
      section,
      file: test.slice(0, colon),
      title: test.slice(colon + 2).replaceAll('\\|', '|'),
    };
  });
}

describe('docs/requirements.md', () => {
  const requirements = requirementsOf(readFileSync(join(ROOT, 'docs/requirements.md'), 'utf8'));

  it('names a section of the standard and a test that is there for each requirement', () => {
    const wrong = requirements.filter(({ section, file, title }) => {
      if (!/PS3\.\d+ |RFC \d+|–/.test(`${section} `) || title === '') return true;
      return !existsSync(join(ROOT, file)) || !readFileSync(join(ROOT, file), 'utf8').includes(title);
    });

    expect(requirements.length).to.be.greaterThan(50);
    expect(wrong).to.deep.equal([]);
  });
});
