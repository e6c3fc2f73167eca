import { describeOnMariadb } from '../helpers/catalog-engines.ts';
import { explainSuite } from './explain.suite.ts';

describeOnMariadb('Catalogue: how its queries are run', explainSuite);
