import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/** Offset and length in a shared buffer, bytes. */
export type SharedRange = readonly [buffer: SharedArrayBuffer, offset: number, length: number];

/** What the thread is told; it works in order, so an answer says that all before it is done. */
export interface HashRequest {
  id: number;
  ranges: readonly SharedRange[];
  /** Answer when done: with the digest, which ends this hash, or without. */
  answer?: 'digest' | 'done' | undefined;
  /** Nobody wants this hash any more. */
  isAbandoned?: boolean | undefined;
}

export interface HashAnswer {
  id: number;
  /** Lower-case hex. */
  digest: string | undefined;
}

const hashes = new Map<number, Hash>();

parentPort?.on('message', ({ id, ranges, answer, isAbandoned }: HashRequest) => {
  const hash = hashes.get(id) ?? createHash('sha256');
  hashes.set(id, hash);
  for (const [buffer, offset, length] of ranges) hash.update(Buffer.from(buffer, offset, length));
  if (answer === 'digest' || isAbandoned === true) hashes.delete(id);
  if (answer === undefined) return;
  const reply: HashAnswer = { id, digest: answer === 'digest' ? hash.digest('hex') : undefined };
  parentPort?.postMessage(reply);
});
