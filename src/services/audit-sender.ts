import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { AuditFiles, AuditPosition } from '../storage/audit-files.ts';
import type { AuditCursor } from './audit-cursor.ts';
import type { Settings } from './settings.ts';

/** A connection to an audit repository; `net` implements it. */
export interface RepositoryConnection {
  /** Resolves when the operating system has taken all of them. @throws Error where the connection is gone, or nothing moves any more */
  send(messages: readonly string[]): Promise<void>;
  /**
   * Closes it, and waits until the repository has closed it too: then it has read everything.
   * @returns false where the repository says nothing
   * @throws Error where the connection was lost before
   */
  finish(): Promise<boolean>;
  /** At once. */
  destroy(): void;
}

export interface AuditSenderOptions {
  files: Pick<AuditFiles, 'end' | 'read'>;
  cursor: Pick<AuditCursor, 'load' | 'save'>;
  settings: {
    readonly current: Pick<Settings, 'audit'>;
    onChange(listener: () => void): () => void;
  };
  connect(repository: { host: string; port: number }, signal: AbortSignal): Promise<RepositoryConnection>;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Milliseconds; shorter in tests. */
  times?: Partial<typeof TIMES>;
}

const TIMES = {
  /** A connection is kept open so long at most for messages that come one by one; then the repository has to confirm them by closing. */
  openMs: 10_000,
  /** How often is looked for messages that another program has written. */
  lookMs: 10_000,
  retryMinMs: 1000,
  retryMaxMs: 60_000,
  /** What sending may take when we stop. */
  stopMs: 2000,
};

const BATCH_BYTES = 256 * 1024;
/** Messages of one connection, which are sent again where it is lost. */
const CONFIRMED_EVERY = 2000;
/** A repository that does not confirm so often in a row will never do. */
const UNCONFIRMED_MAX = 3;

/**
 * Sends the audit trail to a repository, from its files: what could not be sent waits there, for a weekend and over restarts. RFC 5425 knows no receipt, so
 * messages count as delivered when the repository, too, has closed the connection on which they went; else they are sent again, in their order.
 */
export class AuditSender {
  readonly #options: AuditSenderOptions;
  readonly #times: typeof TIMES;
  readonly #abort = new AbortController();
  /** Behind what was delivered; undefined while nothing is to be sent. */
  #delivered: AuditPosition | undefined;
  /** Whether the cursor was read. */
  #isLoaded = false;
  /** Shorter after every connection that was not confirmed. */
  #openMs: number;
  #unconfirmedCount = 0;
  #isFailing = false;
  #isStopping = false;
  #wake: () => void = () => undefined;
  #unsubscribe: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #following: Promise<unknown> = Promise.resolve();

  constructor(options: AuditSenderOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#openMs = this.#times.openMs;
  }

  /** Resolves when it is known from where to go on, or not to be known now; what is written from then on is sent. */
  async start(): Promise<void> {
    const { settings, log } = this.#options;
    const follow = () =>
      this.#follow().catch((error: unknown) =>
        log.error('audit trail: not known what was sent', { reason: messageOf(error) }),
      );
    await follow();
    this.#unsubscribe = settings.onChange(() => void follow().then(() => this.#wake()));
    this.#running = this.#run();
  }

  /** There are new messages in the files. */
  written(): void {
    this.#wake();
  }

  /** Sends what is there, if the repository answers soon. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#isStopping = true;
    this.#wake();
    const timer = setTimeout(() => this.#abort.abort(), this.#times.stopMs);
    await this.#running;
    clearTimeout(timer);
  }

  /**
   * Where sending begins, nothing is sent of what was before; where it ends, nothing will be of what comes meanwhile.
   * @throws Error where files or cursor cannot be had now
   */
  #follow(): Promise<void> {
    const turn = this.#following.then(() => this.#followNow());
    this.#following = turn.catch(() => undefined);
    return turn;
  }

  async #followNow(): Promise<void> {
    const { files, cursor } = this.#options;
    if (!this.#isLoaded) {
      const kept = await cursor.load();
      // A power cut may have taken lines that were sent, and somebody files: what is written there now was not.
      this.#delivered = kept === undefined ? undefined : earlierOf(kept, await files.end());
      this.#isLoaded = true;
    }
    const isWanted = this.#repository() !== undefined;
    if (isWanted === (this.#delivered !== undefined)) return;
    this.#delivered = isWanted ? await files.end() : undefined;
    await cursor.save(this.#delivered);
  }

  #repository(): { host: string; port: number } | undefined {
    const { isSyslogSent, syslogHost: host, syslogPort: port } = this.#options.settings.current.audit;
    return isSyslogSent && host !== '' ? { host, port } : undefined;
  }

  async #run(): Promise<void> {
    let retryMs = this.#times.retryMinMs;
    for (;;) {
      let waitMs = this.#times.lookMs;
      // What is written last may come while it is found that there is nothing to send.
      const isLast = this.#isStopping;
      try {
        await this.#deliver();
        this.#tellWorking();
        retryMs = this.#times.retryMinMs;
      } catch (error) {
        this.#tellFailing(error);
        waitMs = retryMs;
        retryMs = Math.min(retryMs * 2, this.#times.retryMaxMs);
      }
      if (isLast || this.#abort.signal.aborted) return;
      if (!this.#isStopping) await this.#pause(waitMs, this.#isFailing);
    }
  }

  /** One connection, where there is something to send. @throws Error where it is not known that all of it has arrived */
  async #deliver(): Promise<void> {
    const repository = this.#repository();
    if (repository === undefined) return;
    await this.#follow();
    const from = this.#delivered;
    if (from === undefined) return;
    const first = await this.#next(from);
    if (first.lines.length === 0) return;
    const connection = await this.#options.connect(repository, this.#abort.signal);
    const giveUp = () => connection.destroy();
    this.#abort.signal.addEventListener('abort', giveUp, { once: true });
    try {
      const next = await this.#sendAll(connection, first, repository);
      if (await connection.finish()) this.#unconfirmedCount = 0;
      else this.#unconfirmed();
      // Switched off meanwhile, and perhaps on again.
      if (this.#delivered !== from) return;
      this.#delivered = next;
      await this.#options.cursor.save(next);
    } catch (error) {
      // There are repositories that close what is quiet for a moment: they confirm only who closes before.
      this.#openMs = Math.floor(this.#openMs / 2);
      throw error;
    } finally {
      this.#abort.signal.removeEventListener('abort', giveUp);
      connection.destroy();
    }
  }

  /** @returns behind the last message that was sent */
  async #sendAll(
    connection: RepositoryConnection,
    first: { lines: string[]; next: AuditPosition },
    { host, port }: { host: string; port: number },
  ): Promise<AuditPosition> {
    const until = performance.now() + this.#openMs;
    let { lines, next } = first;
    for (let count = 0; ; ) {
      if (lines.length > 0) await connection.send(lines);
      count += lines.length;
      const now = this.#repository();
      const isSame = now?.host === host && now.port === port;
      const leftMs = until - performance.now();
      if (!isSame || leftMs <= 0 || count >= CONFIRMED_EVERY) return next;
      if (lines.length === 0) {
        if (this.#isStopping) return next;
        await this.#pause(leftMs);
      }
      ({ lines, next } = await this.#next(next));
    }
  }

  async #next(from: AuditPosition): Promise<{ lines: string[]; next: AuditPosition }> {
    const { lines, next, isGap } = await this.#options.files.read(from, BATCH_BYTES);
    if (isGap)
      this.#options.log.error('audit messages were removed before they could be sent', { file: from.file });
    return { lines, next };
  }

  /** @throws Error, until it is clear that this repository never confirms */
  #unconfirmed(): void {
    this.#unconfirmedCount += 1;
    if (this.#unconfirmedCount < UNCONFIRMED_MAX)
      throw new Error('the repository does not say that it has received everything');
    if (this.#unconfirmedCount === UNCONFIRMED_MAX)
      this.#options.log.warn('the audit repository does not close connections: what it has is not known');
  }

  #tellFailing(error: unknown): void {
    if (!this.#isFailing) {
      const { host, port } = this.#repository() ?? { host: '', port: 0 };
      this.#options.log.warn('audit messages wait to be sent', { host, port, reason: messageOf(error) });
    }
    this.#isFailing = true;
  }

  #tellWorking(): void {
    if (this.#isFailing) this.#options.log.info('audit messages are sent again');
    this.#isFailing = false;
  }

  /** @param isPatient whether new messages are no reason to end it */
  async #pause(waitMs: number, isPatient = false): Promise<void> {
    const repository = this.#repository();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      timer.unref();
      this.#wake = () => {
        const now = this.#repository();
        const isSame = now?.host === repository?.host && now?.port === repository?.port;
        if (isPatient && isSame && !this.#isStopping) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

function earlierOf(one: AuditPosition, other: AuditPosition): AuditPosition {
  const isEarlier = one.file < other.file || (one.file === other.file && one.offset < other.offset);
  return isEarlier ? one : other;
}
