import { atLeast, below, type Goal, ratio } from '../goals.ts';
import { median } from '../measure.ts';
import type { Presentation } from '../presentations.ts';
import { rounded } from '../report.ts';
import type { LifecycleRow } from '../results.ts';
import { grouped } from '../summary.ts';

interface LifecycleSummary
  extends Pick<LifecycleRow, 'server' | 'step' | 'cache' | 'instances' | 'bytes' | 'isRight'> {
  seconds: number;
}

export const lifecyclePresentation: Presentation<LifecycleRow> = {
  words(row) {
    const right = row.isRight ? '' : ', WRONG';
    return `${row.step} ${row.cache} ${row.instances} instances in ${row.seconds.toFixed(2)} s${right}`;
  },
  isFaultless: (row) => row.isRight,
  tables: (rows) => [
    {
      title: 'Start, stop, recovery, reindex and verify: medians',
      head: [
        'server',
        'step',
        'page cache',
        'instances',
        's',
        'instances/s',
        'MB/s',
        'of sha256sum',
        'right',
      ],
      rows: summariesOf(rows).map((row, _, all) => [
        row.server,
        row.step,
        row.cache,
        String(row.instances),
        rounded(row.seconds),
        isAboutInstances(row) ? rounded(row.instances / row.seconds) : '',
        row.bytes > 0 ? rounded(row.bytes / 1e6 / row.seconds) : '',
        row.step === 'verify' ? rounded(ofHashing(all, row) ?? Number.NaN) : '',
        row.isRight ? 'yes' : 'no',
      ]),
    },
  ],
  goals: (rows) => goalsOf(summariesOf(rows)),
};

function isAboutInstances({ step }: LifecycleSummary): boolean {
  return step === 'recovery' || step === 'reindex' || step === 'verify' || step === 'sha256sum';
}

function summariesOf(rows: readonly LifecycleRow[]): LifecycleSummary[] {
  const keyOf = (row: LifecycleRow): string => `${row.server} ${row.step} ${row.cache} ${row.instances}`;
  return grouped(rows, keyOf).map((group) => {
    const [{ server, step, cache, instances, bytes }] = group;
    const seconds = median(group.map((row) => row.seconds));
    const isRight = group.every((row) => row.isRight);
    return { server, step, cache, instances, bytes, seconds, isRight };
  });
}

/** Speed beside that of `sha256sum` over the same files in the same state; the start of the process is in both. */
function ofHashing(all: readonly LifecycleSummary[], row: LifecycleSummary): number | undefined {
  const hashing = all.find(
    ({ server, step, cache, instances }) =>
      server === row.server && step === 'sha256sum' && cache === row.cache && instances === row.instances,
  );
  return ratio(hashing?.seconds, row.seconds);
}

function goalsOf(all: readonly LifecycleSummary[]): Goal[] {
  return (['dicomkeep-sqlite', 'dicomkeep-mariadb'] as const).flatMap((ours) => {
    const of = (step: LifecycleRow['step'], cache: LifecycleRow['cache']): LifecycleSummary[] =>
      all.filter((row) => row.server === ours && row.step === step && row.cache === cache);
    /** The slowest of all sizes; what was not right meets no goal. */
    const secondsOf = (step: LifecycleRow['step'], cache: LifecycleRow['cache']): number | undefined => {
      const seconds = of(step, cache).map((row) => (row.isRight ? row.seconds : Number.POSITIVE_INFINITY));
      return seconds.length === 0 ? undefined : Math.max(...seconds);
    };
    const [reindex] = of('reindex', 'warm');
    const [verify] = of('verify', 'warm');
    return [
      below(`${ours}: start to the first C-ECHO, s`, 3, secondsOf('start', '')),
      below(`${ours}: stop, s`, 10, secondsOf('stop', '')),
      below(`${ours}: recovery of 10,000 unfiled instances, s`, 10, secondsOf('recovery', 'warm')),
      below(`${ours}: start with the filled catalogue, s`, 3, secondsOf('start, filled', '')),
      below(`${ours}: stop with the filled catalogue, s`, 10, secondsOf('stop, filled', '')),
      atLeast(`${ours}: reindex, instances/s`, 2000, ratio(reindex?.instances, reindex?.seconds)),
      atLeast(`${ours}: verify, of sha256sum`, 0.8, verify && ofHashing(all, verify)),
    ];
  });
}
