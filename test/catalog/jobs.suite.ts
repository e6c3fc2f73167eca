import { expect } from 'chai';
import { jobsKeptMax } from '../../src/catalog/limits.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { executeOn } from './raw-rows.ts';

export function jobsSuite(opened: Opened): void {
  const send = (runAt = 1000) => ({ kind: 'send', by: 'anna', payload: { studyInstanceUid: '1.1' }, runAt });
  const codeOf = async (work: () => Promise<unknown>) => {
    const problem: unknown = await work().catch((error: unknown) => error);
    return problem instanceof Problem ? problem.code : problem;
  };

  it('gives a job that is due to one that claims it, the one due for longest first', async () => {
    const { jobs } = opened.catalog;
    const later = await jobs.add(send(3000));
    const sooner = await jobs.add(send(2000));

    expect(sooner).to.deep.include({
      ...send(2000),
      state: 'waiting',
      attempts: 0,
      words: '',
      progress: { done: 0, failed: 0, total: 0 },
    });
    expect(await jobs.findById(sooner.id)).to.deep.equal(sooner);
    expect(await jobs.claim(1999, 'A')).to.equal(undefined);
    expect(await jobs.claim(5000, 'A')).to.deep.include({ id: sooner.id, state: 'running', attempts: 1 });
    expect(await jobs.claim(5000, 'A')).to.include({ id: later.id });
    expect(await jobs.claim(5000, 'A')).to.equal(undefined);
    expect(await jobs.findById(9999)).to.equal(undefined);
  });

  it('never gives one job to two', async () => {
    const { jobs } = opened.catalog;
    for (let index = 0; index < 6; index++) await jobs.add(send());

    const claimed = await Promise.all(Array.from({ length: 10 }, () => jobs.claim(2000, 'A')));
    const rest: (number | undefined)[] = [];
    for (let job = await jobs.claim(2000, 'A'); job !== undefined; job = await jobs.claim(2000, 'A'))
      rest.push(job.id);

    const ids = [...claimed.flatMap((job) => job?.id ?? []), ...rest];
    expect(new Set(ids).size).to.equal(6);
    expect(ids).to.have.lengthOf(6);
  });

  it('keeps progress and end of a running job, and puts it off', async () => {
    const { jobs } = opened.catalog;
    const { id } = await jobs.add(send());
    await jobs.claim(1000, 'A');
    await jobs.progress(id, { done: 1, failed: 0, total: 3 });
    await jobs.postpone(id, 4000, 'STORE2 does not answer');
    expect(await jobs.findById(id)).to.deep.include({
      state: 'waiting',
      runAt: 4000,
      words: 'STORE2 does not answer',
      progress: { done: 1, failed: 0, total: 3 },
    });

    expect(await jobs.claim(4000, 'A')).to.include({ id, attempts: 2 });
    await jobs.finish(id, 'failed', 'one of 3 was refused', { done: 2, failed: 1, total: 3 });
    await jobs.progress(id, { done: 9, failed: 9, total: 9 });

    expect(await jobs.findById(id)).to.deep.include({
      state: 'failed',
      words: 'one of 3 was refused',
      progress: { done: 2, failed: 1, total: 3 },
    });
  });

  it('takes a job back as if it had not been begun', async () => {
    const { jobs } = opened.catalog;
    const { id } = await jobs.add({ kind: 'send', by: 'anna', payload: {}, runAt: 0 });
    await jobs.claim(1, 'A');
    await jobs.postpone(id, 0, 'STORE2 does not answer');
    await jobs.claim(2, 'A');

    await jobs.putBack(id);
    await jobs.putBack(id);

    expect(await jobs.findById(id)).to.include({ state: 'waiting', attempts: 1, words: '' });
    expect(await jobs.claim(Date.now(), 'A')).to.include({ id, attempts: 2 });
  });

  it('cancels what waits, leaves what runs to who runs it, and refuses what has ended', async () => {
    const { jobs } = opened.catalog;
    const [first, second] = [await jobs.add(send(1)), await jobs.add(send(2))];
    await jobs.claim(1, 'A');

    expect(await jobs.cancel(second.id, 'A')).to.include({ id: second.id, state: 'cancelled' });
    expect(await jobs.cancel(first.id, 'A')).to.include({ id: first.id, state: 'running' });
    expect(await jobs.claim(5000, 'A')).to.equal(undefined);
    expect(await codeOf(() => jobs.cancel(second.id, 'A'))).to.equal('unusable-setting');
    expect(await codeOf(() => jobs.cancel(999, 'A'))).to.equal('not-found');
    expect(await jobs.cancel(first.id, 'B')).to.include({ id: first.id, state: 'cancelled' });
  });

  it('forgets the oldest that have ended when there are too many', async function () {
    this.timeout(300_000);
    const { jobs } = opened.catalog;
    const waiting = await jobs.add(send());
    const ended = { kind: 'send', state: 'done', payload: '{}', progress: '{}', attempts: 1, run_at: 1 };
    await executeOn(opened.url, async (db) => {
      const rows = Array.from({ length: jobsKeptMax + 5 }, (_, index) => ({
        ...ended,
        created_at: index,
        changed_at: index,
      }));
      for (let at = 0; at < rows.length; at += 400) await db('jobs').insert(rows.slice(at, at + 400));
    });

    await jobs.add(send());

    const states = await executeOn(opened.url, (db) =>
      db('jobs').select('id', 'state', 'created_at').orderBy('id'),
    );
    expect(states).to.have.lengthOf(jobsKeptMax + 2);
    expect(states[0]).to.include({ id: waiting.id, state: 'waiting' });
    expect(states[1]).to.include({ created_at: 5 });
  });

  it('lists newest first, by state and page by page, and takes up what a killed daemon left, but not what another one runs', async () => {
    const { jobs } = opened.catalog;
    const ids: number[] = [];
    for (let index = 0; index < 4; index++) ids.unshift((await jobs.add(send(1000 + index))).id);
    await jobs.claim(9000, 'A');
    await jobs.claim(9000, 'A');

    const idsOf = async (options: Parameters<typeof jobs.list>[0]) =>
      (await jobs.list(options)).map(({ id }) => id);
    expect(await idsOf({ limit: 3 })).to.deep.equal(ids.slice(0, 3));
    expect(await idsOf({ limit: 3, beforeId: ids[2] ?? 0 })).to.deep.equal(ids.slice(3));
    expect(await idsOf({ limit: 9, state: 'running' })).to.deep.equal(ids.slice(2));
    expect(await jobs.unfinished()).to.deep.equal({ waiting: 2, running: 2 });
    expect(await jobs.requeueRunning('B')).to.equal(0);
    expect(await jobs.requeueRunning('A')).to.equal(2);
    expect(await idsOf({ limit: 9, state: 'waiting' })).to.deep.equal(ids);
  });

  it('takes a job with its pieces once for each key, as long as it is not over', async () => {
    const { jobs } = opened.catalog;
    const pieces = Array.from({ length: 170 }, (_, index) => ({ index, text: '影像\u{1f600}' }));
    const asked = { ...send(5000), kind: 'commit' };

    const [first, again, other] = [
      await jobs.addOnce(asked, { key: 'CT1 1.2.3', pieces }),
      await jobs.addOnce({ ...asked, runAt: 3000 }, { key: 'CT1 1.2.3', pieces: [] }),
      await jobs.addOnce({ ...asked, kind: 'other' }, { key: 'CT1 1.2.3', pieces: [] }),
    ];

    expect([first.isNew, again.isNew, other.isNew]).to.deep.equal([true, false, true]);
    expect(again.job).to.include({ id: first.job.id, state: 'waiting', runAt: 3000 });
    expect(await jobs.findById(first.job.id)).to.include({ runAt: 3000 });
    expect((await jobs.unfinishedOf('commit', 9)).map(({ id }) => id)).to.deep.equal([first.job.id]);
    expect(await jobs.piece(first.job.id, 0)).to.deep.equal(pieces[0]);
    expect(await jobs.piece(first.job.id, 169)).to.deep.equal(pieces[169]);
    expect(await jobs.piece(first.job.id, 170)).to.equal(undefined);
    await jobs.setPiece(first.job.id, 1, { index: 'changed' });
    expect(await jobs.piece(first.job.id, 1)).to.deep.equal({ index: 'changed' });
  });

  it('forgets the pieces of a job that has ended or was cancelled, not of one that waits again', async () => {
    const { jobs } = opened.catalog;
    const add = async (key: string) => (await jobs.addOnce(send(), { key, pieces: [{ key }] })).job.id;
    const [done, putOff, cancelled] = [await add('done'), await add('put off'), await add('cancelled')];

    await jobs.claim(1000, 'A');
    await jobs.claim(1000, 'A');
    await jobs.finish(done, 'done', '');
    await jobs.postpone(putOff, 9000, 'away');
    await jobs.finish(putOff, 'done', 'of a process that is late');
    await jobs.cancel(cancelled, 'A');

    expect(await jobs.piece(done, 0)).to.equal(undefined);
    expect(await jobs.piece(putOff, 0)).to.deep.equal({ key: 'put off' });
    expect(await jobs.piece(cancelled, 0)).to.equal(undefined);
    expect((await jobs.addOnce(send(), { key: 'done', pieces: [] })).isNew).to.equal(true);
  });

  it('adds one of two jobs of a key that are asked for at the same time', async () => {
    const { jobs } = opened.catalog;

    const added = await Promise.all([1, 2, 3].map(() => jobs.addOnce(send(), { key: 'one', pieces: [{}] })));

    expect(added.filter(({ isNew }) => isNew)).to.have.lengthOf(1);
    expect(new Set(added.map(({ job }) => job.id)).size).to.equal(1);
  });

  it('leaves jobs of kinds that are busy to a later claim', async () => {
    const { jobs } = opened.catalog;
    await jobs.add(send(1));
    const other = await jobs.add({ ...send(2), kind: 'other' });

    expect(await jobs.claim(1000, 'A', ['send'])).to.include({ id: other.id });
    expect(await jobs.claim(1000, 'A', ['send'])).to.equal(undefined);
    expect(await jobs.claim(1000, 'A', [])).to.include({ kind: 'send' });
  });
}
