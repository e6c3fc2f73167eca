/** Sizes of the buffers that are kept for reuse, bytes. */
const SIZES = [64 * 1024, 256 * 1024, 1024 * 1024] as const;
const SPARE_BYTES_MAX = 16 * 1024 * 1024;

const spares = new Map<number, Buffer[]>(SIZES.map((size) => [size, []]));
let spareBytes = 0;

/** Largest buffer that `takeBuffer` gives, bytes. */
export const POOLED_BYTES_MAX = 1024 * 1024;

/** A buffer of at least `bytes`, with any content; give it back when nobody reads or writes it any more. */
export function takeBuffer(bytes: number): Buffer {
  const size = pooledBytesFor(bytes);
  const spare = spares.get(size)?.pop();
  if (spare === undefined) return Buffer.allocUnsafeSlow(size);
  spareBytes -= size;
  return spare;
}

/** How long a buffer `takeBuffer` gives for so many bytes. */
export function pooledBytesFor(bytes: number): number {
  return SIZES.find((one) => one >= bytes) ?? POOLED_BYTES_MAX;
}

export function giveBuffer(buffer: Buffer): void {
  const list = spares.get(buffer.length);
  if (list === undefined || spareBytes + buffer.length > SPARE_BYTES_MAX) return;
  spareBytes += buffer.length;
  list.push(buffer);
}
