import { Readable } from 'node:stream';
import type { StoredInstance } from '../catalog/catalog.ts';
import { Problem } from '../lib/problem.ts';
import type { Filer } from '../services/filing.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import { readFiled } from './read-your-writes.ts';

export interface FiledInstances {
  files: InstanceFiles;
  filer: Pick<Filer, 'settled'>;
}

/** So much of a file is read at once, bytes; as much again is on its way to the asker. */
const PIECE_BYTES = 256 * 1024;

/** Bytes of the whole file: File Meta Information and data set. */
export function fileBytesOf({ dataSetOffset, sizeBytes }: StoredInstance): number {
  return dataSetOffset + sizeBytes;
}

/**
 * The file of an instance from its first byte to its last, read as fast as it is taken. Fails where the file is shorter than it should be.
 * @throws Problem 'not-found' or 'volume-offline'; why filing waits
 */
export async function openInstance(
  { files, filer }: FiledInstances,
  instance: StoredInstance,
): Promise<Readable> {
  const path = files.pathOf(instance);
  let reader: InstanceReader;
  try {
    const open = () => InstanceReader.open(path, 0, fileBytesOf(instance), PIECE_BYTES);
    reader = await readFiled(filer, open);
  } catch (error) {
    throw error instanceof Problem && error.code === 'not-found' ? missing(instance) : error;
  }
  const stream = Readable.from(copiesOf(reader), { objectMode: false });
  // One that is destroyed before anybody has read from it has not begun to read either, and so would not end.
  stream.once('close', () => void reader.close());
  return stream;
}

/**
 * That the files are there and as long as they should be, so that a download that cannot be whole is refused before it begins.
 * @returns how many there are
 * @throws Problem 'volume-offline'; 'not-found' or 'unreadable-data-set' with the first that is not as it should be; why filing waits
 */
export async function assertThere(
  { files, filer }: FiledInstances,
  instances: AsyncIterable<StoredInstance> | Iterable<StoredInstance>,
): Promise<number> {
  await files.assertOnline();
  let count = 0;
  let batch: Promise<void>[] = [];
  for await (const instance of instances) {
    count += 1;
    batch.push(readFiled(filer, () => assertOne(files, instance)));
    if (batch.length < CHECKS_AT_ONCE) continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
  return count;
}

/** As many as there are threads that wait for disks. */
const CHECKS_AT_ONCE = 4;

async function assertOne(files: InstanceFiles, instance: StoredInstance): Promise<void> {
  const bytes = await files.sizeOf(instance);
  if (bytes === undefined) throw missing(instance);
  const expected = fileBytesOf(instance);
  if (bytes === expected) return;
  const words = `the file of instance ${instance.sopInstanceUid} has ${bytes} bytes instead of ${expected}`;
  throw new Problem('unreadable-data-set', words);
}

function missing({ sopInstanceUid }: StoredInstance): Problem {
  return new Problem('not-found', `the file of instance ${sopInstanceUid} is missing`);
}

/** A piece is ours only until the next one is asked for; whoever takes it from the stream keeps it longer. */
async function* copiesOf(reader: InstanceReader): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of reader.pieces()) yield Buffer.from(piece);
}
