import type { JobRepository } from '../catalog/job-repository.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem, type ProblemCode } from '../lib/problem.ts';
import type { Job, JobActor, JobEvent, JobHandler, JobOutcome, JobProgress, JobRequest } from './job.ts';
import { jobLimits } from './limits.ts';

export type * from './job.ts';

export interface JobQueueOptions {
  jobs: Pick<
    JobRepository,
    | 'add'
    | 'addOnce'
    | 'findById'
    | 'list'
    | 'claim'
    | 'progress'
    | 'finish'
    | 'postpone'
    | 'putBack'
    | 'cancel'
    | 'requeueRunning'
  >;
  /** As whom jobs are run, the same after a restart and of no other process; undefined while that is not known, and no job is begun. */
  owner(): string | undefined;
  /** By kind of job. */
  handlers: ReadonlyMap<string, JobHandler>;
  record(event: JobEvent): void;
  log: Log;
  /** How often the catalogue is asked for jobs that are due, milliseconds. */
  pollMs?: number;
  /** Between the attempts of a job, milliseconds: as many attempts, and one more. */
  backOffMs?: readonly number[];
}

/** Failures that pass: the job is tried again. */
const PASSING: ReadonlySet<ProblemCode> = new Set([
  'peer-unreachable',
  'catalog-unavailable',
  'volume-offline',
]);

interface Running {
  job: Job;
  controller: AbortController;
  /** Who cancelled it. */
  cancelledBy: JobActor | undefined;
  /** Told by the handler and not yet written. */
  news: JobProgress | undefined;
  timer: NodeJS.Timeout | undefined;
  ended: Promise<void>;
}

/**
 * Work that goes on after its request was answered. Jobs stand in the catalogue, so they outlive the program: what a killed one left running is begun
 * anew. Every handler may therefore be run again after any part of its work.
 */
export class JobQueue {
  readonly #options: JobQueueOptions;
  readonly #pollMs: number;
  readonly #backOffMs: readonly number[];
  readonly #running = new Map<number, Running>();
  /** Jobs that were cancelled between being claimed and being begun, and who did it; of the claim that is under way. */
  readonly #cancelledBefore = new Map<number, JobActor>();
  readonly #listeners = new Set<(job: Job) => void>();
  readonly #stopping = new AbortController();
  /** Something may be due that was not when the loop looked last. */
  #isNews = false;
  #isClaiming = false;
  #endSleep: (() => void) | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: JobQueueOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? jobLimits.pollMs;
    this.#backOffMs = options.backOffMs ?? jobLimits.backOffMs;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Puts back what is running, and ends; what does not let itself be stopped is begun anew at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    for (const { controller } of this.#running.values()) controller.abort();
    const all = this.#allEnded();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, jobLimits.stopTimeoutMs);
    });
    await Promise.race([all, late]);
    clearTimeout(timer);
  }

  async add(kind: string, payload: Record<string, string>, actor: JobActor): Promise<Job> {
    const job = await this.#options.jobs.add({ kind, by: actor.name, payload, runAt: Date.now() });
    this.#added(job, actor);
    return job;
  }

  /** As `add`, but a job of this key that is not over yet is the one; where that waits it is due now. */
  async addOnce(
    kind: string,
    payload: Record<string, string>,
    request: JobRequest,
    actor: JobActor,
  ): Promise<Job> {
    const asked = { kind, by: actor.name, payload, runAt: Date.now() };
    const { job, isNew } = await this.#options.jobs.addOnce(asked, request);
    if (isNew) this.#added(job, actor);
    else this.#wake();
    return job;
  }

  list(selection: Parameters<JobRepository['list']>[0]): Promise<Job[]> {
    return this.#options.jobs.list(selection);
  }

  /** @throws Problem 'not-found' */
  async find(id: number): Promise<Job> {
    const job = await this.#options.jobs.findById(id);
    if (job === undefined) throw new Problem('not-found', `no job ${id}`);
    return job;
  }

  /**
   * A job that waits is cancelled at once; one that runs when it has stopped.
   * @throws Problem 'not-found'; 'unusable-setting' where it has ended
   */
  async cancel(id: number, actor: JobActor): Promise<Job> {
    const job = await this.#options.jobs.cancel(id, this.#options.owner() ?? '');
    if (job.state === 'cancelled') {
      this.#record('job-cancelled', job, actor, '');
      this.#tell(job);
      return job;
    }
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.cancelledBy = actor;
      running.controller.abort();
    } else if (this.#isClaiming) this.#cancelledBefore.set(id, actor);
    return job;
  }

  /** Called with each job that is new, has come further or has ended. @returns ends it */
  onChange(listener: (job: Job) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #added(job: Job, actor: JobActor): void {
    this.#record('job-added', job, actor, '');
    this.#tell(job);
    this.#wake();
  }

  async #allEnded(): Promise<void> {
    // The loop first: it may be about to begin one more.
    await this.#loop;
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #run(): Promise<void> {
    let isRequeued = false;
    let reason = '';
    while (!this.#stopping.signal.aborted) {
      this.#isNews = false;
      try {
        const owner = this.#options.owner();
        if (owner !== undefined) {
          if (!isRequeued) await this.#options.jobs.requeueRunning(owner);
          isRequeued = true;
          while (await this.#claim(owner));
        }
        reason = '';
      } catch (error) {
        if (messageOf(error) !== reason) this.#options.log.warn('jobs wait', { reason: messageOf(error) });
        reason = messageOf(error);
      }
      await this.#sleep(this.#pollMs);
    }
  }

  #wake(): void {
    this.#isNews = true;
    this.#endSleep?.();
  }

  /** Until the time is over, or there is news. */
  async #sleep(delayMs: number): Promise<void> {
    if (this.#isNews || this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endSleep = undefined;
  }

  /** Kinds of which as many run as may. What is of no known kind counts by its own. */
  #busyKinds(): string[] {
    const counts = new Map<string, number>();
    for (const { job } of this.#running.values()) counts.set(job.kind, (counts.get(job.kind) ?? 0) + 1);
    const { handlers } = this.#options;
    return [...counts.keys()].filter(
      (kind) => (counts.get(kind) ?? 0) >= (handlers.get(kind)?.runningMax ?? jobLimits.runningMax),
    );
  }

  /** @returns whether there was one */
  async #claim(owner: string): Promise<boolean> {
    if (this.#stopping.signal.aborted) return false;
    this.#isClaiming = true;
    try {
      const job = await this.#options.jobs.claim(Date.now(), owner, this.#busyKinds());
      if (job !== undefined) this.#begin(job);
      return job !== undefined;
    } finally {
      this.#isClaiming = false;
      this.#cancelledBefore.clear();
    }
  }

  #begin(job: Job): void {
    const running: Running = {
      job,
      controller: new AbortController(),
      cancelledBy: this.#cancelledBefore.get(job.id),
      news: undefined,
      timer: undefined,
      ended: Promise.resolve(),
    };
    if (running.cancelledBy !== undefined || this.#stopping.signal.aborted) running.controller.abort();
    this.#running.set(job.id, running);
    this.#tell(job);
    running.ended = this.#perform(running);
  }

  async #perform(running: Running): Promise<void> {
    const { job, controller } = running;
    const { signal } = controller;
    let outcome: JobOutcome | undefined;
    let failure: unknown;
    try {
      if (!signal.aborted) {
        const progress = (news: JobProgress) => this.#note(running, news);
        outcome = await this.#handlerOf(job).run(job, { signal, progress });
      }
    } catch (error) {
      failure = error;
    }
    clearTimeout(running.timer);
    const progress = running.news ?? job.progress;
    await this.#untilWritten(async () => {
      const settled = await this.#settle(running, outcome, failure, progress);
      this.#tell({ ...job, ...settled, progress, changedAt: Date.now() });
    });
    this.#running.delete(job.id);
    this.#wake();
  }

  /** Writes how it ended. */
  async #settle(
    running: Running,
    outcome: JobOutcome | undefined,
    failure: unknown,
    progress: JobProgress,
  ): Promise<Pick<Job, 'state' | 'words'> & Partial<Pick<Job, 'attempts'>>> {
    const { jobs, log } = this.#options;
    const { job, cancelledBy } = running;
    const finish = async (state: 'done' | 'failed' | 'cancelled', words: string, actor?: JobActor) => {
      await jobs.finish(job.id, state, words, progress);
      this.#record(`job-${state}`, job, actor, words);
      return { state, words };
    };
    if (outcome !== undefined) return await finish(outcome.state, outcome.words);
    if (cancelledBy !== undefined) return await finish('cancelled', '', cancelledBy);
    if (running.controller.signal.aborted) {
      await jobs.putBack(job.id);
      return { state: 'waiting', words: '', attempts: job.attempts - 1 };
    }
    const words = messageOf(failure);
    const backOffMs = this.#options.handlers.get(job.kind)?.backOffMs ?? this.#backOffMs;
    const delayMs = backOffMs[job.attempts - 1];
    if (failure instanceof Problem && PASSING.has(failure.code) && delayMs !== undefined) {
      if (running.news !== undefined) await jobs.progress(job.id, progress);
      await jobs.postpone(job.id, Date.now() + delayMs, words);
      log.warn('job put off', {
        job: job.id,
        kind: job.kind,
        attempts: job.attempts,
        delayMs,
        reason: words,
      });
      return { state: 'waiting', words };
    }
    if (!(failure instanceof Problem)) {
      const stack = failure instanceof Error ? (failure.stack ?? '') : '';
      log.error('bug', { job: job.id, reason: words, stack });
    }
    return await finish('failed', words);
  }

  /** A catalogue that is away for a moment must not make us forget how a job ended; one that stays away makes it begin anew. */
  async #untilWritten(write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await write();
        return;
      } catch (error) {
        const isPassing = error instanceof Problem && error.code === 'catalog-unavailable';
        this.#options.log[isPassing ? 'warn' : 'error']('end of a job not written', {
          reason: messageOf(error),
        });
        if (!isPassing) return;
      }
      if (this.#stopping.signal.aborted) return;
      await pause(this.#pollMs, this.#stopping.signal);
    }
  }

  /** Remembers how far a job is, and writes it in a while. */
  #note(running: Running, news: JobProgress): void {
    running.news = news;
    running.timer ??= setTimeout(() => {
      running.timer = undefined;
      const progress = running.news ?? news;
      this.#tell({ ...running.job, progress, changedAt: Date.now() });
      // Only for those who look: the next one, or the end, tells it again.
      void this.#options.jobs.progress(running.job.id, progress).catch(() => undefined);
    }, jobLimits.progressIntervalMs);
  }

  #handlerOf(job: Job): JobHandler {
    const handler = this.#options.handlers.get(job.kind);
    if (handler === undefined) throw new Problem('not-found', `no job of kind ${job.kind}`);
    return handler;
  }

  #record(kind: JobEvent['kind'], job: Job, actor: JobActor | undefined, reason: string): void {
    const handler = this.#options.handlers.get(job.kind);
    const description = handler?.describe(job) ?? job.kind;
    this.#options.record({
      kind,
      severity: kind === 'job-failed' ? 'warning' : 'info',
      words: `Job ${job.id}, ${description}: ${WORDS[kind]}${reason === '' ? '' : `: ${reason}`}`,
      fields: {
        by: actor?.name ?? job.by,
        ...(actor !== undefined && { address: actor.address }),
        job: job.id,
        operation: job.kind,
        ...(reason !== '' && { reason }),
        ...handler?.fieldsOf(job),
      },
    });
  }

  #tell(job: Job): void {
    for (const listener of this.#listeners) listener(job);
  }
}

const WORDS: Readonly<Record<JobEvent['kind'], string>> = {
  'job-added': 'added',
  'job-done': 'done',
  'job-failed': 'failed',
  'job-cancelled': 'cancelled',
};

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, delayMs);
    signal.addEventListener('abort', over);
  });
}
