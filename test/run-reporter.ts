import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export interface MochaCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Mocha's spec reporter that also leaves the counts in a file: `--reporter-option counts=FILE`. */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const counts: MochaCounts = { passed: passes, failed: failures, skipped: pending };
      writeFileSync(options.reporterOptions.counts, JSON.stringify(counts));
    });
  }
}
