import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';

const SCRIPT = join(import.meta.dirname, '../../src/admin/page.generate.ts');

describe('The built page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dicomkeep-page-'));
  const built = join(folder, 'public');
  const read = (name: string) => readFileSync(join(built, name), 'utf8');
  let printed = '';
  before(function () {
    this.timeout(60_000);
    printed = execFileSync(process.execPath, [SCRIPT, built], { encoding: 'utf8' });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('names scripts and styles by their hash, and index.html names those that are there', () => {
    const names = readdirSync(built);
    const scripts = names.filter((name) => /\.(js|css)$/.test(name));
    const linked = [...read('index.html').matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]);

    expect(scripts.filter((name) => !/-[A-Z0-9]{8}\.(js|css)$/.test(name))).to.deep.equal([]);
    expect(linked).to.have.lengthOf(3);
    expect(names).to.include.members(linked);
  });

  it('has no script and no style inside index.html, which its Content-Security-Policy would refuse', () => {
    expect(read('index.html')).to.not.match(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });

  it('has the messages of each language in a file of its own', () => {
    const withMessages = readdirSync(built).filter(
      (name) => name.endsWith('.js') && read(name).includes('"shell.nav.overview":'),
    );

    expect(withMessages.map((name) => name.replace(/-[A-Z0-9]{8}\.js$/, '')).sort()).to.deep.equal([
      'en',
      'fr',
      'ja',
      'zh-CN',
    ]);
  });

  it('has no source maps, and nothing of the schemas of the server', () => {
    const scripts = readdirSync(built).filter((name) => name.endsWith('.js'));

    expect(readdirSync(built).filter((name) => name.endsWith('.map'))).to.deep.equal([]);
    expect(scripts.filter((name) => /sourceMappingURL|ZodError/.test(read(name)))).to.deep.equal([]);
  });

  it('is small: scripts and styles of all languages together, gzipped, in 150 kB', () => {
    const bytes = readdirSync(built)
      .filter((name) => /\.(js|css)$/.test(name))
      .reduce((sum, name) => sum + gzipSync(read(name)).length, 0);

    expect(bytes).to.be.within(10_000, 150_000);
    expect(printed).to.include(`${(bytes / 1000).toFixed(1)} kB`);
  });
});
