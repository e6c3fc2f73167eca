const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** `999 bytes`, `1.5 MB`: decimal units, as disks have. */
export function sizeWords(bytes: number): string {
  let value = bytes;
  let step = 0;
  // What would be written as 1000.0 is 1.0 of the next.
  while (value >= (step === 0 ? 1000 : 999.95) && step < UNITS.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${step === 0 ? value : value.toFixed(1)} ${UNITS[step]}`;
}
