import { randomBytes } from 'node:crypto';
import { promises as fs, open } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../lib/problem.ts';
import { makeFolder, syncFolder } from './folders.ts';
import { IncomingFile, type IncomingPlace, storageProblem } from './incoming-file.ts';
import type { Volume } from './volume.ts';

export interface IncomingOptions {
  /** Files kept open ahead of need, so that neither their creation nor their folder's sync is on the way to an answer. */
  preopenedFiles: number;
  /** An object is synced whenever so many of its bytes were written. */
  rollingSyncBytes: number;
}

/** The folder `incoming/` of a volume: where instances are received and stay until they are filed — storage/FORMAT.md. */
export class Incoming {
  readonly folder: string;
  readonly #volume: Volume;
  readonly #options: IncomingOptions;
  readonly #ready: IncomingFile[] = [];
  readonly #session = randomBytes(6).toString('hex');
  #count = 0;
  /** Files given out and not yet committed or discarded. */
  #receivingCount = 0;
  #refilling: Promise<void> | undefined;
  #isClosed = false;

  constructor(volume: Volume, options: IncomingOptions) {
    this.#volume = volume;
    this.#options = options;
    this.folder = join(volume.path, 'incoming');
  }

  /**
   * A file for one instance, its folder entry durable already.
   * @throws Problem 'volume-offline' or 'storage-full'
   */
  async begin(): Promise<IncomingFile> {
    await this.#volume.assertWritable();
    for (;;) {
      if (this.#isClosed) throw new Problem('volume-offline', 'the server stops');
      const file = this.#ready.shift();
      if (this.#ready.length <= this.#options.preopenedFiles / 2) this.#startRefill();
      if (file !== undefined) {
        this.#receivingCount += 1;
        return file;
      }
      await this.#refilling;
    }
  }

  /** Names of the files that an earlier run has left there, in the order in which they were made. */
  async leftovers(): Promise<string[]> {
    const names = await fs.readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw storageProblem(error);
    });
    return names.filter((name) => name.endsWith('.dcm') && !name.includes(this.#session)).sort();
  }

  /** Removes the files that were opened and never used. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#refilling?.catch(() => undefined);
    const unused = this.#ready.splice(0);
    this.#receivingCount += unused.length;
    await Promise.all(unused.map((file) => file.discard()));
  }

  #startRefill(): void {
    if (this.#refilling !== undefined || this.#isClosed) return;
    this.#refilling = this.#refill().finally(() => {
      this.#refilling = undefined;
    });
    // Whoever waits in `begin` sees the failure; a refill ahead of need has nobody to tell, and is tried again.
    this.#refilling.catch(() => undefined);
  }

  async #refill(): Promise<void> {
    await this.#volume.assertOnline();
    const files: IncomingFile[] = [];
    try {
      // A power cut must not take the folder itself, and with it all that was accepted.
      for (const changed of await makeFolder(this.folder)) await syncFolder(changed);
      while (files.length + this.#ready.length < this.#options.preopenedFiles)
        files.push(await this.#create());
      await syncFolder(this.folder);
    } catch (error) {
      this.#receivingCount += files.length;
      await Promise.all(files.map((file) => file.discard()));
      throw storageProblem(error);
    }
    this.#ready.push(...files);
  }

  #placeOfOne(): IncomingPlace {
    return {
      assertWritable: (bytes) => this.#volume.assertWritable(bytes),
      isAlone: () => this.#receivingCount <= 1,
      over: () => {
        this.#receivingCount -= 1;
      },
    };
  }

  #create(): Promise<IncomingFile> {
    this.#count += 1;
    const name = `${Date.now().toString(36)}-${this.#session}-${this.#count.toString(36)}.dcm`;
    const path = join(this.folder, name);
    return new Promise((resolve, reject) => {
      open(path, 'wx+', 0o644, (error, fd) => {
        if (error !== null) {
          reject(error);
          return;
        }
        resolve(new IncomingFile(name, path, fd, this.#options.rollingSyncBytes, this.#placeOfOne()));
      });
    });
  }
}
