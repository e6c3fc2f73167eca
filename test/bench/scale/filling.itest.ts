import { describeOnMariadb } from '../../helpers/catalog-engines.ts';
import { fillingSuite } from './filling.suite.ts';

describeOnMariadb('Benchmark: a catalogue that was filled', fillingSuite);
