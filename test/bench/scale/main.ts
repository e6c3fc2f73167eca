import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openFilled } from './filled.ts';
import { ArchivePlan, fifteenYears } from './plan.ts';

/**
 * Fills a catalogue, or takes the one that is there, says where it is, and, if it is MariaDB's, serves it until it is told to stop: for what wants a
 * filled one, such as `run.ts --catalogue URL`.
 */
const { values } = parseArgs({
  options: {
    keep: { type: 'string' },
    engine: { type: 'string', default: 'mariadb' },
    studies: { type: 'string', default: '10000' },
    'per-series': { type: 'string', default: '2' },
  },
});
const [studies, perSeries] = [Number(values.studies), Number(values['per-series'])];
const isKnown = values.engine === 'mariadb' || values.engine === 'sqlite';
if (values.keep === undefined || !isKnown || !Number.isInteger(studies) || studies < 1 || !(perSeries >= 1)) {
  console.error('Usage: main.ts --keep PATH [--engine mariadb|sqlite] [--studies N] [--per-series F]');
  process.exit(2);
}
const plan = new ArchivePlan(fifteenYears(studies, perSeries));
console.log(`${studies} studies, ${plan.series} series, ${plan.instances} instances`);
const engine = values.engine === 'sqlite' ? 'sqlite' : 'mariadb';
const catalogue = await openFilled(resolve(values.keep), engine, plan, (filled, rate) =>
  console.log(`${filled} studies, ${rate.toFixed(0)} rows/s`),
);
const { rows, seconds, sizeBytes } = catalogue.filling;
console.log(`${rows} rows in ${seconds.toFixed(0)} s, ${(sizeBytes / 1e9).toFixed(2)} GB`);
console.log(catalogue.url);
if (engine === 'mariadb') {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void catalogue.stop());
}
