import type { AuditPosition } from '../storage/audit-files.ts';
import { readSecretFile, writeSecretFile } from '../storage/secret-files.ts';

const FILE_BYTES_MAX = 1000;

/** Up to where the audit trail has been sent, in a file beside it. */
export class AuditCursor {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where nothing is being sent. @throws Error where the file cannot be read, or is none of ours */
  async load(): Promise<AuditPosition | undefined> {
    const text = await readSecretFile(this.#path, FILE_BYTES_MAX);
    if (text === undefined) return undefined;
    const kept: unknown = JSON.parse(text);
    if (kept === null) return undefined;
    const { file, offset } = kept as Partial<AuditPosition>;
    if (!Number.isSafeInteger(file) || !Number.isSafeInteger(offset))
      throw new Error(`${this.#path} has no position`);
    return { file: Number(file), offset: Math.max(0, Number(offset)) };
  }

  async save(position: AuditPosition | undefined): Promise<void> {
    await writeSecretFile(this.#path, `${JSON.stringify(position ?? null)}\n`);
  }
}
