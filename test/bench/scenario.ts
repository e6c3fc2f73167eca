import type { Options, ScenarioName } from './options.ts';
import type { Row } from './results.ts';
import type { ServerKind } from './servers/server.ts';

/** Does one measurement, says how it went, and keeps its rows; one that fails is said and left out. @param isOurs its failure is one of the run */
export type Attempt = (what: string, isOurs: boolean, run: () => Promise<Row | Row[]>) => Promise<void>;

/** What a scenario is given for one repeat. */
export interface Suite {
  options: Options;
  /** Where everything is written to; it is gone after the run. */
  directory: string;
  /** 0 for the first */
  repeat: number;
  /** Those that were asked for and are installed, in the order of this repeat. */
  servers: readonly ServerKind[];
  attempt: Attempt;
}

/** One thing that is measured. A new one is a file in `scenarios/`, a line in `suite.ts`, its row in `results.ts` and its presentation in `presentations.ts`. */
export interface Scenario {
  name: ScenarioName;
  /** Measured in the first repeat alone: it repeats by itself, or takes too long. */
  isOnce?: boolean;
  measure(suite: Suite): Promise<void>;
}

/** The order of a repeat: A B C, C B A, A B C …, so that a machine that changes its mind meanwhile hurts nobody alone. */
export function inTurn<T>(entrants: readonly T[], repeat: number): T[] {
  return repeat % 2 === 0 ? [...entrants] : entrants.toReversed();
}
