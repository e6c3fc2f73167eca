import { Problem } from '../lib/problem.ts';
import type { Database } from './database.ts';
import { jobPiecesPerStatement, jobsKeptMax, jobsPrunedPerStep } from './limits.ts';
import { fitAscii, fitText, insertAll, numberOf, piecesOf, type Row, textOf } from './rows.ts';

export type JobState = 'waiting' | 'running' | FinishedJobState;
export type FinishedJobState = 'done' | 'failed' | 'cancelled';

const UNFINISHED: readonly JobState[] = ['waiting', 'running'];
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

export type NewJob = Pick<Job, 'kind' | 'by' | 'payload' | 'runAt'>;

/** What goes with a job that is asked for once. */
export interface JobRequest {
  /** Of all unfinished jobs of its kind none has the same; 1 to 255 characters. */
  key: string;
  /** What is too long for the payload; each whatever JSON can say, up to some 100 kB. They are forgotten when the job ends. */
  pieces: readonly object[];
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class JobRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Finished jobs beyond `jobsKeptMax`, oldest first, make room. */
  async add(job: NewJob): Promise<Job> {
    const row = newRow(job);
    const id = await this.#database.write(async (db) => Number((await db('jobs').insert(row))[0]));
    await this.#prune();
    return toJob({ ...row, id });
  }

  /**
   * Adds a job with its pieces, all or nothing. Where one with this key is not over yet, it is that one, which is due at once if it waits.
   * @returns `isNew` false for the latter
   */
  async addOnce(job: NewJob, { key, pieces }: JobRequest): Promise<{ job: Job; isNew: boolean }> {
    const row: Row = { ...newRow(job), request_key: fitText(key, 255) };
    const added = await this.#database.transaction(async (trx) => {
      // A job that is not there yet cannot be locked; this row always is, and lets one request after the other look.
      await trx('migrations').orderBy('name').forUpdate().first('name');
      const known: Row | undefined = await trx<Row>('jobs')
        .where({ kind: row['kind'], request_key: row['request_key'] })
        .whereIn('state', UNFINISHED)
        .forUpdate()
        .first('*');
      if (known !== undefined) {
        const soon = Math.min(numberOf(known, 'run_at'), job.runAt);
        await trx('jobs').where({ id: known['id'], state: 'waiting' }).update({ run_at: soon });
        return { job: toJob({ ...known, run_at: soon }), isNew: false };
      }
      const id = Number((await trx('jobs').insert(row))[0]);
      const rows = pieces.map((piece, position) => ({
        job_id: id,
        position,
        content: JSON.stringify(piece),
      }));
      for (const some of piecesOf(rows, jobPiecesPerStatement)) await insertAll(trx, 'job_pieces', some);
      return { job: toJob({ ...row, id }), isNew: true };
    });
    await this.#prune();
    return added;
  }

  /** A piece of a job as it was written last; undefined behind the last one, and where the job has ended. */
  async piece(id: number, position: number): Promise<object | undefined> {
    const row = await this.#database.read((db) =>
      db<Row>('job_pieces').where({ job_id: id, position }).first('content'),
    );
    return row === undefined ? undefined : (JSON.parse(textOf(row, 'content')) as object);
  }

  async setPiece(id: number, position: number, piece: object): Promise<void> {
    await this.#database.write((db) =>
      db('job_pieces')
        .where({ job_id: id, position })
        .update({ content: JSON.stringify(piece) }),
    );
  }

  /** Those of a kind that are not over yet, in no order. */
  async unfinishedOf(kind: string, limit: number): Promise<Job[]> {
    const rows = await this.#database.read((db) =>
      db<Row>('jobs').where('kind', kind).whereIn('state', UNFINISHED).limit(limit).select('*'),
    );
    return rows.map(toJob);
  }

  async findById(id: number): Promise<Job | undefined> {
    const row = await this.#database.read((db) => db<Row>('jobs').where('id', id).first('*'));
    return row === undefined ? undefined : toJob(row);
  }

  /** How many wait and run. */
  async unfinished(): Promise<{ waiting: number; running: number }> {
    const rows = await this.#database.read((db) =>
      db<Row>('jobs').whereIn('state', UNFINISHED).groupBy('state').select('state').count({ total: 'id' }),
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
   * @param busyKinds kinds of which none is to be taken now
   */
  async claim(now: number, owner: string, busyKinds: readonly string[] = []): Promise<Job | undefined> {
    const row = await this.#database.transaction(async (trx) => {
      const query = trx<Row>('jobs')
        .where('state', 'waiting')
        .where('run_at', '<=', now)
        .whereNotIn('kind', busyKinds)
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
    await this.#forgetPieces(id);
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
    const cancelled = await this.#database.transaction(async (trx) => {
      const row: Row | undefined = await trx<Row>('jobs').where('id', id).forUpdate().first('*');
      if (row === undefined) throw new Problem('not-found', `no job ${id}`);
      const job = toJob(row);
      if (FINISHED.includes(job.state))
        throw new Problem('unusable-setting', `job ${id} is ${job.state} already`);
      if (job.state === 'running' && textOf(row, 'owner') === owner) return job;
      const changedAt = Date.now();
      await trx('jobs').where('id', id).update({ state: 'cancelled', changed_at: changedAt });
      return { ...job, state: 'cancelled' as const, changedAt };
    });
    await this.#forgetPieces(id);
    return cancelled;
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

  /** Those of a job that has ended. A process that is killed before leaves them until the job itself is forgotten. */
  async #forgetPieces(id: number): Promise<void> {
    await this.#database.write((db) =>
      db('job_pieces')
        .where('job_id', id)
        .whereIn('job_id', db('jobs').select('id').where('id', id).whereIn('state', FINISHED))
        .delete(),
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

function newRow(job: NewJob): Row {
  const now = Date.now();
  return {
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
}

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
