import { describeOnSqlite } from '../../helpers/catalog-engines.ts';
import { fillingSuite } from './filling.suite.ts';

describeOnSqlite('Benchmark: a catalogue that was filled', fillingSuite);
