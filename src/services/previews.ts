import type { StoredInstance } from '../catalog/catalog.ts';
import { Problem } from '../lib/problem.ts';
import { Painter } from '../pixels/painter.ts';
import { TooCostly } from '../pixels/threads.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';

export interface PreviewOptions {
  /** From 1; the middle one unless given. */
  frame?: number | undefined;
  /** Pixels of the longer side at most. */
  sizeMax: number;
}

export interface PreviewsOptions {
  files: Pick<InstanceFiles, 'pathOf' | 'assertOnline'>;
  painter?: Pick<Painter, 'paint' | 'close'>;
  now?: () => number;
}

/** Memory for pictures that were made, bytes. */
const CACHE_BYTES_MAX = 32 * 1024 * 1024;
/** How long, and how many, refusals are remembered: they cost as much as pictures to find, and some much more. */
const REFUSED_MS = 60_000;
const TOO_COSTLY_MS = 3_600_000;
const REFUSALS_MAX = 1000;
/** How long a rename may take after its row was committed, milliseconds. */
const RENAME_WAIT_MS = 500;
/** Changes when pictures look different from before. */
const LOOKS = 1;

/** Pictures of stored instances: made on demand, and kept for a while. */
export class Previews {
  readonly #files: PreviewsOptions['files'];
  readonly #painter: Pick<Painter, 'paint' | 'close'>;
  readonly #now: () => number;
  /** The one asked for last is the last one. */
  readonly #pictures = new Map<string, Buffer>();
  #pictureBytes = 0;
  readonly #refusals = new Map<string, { problem: Problem; until: number }>();
  /** Being made, for everybody who asks meanwhile. */
  readonly #making = new Map<string, Promise<Buffer>>();

  constructor({ files, painter = new Painter(), now = Date.now }: PreviewsOptions) {
    this.#files = files;
    this.#painter = painter;
    this.#now = now;
  }

  /** What `picture` will give with it; known without making the picture. In the quotes of RFC 9110 §8.8.3. */
  etag(instance: Pick<StoredInstance, 'sha256'>, options: PreviewOptions): string {
    return `"${keyOf(instance, options)}-${LOOKS}"`;
  }

  /**
   * @throws Problem 'not-renderable' with the reason, 'not-found' for a frame that is not there, 'backlog-full', 'volume-offline'
   */
  async picture(instance: StoredInstance, options: PreviewOptions): Promise<{ png: Buffer; etag: string }> {
    const key = keyOf(instance, options);
    const etag = this.etag(instance, options);
    const known = this.#pictures.get(key);
    if (known !== undefined) {
      this.#pictures.delete(key);
      this.#pictures.set(key, known);
      return { png: known, etag };
    }
    for (const refusedKey of [key, costKeyOf(instance, options)]) {
      const refused = this.#refusals.get(refusedKey);
      if (refused !== undefined && refused.until > this.#now()) throw refused.problem;
    }
    let making = this.#making.get(key);
    if (making === undefined) {
      making = this.#make(key, instance, options).finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return { png: await making, etag };
  }

  /** Ends the thread that makes them. */
  close(): Promise<void> {
    return this.#painter.close();
  }

  async #make(key: string, instance: StoredInstance, options: PreviewOptions): Promise<Buffer> {
    try {
      const png = await this.#paint(instance, options);
      this.#keep(key, png);
      return png;
    } catch (error) {
      if (error instanceof TooCostly) {
        this.#refuse(costKeyOf(instance, options), error, TOO_COSTLY_MS);
      } else if (error instanceof Problem && error.code === 'not-renderable') {
        this.#refuse(key, error, REFUSED_MS);
      }
      throw error;
    }
  }

  async #paint(instance: StoredInstance, { frame, sizeMax }: PreviewOptions): Promise<Buffer> {
    const { dataSetOffset, sizeBytes, transferSyntaxUid, sopClassUid } = instance;
    const path = this.#files.pathOf(instance);
    const request = { path, dataSetOffset, sizeBytes, transferSyntaxUid, sopClassUid, frame, sizeMax };
    try {
      return await this.#painter.paint(request);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // What was stored well may yet be more than we can read of it.
      if (error.code === 'unreadable-data-set') throw new Problem('not-renderable', error.message);
      if (error.code !== 'not-found') throw error;
      await this.#files.assertOnline();
      // The row of an instance is there a moment before its file is.
      await new Promise((resolve) => setTimeout(resolve, RENAME_WAIT_MS));
      return this.#painter.paint(request);
    }
  }

  #keep(key: string, png: Buffer): void {
    if (png.length > CACHE_BYTES_MAX) return;
    this.#pictures.set(key, png);
    this.#pictureBytes += png.length;
    for (const [oldest, bytes] of this.#pictures) {
      if (this.#pictureBytes <= CACHE_BYTES_MAX) return;
      this.#pictures.delete(oldest);
      this.#pictureBytes -= bytes.length;
    }
  }

  #refuse(key: string, problem: Problem, forMs: number): void {
    this.#refusals.delete(key);
    this.#refusals.set(key, { problem, until: this.#now() + forMs });
    const [oldest] = this.#refusals.keys();
    if (this.#refusals.size > REFUSALS_MAX && oldest !== undefined) this.#refusals.delete(oldest);
  }
}

function keyOf({ sha256 }: Pick<StoredInstance, 'sha256'>, { frame, sizeMax }: PreviewOptions): string {
  return `${sha256}-${frame ?? 'middle'}-${sizeMax}`;
}

/** What a frame costs does not depend on the size of its picture. */
function costKeyOf({ sha256 }: Pick<StoredInstance, 'sha256'>, { frame }: PreviewOptions): string {
  return `${sha256}-${frame ?? 'middle'}`;
}
