import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from '../measure.ts';
import type { BacklogSample } from './row.ts';

/** As many empty files as may lie in `incoming/` beside the instances, opened ahead of need. */
const preparedFilesMax = 100;
/** Beyond it they are counted by their names alone: to look at each would take the processor time that is measured. */
const namesLookedAtMax = 1000;

/** Counts the instances in a folder `incoming/`: those that are accepted and not yet filed, and the few that are being received. */
export function backlogIn(incoming: string, timeMs: number): { instances: number; oldestMs: number } {
  // The names are in the order in which the files were made.
  const names = readdirSync(incoming).sort();
  const looked = names.slice(0, namesLookedAtMax).flatMap((name) => statOf(join(incoming, name)) ?? []);
  const filled = looked.filter(({ size }) => size > 0);
  const oldestAt = Math.min(timeMs, ...filled.map(({ mtimeMs }) => mtimeMs));
  const rest = Math.max(0, names.length - namesLookedAtMax - preparedFilesMax);
  return { instances: filled.length + rest, oldestMs: timeMs - oldestAt };
}

/** Looks every second how much there is to be filed. */
export class BacklogWatch {
  readonly samples: BacklogSample[] = [];
  readonly #startMs = nowMs();
  readonly #timer: NodeJS.Timeout;

  /** @param volumeDirectory of an archive of ours; undefined when nothing can be seen from outside */
  constructor(volumeDirectory: string | undefined, intervalMs = 1000) {
    const look = (): void => {
      if (volumeDirectory === undefined) return;
      const seconds = (nowMs() - this.#startMs) / 1000;
      this.samples.push({ seconds, ...backlogIn(join(volumeDirectory, 'incoming'), Date.now()) });
    };
    this.#timer = setInterval(look, intervalMs);
  }

  stop(): BacklogSample[] {
    clearInterval(this.#timer);
    return this.samples;
  }
}

/** undefined for a file that has just been filed. */
function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
