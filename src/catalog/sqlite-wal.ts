import { close, fdatasync, open } from 'node:fs';

/**
 * Makes what SQLite has committed durable without the event loop waiting for the disk. With `synchronous = NORMAL` a commit in WAL mode is a write to the
 * log file that is not synced; synced here, in the thread pool, it is as durable as with FULL (sqlite.org/wal.html, "Performance Considerations"). The log
 * file is there as long as a connection is open.
 */
export class WalSync {
  readonly #path: string;
  #fd: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param file the database */
  constructor(file: string) {
    this.#path = `${file}-wal`;
  }

  /** Resolves when everything committed before this call is durable; calls at the same time share a sync. */
  sync(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#syncNow().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // The sync under way may have begun before this commit: one more follows it, for all that wait.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.sync();
      });
    return this.#next;
  }

  /** Before the last connection closes, which removes the log file. */
  async close(): Promise<void> {
    await this.#running?.catch(() => undefined);
    if (this.#fd !== undefined) close(this.#fd);
    this.#fd = undefined;
  }

  async #syncNow(): Promise<void> {
    const fd = this.#fd ?? (await this.#open());
    this.#fd = fd;
    await new Promise<void>((resolve, reject) => {
      fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  #open(): Promise<number> {
    return new Promise((resolve, reject) => {
      open(this.#path, 'r', (error, fd) => (error === null ? resolve(fd) : reject(error)));
    });
  }
}
