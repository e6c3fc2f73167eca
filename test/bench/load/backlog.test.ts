import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { backlogIn } from './backlog.ts';

describe('Backlog of the load', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'backlog-'));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const put = (name: string, content: string, agoSeconds: number): void => {
    const path = join(directory, name);
    writeFileSync(path, content);
    utimesSync(path, 1_700_000_000 - agoSeconds, 1_700_000_000 - agoSeconds);
  };

  it('counts files that have something in them and tells the age of the oldest, not files that are only prepared', () => {
    put('1.dcm', 'one', 7);
    put('2.dcm', 'two', 3);
    put('3.dcm', '', 90);

    expect(backlogIn(directory, 1_700_000_000_000)).to.deep.equal({ instances: 2, oldestMs: 7000 });
  });

  it('is nothing in an empty folder', () => {
    expect(backlogIn(directory, 1_700_000_000_000)).to.deep.equal({ instances: 0, oldestMs: 0 });
  });

  it('counts a large backlog by its names', () => {
    for (let index = 0; index < 1500; index++) put(String(index).padStart(6, '0'), 'x', 1);

    expect(backlogIn(directory, 1_700_000_000_000).instances).to.equal(1400);
  });
});
