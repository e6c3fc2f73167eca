import { Problem } from '../lib/problem.ts';
import type { Database } from './database.ts';
import { jobsKeptMax, jobsPrunedPerStep } from './limits.ts';
import { fitAscii, fitText, numberOf, type Row, textOf } from './rows.ts';

export type JobState = 'waiting' | 'running' | FinishedJobState;
export type FinishedJobState = 'done' | 'failed' | 'cancelled';

const FINISHED: readonly JobState[] = ['done', 'failed', 'cancelled'];

export interface JobProgress {
  done: number;
  failed: number;
  total: number;
}

/** Work that outlives the process. Times are milliseconds since 1970. */
export interface Job {
  id: number;
  kind: string;
  state: JobState;
  /** Who asked for it. */
  by: string;
  /** Whatever JSON can say; the handler of the kind checks it. */
  payload: object;
  progress: JobProgress;
  attempts: number;
  /** Not before. */
  runAt: number;
  createdAt: number;
  changedAt: number;
  /** Why it failed, or was put off; '' for nothing. */
  words: string;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class JobRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Finished jobs beyond `jobsKeptMax`, oldest first, make room. */
  async add(job: Pick<Job, 'kind' | 'by' | 'payload' | 'runAt'>): Promise<Job> {
    const now = Date.now();
    const row: Row = {
      kind: fitAscii(job.kind, 64),
      state: 'waiting',
      requested_by: fitText(job.by, 128),
      payload: JSON.stringify(job.payload),
      progress: JSON.stringify(NO_PROGRESS),
      attempts: 0,
      run_at: job.runAt,
      created_at: now,
      changed_at: now,
    };
    const id = await this.#database.write(async (db) => Number((await db('jobs').insert(row))[0]));
    await this.#prune();
    return toJob({ ...row, id });
  }

  async findById(id: number): Promise<Job | undefined> {
    const row = await this.#database.read((db) => db<Row>('jobs').where('id', id).first('*'));
    return row === undefined ? undefined : toJob(row);
  }

  /** How many wait and run. */
  async unfinished(): Promise<{ waiting: number; running: number }> {
    const rows = await this.#database.read((db) =>
      db<Row>('jobs')
        .whereIn('state', ['waiting', 'running'])
        .groupBy('state')
        .select('state')
        .count({ total: 'id' }),
    );
    const count = (state: JobState) =>
      numberOf(rows.find((row) => textOf(row, 'state') === state) ?? {}, 'total');
    return { waiting: count('waiting'), running: count('running') };
  }

  /** Newest first. */
  async list(options: { state?: JobState; limit: number; beforeId?: number }): Promise<Job[]> {
    const { state, limit, beforeId = Number.MAX_SAFE_INTEGER } = options;
    const rows = await this.#database.read((db) => {
      const query = db<Row>('jobs').where('id', '<', beforeId).orderBy('id', 'desc').limit(limit);
      if (state !== undefined) query.where('state', state);
      return query.select('*');
    });
    return rows.map(toJob);
  }

  /**
   * Takes the job that has been due for longest: it is running now, in this process alone.
   *
   * @param now milliseconds since 1970
   * @param owner who runs it: of each one process, and the same in that which comes after it
   */
  async claim(now: number, owner: string): Promise<Job | undefined> {
    const row = await this.#database.transaction(async (trx) => {
      const query = trx<Row>('jobs')
        .where('state', 'waiting')
        .where('run_at', '<=', now)
        .orderBy(['run_at', 'id'])
        .limit(1)
        .select('*');
      // Of two daemons each takes another one. SQLite has one writer, and who has read what is old is told so.
      if (this.#database.engine === 'mariadb') query.forUpdate().skipLocked();
      const [due] = (await query) as Row[];
      if (due === undefined) return undefined;
      const attempts = numberOf(due, 'attempts') + 1;
      const taken = { state: 'running', owner: fitAscii(owner, 64), attempts, changed_at: now };
      await trx('jobs').where('id', numberOf(due, 'id')).update(taken);
      return { ...due, ...taken };
    });
    return row === undefined ? undefined : toJob(row);
  }

  async progress(id: number, progress: JobProgress): Promise<void> {
    await this.#changeRunning(id, { progress: JSON.stringify(progress) });
  }

  /** @param words why it failed; '' for nothing */
  async finish(id: number, state: FinishedJobState, words: string, progress?: JobProgress): Promise<void> {
    const change: Row = { state, words: fitText(words, 1000) };
    if (progress !== undefined) change['progress'] = JSON.stringify(progress);
    await this.#changeRunning(id, change);
  }

  /** A running job waits again. @param words why */
  async postpone(id: number, runAt: number, words: string): Promise<void> {
    await this.#changeRunning(id, { state: 'waiting', run_at: runAt, words: fitText(words, 1000) });
  }

  /** A running job waits again, as if it had not been begun: this was none of its attempts. */
  async putBack(id: number): Promise<void> {
    const now = Date.now();
    await this.#database.write((db) =>
      db('jobs')
        .where({ id, state: 'running' })
        .update({
          state: 'waiting',
          attempts: db.raw('attempts - 1'),
          run_at: now,
          words: '',
          changed_at: now,
        }),
    );
  }

  /**
   * A waiting job is cancelled at once; one that this owner runs stays running until it has been ended. What another one runs, or had begun when it went for ever,
   * is cancelled here, and what it has done by then stays done.
   *
   * @returns the job as it is now
   * @throws Problem 'not-found'; 'unusable-setting' for a job that has ended
   */
  async cancel(id: number, owner: string): Promise<Job> {
    return this.#database.transaction(async (trx) => {
      const row: Row | undefined = await trx<Row>('jobs').where('id', id).forUpdate().first('*');
      if (row === undefined) throw new Problem('not-found', `no job ${id}`);
      const job = toJob(row);
      if (FINISHED.includes(job.state))
        throw new Problem('unusable-setting', `job ${id} is ${job.state} already`);
      if (job.state === 'running' && textOf(row, 'owner') === owner) return job;
      const changedAt = Date.now();
      await trx('jobs').where('id', id).update({ state: 'cancelled', changed_at: changedAt });
      return { ...job, state: 'cancelled', changedAt };
    });
  }

  /** What this owner left running when it was killed waits again. @returns how many */
  async requeueRunning(owner: string): Promise<number> {
    const now = Date.now();
    return this.#database.write((db) =>
      db('jobs')
        .where({ state: 'running', owner })
        .update({ state: 'waiting', run_at: now, changed_at: now }),
    );
  }

  /** Only a running one: what was cancelled or taken away meanwhile stays so. */
  async #changeRunning(id: number, change: Row): Promise<void> {
    await this.#database.write((db) =>
      db('jobs')
        .where({ id, state: 'running' })
        .update({ ...change, changed_at: Date.now() }),
    );
  }

  async #prune(): Promise<void> {
    const surplus = await this.#database.read((db) =>
      db<Row>('jobs')
        .whereIn('state', FINISHED)
        .orderBy('id', 'desc')
        .offset(jobsKeptMax)
        .limit(jobsPrunedPerStep)
        .select('id'),
    );
    const ids = surplus.map((row) => numberOf(row, 'id'));
    if (ids.length > 0) await this.#database.write((db) => db('jobs').whereIn('id', ids).delete());
  }
}

const NO_PROGRESS: JobProgress = { done: 0, failed: 0, total: 0 };

function toJob(row: Row): Job {
  return {
    id: numberOf(row, 'id'),
    kind: textOf(row, 'kind'),
    state: textOf(row, 'state') as JobState,
    by: textOf(row, 'requested_by'),
    payload: JSON.parse(textOf(row, 'payload')) as object,
    progress: JSON.parse(textOf(row, 'progress')) as JobProgress,
    attempts: numberOf(row, 'attempts'),
    runAt: numberOf(row, 'run_at'),
    createdAt: numberOf(row, 'created_at'),
    changedAt: numberOf(row, 'changed_at'),
    words: textOf(row, 'words'),
  };
}
