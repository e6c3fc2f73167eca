import { statfsSync, writeFileSync } from 'node:fs';
import { type Modality, plannedBytesPerSecond, type Variant } from './mix.ts';

/** What stays free on the disk, bytes; the archive itself refuses instances below 1 GiB. */
const reserveBytes = 8e9;
/** A saturated run ends when it has written so much, however long it was to last. */
const saturatedBytesMax = 20e9;
const intervalMs = 500;

/** @returns how many bytes a run may write @throws when a busy one has not got the room for its time */
export function roomFor(
  directory: string,
  variant: Variant,
  modalities: readonly Modality[],
  durationMs: number,
): number {
  const freeBytes = freeBytesOf(directory) - reserveBytes;
  if (variant === 'saturated') return Math.min(saturatedBytesMax, freeBytes);
  const plannedBytes = (plannedBytesPerSecond(modalities) * durationMs) / 1000;
  if (plannedBytes > freeBytes) {
    const [needed, free] = [plannedBytes, freeBytes].map((bytes) => Math.ceil(bytes / 1e9));
    throw new Error(
      `this takes ${needed} GB, and ${free} are free beside a reserve: give it fewer --minutes, or another --dir`,
    );
  }
  return freeBytes;
}

/** Makes the file that ends all clients when so many bytes have been written to the disk since now. @returns what ends the watch */
export function watchRoom(directory: string, roomBytes: number, stopPath: string): () => void {
  const startBytes = freeBytesOf(directory);
  const timer = setInterval(() => {
    if (startBytes - freeBytesOf(directory) > roomBytes) writeFileSync(stopPath, '');
  }, intervalMs);
  return () => clearInterval(timer);
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
