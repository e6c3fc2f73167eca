import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

export interface MochaCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface MochaReport {
  readonly counts: MochaCounts;
  /** Of each test or hook that failed: its file, then what mocha says of it. */
  readonly failures: readonly string[];
}

/** Mocha's spec reporter that also leaves a report in a file: `--reporter-option report=FILE`. */
export default class ReportingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const report: MochaReport = {
        counts: { passed: passes, failed: failures, skipped: pending },
        failures: this.failures.map(wordsOf),
      };
      writeFileSync(options.reporterOptions.report, JSON.stringify(report));
    });
  }
}

/** Title, difference and stack as mocha's own list of failures has them. */
function wordsOf(failure: Mocha.Test): string {
  const { Base } = Mocha.reporters;
  const lines: string[] = [relative('.', failure.file ?? failure.parent?.file ?? '')];
  const say = Base.consoleLog;
  Base.consoleLog = (...words) => lines.push(format(...words));
  try {
    Base.list([failure]);
  } finally {
    Base.consoleLog = say;
  }
  return lines.join('\n').trimEnd();
}
