import { expect } from 'chai';
import type { Goal } from '../goals.ts';
import type { ExaminationRow, LifecycleRow } from '../results.ts';
import { examinationPresentation } from './examination-report.ts';
import { lifecyclePresentation } from './lifecycle-report.ts';

const ours = 'dicomkeep-sqlite';

function retrieved(
  method: ExaminationRow['method'],
  seconds: number,
  more: Partial<ExaminationRow> = {},
): ExaminationRow {
  const server = method === 'tar' || method === 'one by one' ? 'raw' : ours;
  const counts = { instances: 1000, bytes: 6e7, cpuSeconds: 1, peakRssBytes: 1e8, lost: 0, status: 0 };
  return {
    scenario: 'examination',
    server,
    method,
    cache: 'warm',
    seconds,
    firstInstanceMs: 50,
    ...counts,
    ...more,
  };
}

function step(name: LifecycleRow['step'], seconds: number, more: Partial<LifecycleRow> = {}): LifecycleRow {
  const read = { cache: 'warm', instances: 1000, bytes: 5e8, isRight: true } as const;
  return { scenario: 'lifecycle', server: ours, step: name, seconds, ...read, ...more };
}

function verdictOf(goals: readonly Goal[] | undefined, words: string): string | undefined {
  return goals?.find((goal) => goal.words === words)?.verdict;
}

describe('Report of an examination', () => {
  const words = `${ours}: examination by C-MOVE, warm, of tar`;

  it('holds C-MOVE against the median of tar with the page cache in the same state', () => {
    const tar = [1, 0.7, 9].map((seconds) => retrieved('tar', seconds));
    const cold = retrieved('tar', 0.1, { cache: 'cold' });
    const goalsWith = (seconds: number) =>
      examinationPresentation.goals?.([cold, ...tar, retrieved('C-MOVE', seconds)]);

    expect(verdictOf(goalsWith(1.42), words)).to.equal('met');
    expect(verdictOf(goalsWith(1.44), words)).to.equal('missed');
  });

  it('meets no goal with a loss, and judges none without tar', () => {
    const lossy = retrieved('C-MOVE', 0.5, { lost: 1 });

    expect(verdictOf(examinationPresentation.goals?.([retrieved('tar', 1), lossy]), words)).to.equal(
      'missed',
    );
    expect(verdictOf(examinationPresentation.goals?.([retrieved('C-MOVE', 1)]), words)).to.equal(
      'not measured',
    );
    expect(examinationPresentation.isFaultless(lossy)).to.equal(false);
  });

  it('gives each way a line with its share of tar', () => {
    const [table] = examinationPresentation.tables([
      retrieved('tar', 1),
      retrieved('C-GET', 2),
      retrieved('C-GET in flight', 1.6),
    ]);

    expect(table?.rows.map((cells) => cells.slice(0, 6))).to.deep.equal([
      ['warm', 'tar', 'raw', '1000', '60', '1'],
      ['warm', 'C-GET', ours, '500', '30', '0.5'],
      ['warm', 'C-GET in flight', ours, '625', '37.5', '0.625'],
    ]);
  });
});

describe('Report of start, stop and reading', () => {
  it('holds verify against sha256sum over the same files, and reindex against 2000 a second', () => {
    const goals = lifecyclePresentation.goals?.([
      step('sha256sum', 1),
      step('sha256sum', 0.1, { server: 'dicomkeep-mariadb' }),
      step('verify', 1.25),
      step('reindex', 0.6),
    ]);

    expect(verdictOf(goals, `${ours}: verify, of sha256sum`)).to.equal('met');
    expect(verdictOf(goals, `${ours}: reindex, instances/s`)).to.equal('missed');
  });

  it('judges the slowest start, and meets nothing with a wrong count', () => {
    const start = (seconds: number, isRight = true) =>
      step('start', seconds, { cache: '', instances: seconds, isRight });
    const goalsOf = (...rows: LifecycleRow[]) =>
      verdictOf(lifecyclePresentation.goals?.(rows), `${ours}: start to the first C-ECHO, s`);

    expect(goalsOf(start(1), start(2))).to.equal('met');
    expect(goalsOf(start(1), start(3))).to.equal('missed');
    expect(goalsOf(start(1, false))).to.equal('missed');
    expect(goalsOf()).to.equal('not measured');
  });
});
