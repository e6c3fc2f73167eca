import type { Settings } from '../config/settings.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { within } from '../lib/within.ts';
import { type Clock, systemClock } from './clock.ts';

/** Name of the row in the catalogue. */
export const SETTINGS_ROW = 'settings';

export interface SettingRows {
  get(name: string): Promise<{ value: unknown } | undefined>;
  set(name: string, value: unknown): Promise<void>;
}

export interface SettingsRowOptions {
  settings: SettingRows;
  /** What the row should say; it is asked within a turn. */
  inForce(): Settings;
  /** Whether a value of the row comes to that. */
  isInForce(value: unknown): boolean;
  /** Runs work when no change of the settings is under way. */
  inTurn(work: () => Promise<void>): Promise<void>;
  log: Pick<Log, 'info'>;
  clock?: Clock | undefined;
}

/** How long the catalogue may take for a look, milliseconds. */
const ANSWER_TIMEOUT_MS = 2000;
const LOOK_INTERVAL_MS = 2000;
/** So many looks one after the other have to find the row right, for a late write may come between two of them. */
const GOOD_LOOKS = 3;

/**
 * The settings in the catalogue. A write that failed may be done nevertheless, by a database that hung and goes on, and the next start would take it for what the
 * owner has set: so the row is looked at again until it says for good what is in force.
 */
export class SettingsRow {
  readonly #options: SettingsRowOptions;
  #goodLooks = 0;
  #endLooks: (() => void) | undefined;
  #isLooking = false;

  constructor(options: SettingsRowOptions) {
    this.#options = options;
  }

  /** @returns undefined where there is none. @throws Problem 'catalog-unavailable', also where it takes too long */
  async value(): Promise<unknown> {
    return (await inTime(() => this.#options.settings.get(SETTINGS_ROW)))?.value;
  }

  /** @throws Problem 'catalog-unavailable'; what is in force by then comes back into the row */
  async keep(next: Settings): Promise<void> {
    try {
      await this.#options.settings.set(SETTINGS_ROW, next);
    } catch (error) {
      this.#goodLooks = 0;
      this.#endLooks ??= (this.#options.clock ?? systemClock).every(
        LOOK_INTERVAL_MS,
        () => void this.#look(),
      );
      throw error;
    }
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#options.inTurn(() => this.#putRight());
    } catch {
      // The catalogue is away still, or again: a write of ours may be late as well.
      this.#goodLooks = 0;
    }
    this.#isLooking = false;
    if (this.#goodLooks < GOOD_LOOKS) return;
    this.#endLooks?.();
    this.#endLooks = undefined;
  }

  async #putRight(): Promise<void> {
    const { settings, inForce, isInForce, log } = this.#options;
    if (isInForce(await this.value())) {
      this.#goodLooks += 1;
      return;
    }
    this.#goodLooks = 0;
    await inTime(() => settings.set(SETTINGS_ROW, inForce()));
    log.info('settings of a change that had failed put back');
  }
}

function inTime<T>(work: () => Promise<T>): Promise<T> {
  const late = () => new Problem('catalog-unavailable', `no settings within ${ANSWER_TIMEOUT_MS} ms`);
  return within(ANSWER_TIMEOUT_MS, late, work);
}
