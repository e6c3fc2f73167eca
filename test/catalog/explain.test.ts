import { describeOnSqlite } from '../helpers/catalog-engines.ts';
import { explainSuite } from './explain.suite.ts';

describeOnSqlite('Catalogue: how its queries are run', explainSuite);
