import { describeOnSqlite } from '../helpers/catalog-engines.ts';
import { indexingSuite } from './indexing.suite.ts';
import { peopleSuite } from './people.suite.ts';
import { querySuite } from './query.suite.ts';
import { retrieveSuite } from './retrieve.suite.ts';

describeOnSqlite('Catalogue: filing instances', indexingSuite);
describeOnSqlite('Catalogue: retrieving instances', retrieveSuite);
describeOnSqlite('Catalogue: queries', querySuite);
describeOnSqlite('Catalogue: peers, callers and events', peopleSuite);
