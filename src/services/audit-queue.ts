import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';

export interface AuditQueueOptions {
  /** Appends whole lines; is not called again before it has resolved. @throws Error where the disk is full or gone */
  append(lines: string): Promise<void>;
  /** Told when lines are with the operating system. */
  written(): void;
  /** Told how many messages were lost, when writing goes on. */
  lost(count: number): void;
  log: Pick<Log, 'warn' | 'info' | 'error'>;
}

/** Messages that wait while the disk takes none, and their characters. */
const LINES_MAX = 20_000;
const CHARS_MAX = 32 * 1024 * 1024;
/** Of one write. */
const BATCH_CHARS = 1024 * 1024;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;

/** Audit messages on their way to their file, in their order. Nobody waits for the disk; where it fails for too long, the newest are lost and counted. */
export class AuditQueue {
  readonly #options: AuditQueueOptions;
  #waiting: string[] = [];
  #waitingChars = 0;
  #lostCount = 0;
  #writing: Promise<void> | undefined;
  #failedAt: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MIN_MS;
  #isFailing = false;

  constructor(options: AuditQueueOptions) {
    this.#options = options;
  }

  /** @param line without its end */
  add(line: string): void {
    if (this.#waiting.length >= LINES_MAX || this.#waitingChars + line.length > CHARS_MAX) {
      this.#lostCount += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingChars += line.length;
    if (this.#failedAt === undefined) void this.#write();
  }

  /** Tries once more, whatever failed before. What cannot be written then is told in the log and lost. */
  async drain(): Promise<void> {
    clearTimeout(this.#failedAt);
    // What is being written now may have begun before the last message came.
    await this.#write();
    await this.#write();
    clearTimeout(this.#failedAt);
    const messages = this.#waiting.length + this.#lostCount;
    if (messages > 0) this.#options.log.error('audit messages lost', { messages });
  }

  #write(): Promise<void> {
    this.#failedAt = undefined;
    this.#writing ??= this.#writeAll();
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    // What comes in this turn of the event loop goes with it.
    await undefined;
    let isTaken = true;
    while (isTaken && this.#waiting.length > 0) isTaken = await this.#writeBatch();
    // Not a moment later: what comes from now on begins anew.
    this.#writing = undefined;
  }

  /** @returns whether the disk has taken it */
  async #writeBatch(): Promise<boolean> {
    const count = this.#batchLength();
    const lines = `${this.#waiting.slice(0, count).join('\n')}\n`;
    try {
      await this.#options.append(lines);
    } catch (error) {
      this.#failed(error);
      return false;
    }
    this.#waiting.splice(0, count);
    this.#waitingChars -= lines.length - count;
    this.#succeeded();
    return true;
  }

  #batchLength(): number {
    let chars = 0;
    const end = this.#waiting.findIndex((line) => {
      chars += line.length;
      return chars > BATCH_CHARS;
    });
    return end < 0 ? this.#waiting.length : Math.max(1, end);
  }

  #failed(error: unknown): void {
    if (!this.#isFailing) {
      this.#options.log.error('the audit trail cannot be written', { reason: messageOf(error) });
    }
    this.#isFailing = true;
    this.#failedAt = setTimeout(() => void this.#write(), this.#retryMs);
    this.#failedAt.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }

  #succeeded(): void {
    this.#options.written();
    if (this.#isFailing) this.#options.log.info('the audit trail is written again');
    this.#isFailing = false;
    this.#retryMs = RETRY_MIN_MS;
    if (this.#lostCount === 0) return;
    const count = this.#lostCount;
    this.#lostCount = 0;
    this.#options.lost(count);
  }
}
