import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { conflictPaths, filedByWeek } from '../../src/storage/filed-instances.ts';

describe('filedByWeek and conflictPaths (storage/FORMAT.md, Tree)', () => {
  let root = '';

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dicomkeep-filed-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function put(...paths: string[]): void {
    for (const path of paths) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '');
    }
  }

  it('find every instance, week by week, and nothing that is none', async () => {
    put(
      '2026-W47/1.2/1.2.3/9.dcm',
      '2026-W47/1.2/1.2.3/1.dcm',
      '2026-W47/1.1/1.1.1/1.dcm',
      '2025-W52/1/2/3.dcm',
    );
    put('2026-W47/1.2/1.2.3/@eaDir/x.dcm', '2026-W47/1.2/1.2.3/notes.txt', '2026-W47/stray.dcm');
    put('incoming/a.dcm', 'damaged/b.dcm', 'dicomkeep-volume.json', '2026-W4/1/2/3.dcm');

    const weeks: unknown[] = [];
    for await (const { week, paths } of filedByWeek(root))
      weeks.push([week, paths.map((path) => path.slice(root.length + 1))]);

    expect(weeks).to.deep.equal([
      ['2025-W52', ['2025-W52/1/2/3.dcm']],
      ['2026-W47', ['2026-W47/1.1/1.1.1/1.dcm', '2026-W47/1.2/1.2.3/1.dcm', '2026-W47/1.2/1.2.3/9.dcm']],
    ]);
  });

  it('find the other versions, and none on a volume that never had any', async () => {
    expect(await conflictPaths(root)).to.deep.equal([]);

    put('conflicts/1.2/ab.dcm', 'conflicts/1.2/cd.dcm', 'conflicts/1.1/ef.dcm', 'conflicts/x.dcm');

    expect((await conflictPaths(root)).map((path) => path.slice(root.length + 1))).to.deep.equal([
      'conflicts/1.1/ef.dcm',
      'conflicts/1.2/ab.dcm',
      'conflicts/1.2/cd.dcm',
    ]);
  });
});
