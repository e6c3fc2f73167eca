import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import {
  type Job,
  type JobContext,
  type JobEvent,
  type JobHandler,
  type JobOutcome,
  JobQueue,
} from '../../src/jobs/queue.ts';
import { Problem } from '../../src/lib/problem.ts';
import { describeOnSqlite } from '../helpers/catalog-engines.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { memoryLog } from '../services/fixtures.ts';
import { refusalOf } from '../storage/problems.ts';

const DONE: JobOutcome = { state: 'done', words: '' };
const SUBJECT = { studyInstanceUid: '1.2', peer: 'WS1' };

const ANNA = { name: 'anna', address: '192.0.2.1' };
const BERT = { name: 'bert', address: '192.0.2.2' };

describeOnSqlite('JobQueue', (opened) => {
  let events: JobEvent[];
  let told: Job[];
  let queues: JobQueue[];
  let log: ReturnType<typeof memoryLog>;

  beforeEach(() => {
    events = [];
    told = [];
    queues = [];
    log = memoryLog();
  });
  afterEach(async () => {
    for (const queue of queues) await queue.stop();
  });

  function queueOf(
    run: JobHandler['run'],
    backOffMs: number[] = [10, 20],
    jobs = opened.catalog.jobs,
    owner: () => string | undefined = () => 'A',
  ) {
    const handler: JobHandler = {
      describe: () => 'send study 1.2 to WS1',
      fieldsOf: () => ({ destination: 'WS1' }),
      run,
    };
    const queue = new JobQueue({
      jobs,
      owner,
      handlers: new Map([['send', handler]]),
      record: (event) => events.push(event),
      log,
      pollMs: 20,
      backOffMs,
    });
    queue.onChange((job) => told.push(job));
    queues.push(queue);
    return queue;
  }

  /** The job, once it has this state and the queue has said so. */
  async function reached(queue: JobQueue, id: number, state: Job['state']): Promise<Job> {
    for (let tries = 0; tries < 3000; tries++) {
      const job = await queue.find(id);
      if (job.state === state && told.some((one) => one.id === id && one.state === state)) return job;
      await wait(10);
    }
    throw new Error(`job ${id} is ${(await queue.find(id)).state}, not ${state}`);
  }

  async function lastJob(queue: JobQueue): Promise<Job> {
    const [job] = await queue.list({ limit: 1 });
    if (job === undefined) throw new Error('no job');
    return job;
  }

  const kinds = () => events.map(({ kind }) => kind);

  it('runs what is added, tells how far it is, and keeps the end', async () => {
    const queue = queueOf(async (job, { progress }) => {
      expect(job.payload).to.deep.equal(SUBJECT);
      progress({ done: 1, failed: 0, total: 2 });
      progress({ done: 2, failed: 0, total: 2 });
      return DONE;
    });
    queue.start();

    const { id, state } = await queue.add('send', SUBJECT, ANNA);
    const done = await reached(queue, id, 'done');

    expect(state).to.equal('waiting');
    expect(done).to.deep.include({ by: 'anna', attempts: 1, words: '' });
    expect(done.progress).to.deep.equal({ done: 2, failed: 0, total: 2 });
    expect(kinds()).to.deep.equal(['job-added', 'job-done']);
    expect(events[1]).to.deep.include({
      severity: 'info',
      words: `Job ${id}, send study 1.2 to WS1: done`,
      fields: { by: 'anna', job: id, operation: 'send', destination: 'WS1' },
    });
    expect(told.map((job) => job.state)).to.deep.equal(['waiting', 'running', 'done']);
  });

  it('writes how far a job is within a second or so, and no more often', async function () {
    this.timeout(60_000);
    let end: () => void = () => undefined;
    const queue = queueOf(async (_job, { progress }) => {
      for (let done = 1; done <= 1000; done++) progress({ done, failed: 0, total: 2000 });
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      return DONE;
    });
    queue.start();
    const { id } = await queue.add('send', SUBJECT, ANNA);

    for (let tries = 0; tries < 1000 && (await queue.find(id)).progress.done === 0; tries++) await wait(10);

    expect((await queue.find(id)).progress).to.deep.equal({ done: 1000, failed: 0, total: 2000 });
    expect(told.filter(({ progress }) => progress.done > 0)).to.have.lengthOf(1);
    end();
    await reached(queue, id, 'done');
  });

  it('runs two at once and leaves the others waiting', async () => {
    let running = 0;
    let most = 0;
    const queue = queueOf(async () => {
      running += 1;
      most = Math.max(most, running);
      await wait(30);
      running -= 1;
      return DONE;
    });
    queue.start();

    const jobs = [];
    for (let count = 0; count < 5; count++) jobs.push(await queue.add('send', SUBJECT, ANNA));
    for (const { id } of jobs) await reached(queue, id, 'done');

    expect(most).to.equal(2);
  });

  it('counts what runs for each kind by itself, and has its own delays', async () => {
    const running: string[] = [];
    let end: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    const handlerOf = (more: Partial<JobHandler>): JobHandler => ({
      describe: () => 'work',
      fieldsOf: () => ({}),
      async run({ kind, attempts }) {
        running.push(kind);
        if (kind === 'quick' && attempts < 3) throw new Problem('peer-unreachable', 'away');
        await gate;
        return DONE;
      },
      ...more,
    });
    const queue = new JobQueue({
      jobs: opened.catalog.jobs,
      owner: () => 'A',
      handlers: new Map([
        ['slow', handlerOf({ runningMax: 1 })],
        ['quick', handlerOf({ backOffMs: [10, 10] })],
      ]),
      record: (event) => events.push(event),
      log,
      pollMs: 20,
      backOffMs: [],
    });
    queue.onChange((job) => told.push(job));
    queues.push(queue);
    for (let count = 0; count < 3; count++) await queue.add('slow', {}, ANNA);
    const { id } = await queue.add('quick', {}, ANNA);
    queue.start();

    for (let tries = 0; tries < 200 && running.length < 4; tries++) await wait(10);
    expect(running.toSorted()).to.deep.equal(['quick', 'quick', 'quick', 'slow']);
    end();

    expect(await reached(queue, id, 'done')).to.include({ attempts: 3 });
  });

  it('adds a job of a key once, tells of it once, and has it run now where it waits', async () => {
    const queue = queueOf(async () => DONE);
    const request = { key: 'CT1 1.2.3', pieces: [{ references: [] }] };

    const first = await queue.addOnce('send', SUBJECT, request, ANNA);
    const again = await queue.addOnce('send', SUBJECT, request, BERT);
    queue.start();
    await reached(queue, first.id, 'done');

    expect(again.id).to.equal(first.id);
    expect(kinds()).to.deep.equal(['job-added', 'job-done']);
    expect((await queue.addOnce('send', SUBJECT, request, ANNA)).id).not.to.equal(first.id);
  });

  it('tries a passing failure again, later each time, and then lets it fail with its words', async () => {
    const at: number[] = [];
    const queue = queueOf(() => {
      at.push(performance.now());
      return Promise.reject(new Problem('peer-unreachable', 'WS1: connection refused'));
    }, [40, 120]);
    queue.start();

    const { id } = await queue.add('send', SUBJECT, ANNA);
    const failed = await reached(queue, id, 'failed');

    expect(failed).to.deep.include({ attempts: 3, words: 'WS1: connection refused' });
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).to.be.greaterThan(35);
    expect(third - second).to.be.greaterThan(115);
    expect(kinds()).to.deep.equal(['job-added', 'job-failed']);
    expect(events[1]).to.deep.include({
      severity: 'warning',
      words: `Job ${id}, send study 1.2 to WS1: failed: WS1: connection refused`,
    });
    expect(log.lines.filter(({ message }) => message === 'job put off')).to.have.lengthOf(2);
  });

  it('says why a job waits that was put off', async () => {
    const queue = queueOf(
      () => Promise.reject(new Problem('volume-offline', 'the volume is away')),
      [60_000],
    );
    queue.start();
    const { id } = await queue.add('send', SUBJECT, ANNA);

    for (let tries = 0; tries < 100 && (await queue.find(id)).words === ''; tries++) await wait(10);

    expect(await queue.find(id)).to.deep.include({ state: 'waiting', words: 'the volume is away' });
  });

  it('fails at once where another attempt cannot help: refusals, bugs, kinds that nobody knows', async () => {
    const errors = [new Problem('not-found', 'no peer WS1'), new TypeError('undefined is not a function')];
    const queue = queueOf(() => Promise.reject(errors.shift() ?? new Error('no more')));
    queue.start();

    const refused = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, refused.id, 'failed');
    const broken = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, broken.id, 'failed');
    const unknown = await queue.add('shred', SUBJECT, ANNA);

    expect(await reached(queue, unknown.id, 'failed')).to.deep.include({ words: 'no job of kind shred' });
    expect(await queue.find(refused.id)).to.deep.include({ attempts: 1, words: 'no peer WS1' });
    expect(log.lines.filter(({ message }) => message === 'bug')).to.have.lengthOf(1);
  });

  it('keeps the words of a job that went through and says it failed', async () => {
    const queue = queueOf(async () => ({ state: 'failed', words: '1 of 2 instances were not sent' }));
    queue.start();

    const { id } = await queue.add('send', SUBJECT, ANNA);

    expect((await reached(queue, id, 'failed')).words).to.equal('1 of 2 instances were not sent');
  });

  it('cancels a job that waits, at once', async () => {
    const queue = queueOf(() => Promise.reject(new Error('must not run')));
    const { id } = await queue.add('send', SUBJECT, ANNA);

    const cancelled = await queue.cancel(id, BERT);
    queue.start();
    await wait(60);

    expect(cancelled.state).to.equal('cancelled');
    expect((await queue.find(id)).state).to.equal('cancelled');
    expect(kinds()).to.deep.equal(['job-added', 'job-cancelled']);
    expect(events[1]?.fields).to.deep.include({ by: 'bert', address: '192.0.2.2' });
  });

  const untilAborted = (_job: Job, { signal }: JobContext) =>
    new Promise<JobOutcome>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Problem('cancelled', 'cancelled')));
    });

  it('cancels a job that runs', async () => {
    const queue = queueOf(untilAborted);
    queue.start();
    const { id } = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, id, 'running');

    await queue.cancel(id, BERT);

    expect((await reached(queue, id, 'cancelled')).words).to.equal('');
    expect(kinds()).to.deep.equal(['job-added', 'job-cancelled']);
  });

  it('calls a job done that was done before the cancel came to it', async () => {
    const queue = queueOf(async (_job, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      return DONE;
    });
    queue.start();
    const { id } = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, id, 'running');

    await queue.cancel(id, BERT);

    await reached(queue, id, 'done');
  });

  it('refuses to cancel what has ended and what never was', async () => {
    const queue = queueOf(async () => DONE);
    queue.start();
    const { id } = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, id, 'done');

    expect(await refusalOf(queue.cancel(id, BERT))).to.match(/^unusable-setting: /);
    expect(await refusalOf(queue.cancel(id + 1, BERT))).to.match(/^not-found: /);
    expect(await refusalOf(queue.find(id + 1))).to.equal(`not-found: no job ${id + 1}`);
  });

  it('puts back what runs when the archive stops, and takes it up again at the next start', async () => {
    const first = queueOf(untilAborted);
    first.start();
    const { id } = await first.add('send', SUBJECT, ANNA);
    await reached(first, id, 'running');

    await first.stop();

    expect((await first.find(id)).state).to.equal('waiting');
    const second = queueOf(async () => DONE);
    second.start();
    await reached(second, id, 'done');
    expect(kinds()).to.deep.equal(['job-added', 'job-done']);
  });

  it('counts no attempt that an orderly stop has cut short', async () => {
    let attempts = 0;
    for (let starts = 0; starts < 4; starts++) {
      const stopped = queueOf(untilAborted);
      stopped.start();
      const { id } = starts === 0 ? await stopped.add('send', SUBJECT, ANNA) : await lastJob(stopped);
      await reached(stopped, id, 'running');
      await stopped.stop();
      expect(await lastJob(stopped)).to.include({ state: 'waiting', attempts: 0 });
      expect(told.at(-1)).to.include({ state: 'waiting', attempts: 0 });
      told = [];
    }

    const queue = queueOf(async () => {
      attempts += 1;
      throw new Problem('peer-unreachable', 'WS1 does not answer');
    });
    queue.start();

    const { id } = await lastJob(queue);
    expect((await reached(queue, id, 'failed')).attempts).to.equal(3);
    expect(attempts).to.equal(3);
  });

  it('takes up again what a killed archive left running', async () => {
    const { jobs } = opened.catalog;
    const { id } = await jobs.add({ kind: 'send', by: 'anna', payload: SUBJECT, runAt: 0 });
    await jobs.claim(Date.now(), 'A');
    const queue = queueOf(async () => DONE);

    queue.start();

    expect((await reached(queue, id, 'done')).attempts).to.equal(2);
  });

  it('leaves alone what another archive runs, but cancels it where it is told to', async () => {
    const { jobs } = opened.catalog;
    const { id } = await jobs.add({ kind: 'send', by: 'anna', payload: SUBJECT, runAt: 0 });
    await jobs.claim(Date.now(), 'B');
    const queue = queueOf(async () => DONE);
    queue.start();
    await reached(queue, (await queue.add('send', SUBJECT, ANNA)).id, 'done');
    expect(await queue.find(id)).to.include({ state: 'running', attempts: 1 });

    expect(await queue.cancel(id, BERT)).to.include({ state: 'cancelled' });

    expect(events.at(-1)).to.deep.include({ kind: 'job-cancelled' });
  });

  it('begins nothing before it is known as whom', async () => {
    let owner: string | undefined;
    const queue = queueOf(
      async () => DONE,
      [10],
      undefined,
      () => owner,
    );
    queue.start();
    const { id } = await queue.add('send', SUBJECT, ANNA);
    await wait(60);
    expect((await queue.find(id)).state).to.equal('waiting');

    owner = 'A';

    await reached(queue, id, 'done');
  });

  it('does not forget how a job ended while the catalogue is away', async () => {
    const { jobs } = opened.catalog;
    let away = 3;
    const flaky = {
      add: jobs.add.bind(jobs),
      findById: jobs.findById.bind(jobs),
      list: jobs.list.bind(jobs),
      claim: jobs.claim.bind(jobs),
      progress: jobs.progress.bind(jobs),
      postpone: jobs.postpone.bind(jobs),
      cancel: jobs.cancel.bind(jobs),
      requeueRunning: jobs.requeueRunning.bind(jobs),
      finish: (...args: Parameters<typeof jobs.finish>) => {
        away -= 1;
        if (away >= 0) return Promise.reject(new Problem('catalog-unavailable', 'gone'));
        return jobs.finish(...args);
      },
    };
    let runs = 0;
    const queue = queueOf(
      async () => {
        runs += 1;
        return DONE;
      },
      [10],
      flaky as unknown as typeof jobs,
    );
    queue.start();

    const { id } = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, id, 'done');

    expect([runs, kinds().filter((kind) => kind === 'job-done').length]).to.deep.equal([1, 1]);
  });

  it('begins when the catalogue comes that was away at the start', async () => {
    const { jobs } = opened.catalog;
    let away = 2;
    const flaky = Object.create(jobs, {
      requeueRunning: {
        value: () => {
          away -= 1;
          if (away >= 0) return Promise.reject(new Problem('catalog-unavailable', 'gone'));
          return jobs.requeueRunning('A');
        },
      },
    }) as typeof jobs;
    for (const name of ['add', 'findById', 'claim', 'finish'] as const)
      Object.defineProperty(flaky, name, { value: jobs[name].bind(jobs) });
    const queue = queueOf(async () => DONE, [10], flaky);
    queue.start();

    const { id } = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, id, 'done');

    expect(log.lines.filter(({ message }) => message === 'jobs wait')).to.have.lengthOf(1);
  });

  it('ends within seconds even where a job does not let itself be stopped', async function () {
    this.timeout(60_000);
    const queue = queueOf(() => new Promise<JobOutcome>(() => undefined));
    queue.start();
    const { id } = await queue.add('send', SUBJECT, ANNA);
    await reached(queue, id, 'running');
    const startedAt = performance.now();

    await queue.stop();

    expect(performance.now() - startedAt).to.be.within(2500, atMost(4000));
    queues = [];
  });

  it('lists jobs newest first, and those of a state', async () => {
    const queue = queueOf(async () => DONE);
    const first = await queue.add('send', SUBJECT, ANNA);
    const second = await queue.add('send', SUBJECT, ANNA);
    await queue.cancel(first.id, BERT);

    expect((await queue.list({ limit: 10 })).map(({ id }) => id)).to.deep.equal([second.id, first.id]);
    expect((await queue.list({ limit: 10, state: 'waiting' })).map(({ id }) => id)).to.deep.equal([
      second.id,
    ]);
    expect((await queue.list({ limit: 10, beforeId: second.id })).map(({ id }) => id)).to.deep.equal([
      first.id,
    ]);
  });
});
