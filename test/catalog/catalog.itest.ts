import { describeOnMariadb } from '../helpers/catalog-engines.ts';
import { indexingSuite } from './indexing.suite.ts';
import { peopleSuite } from './people.suite.ts';
import { querySuite } from './query.suite.ts';
import { retrieveSuite } from './retrieve.suite.ts';

describeOnMariadb('Catalogue: filing instances', indexingSuite);
describeOnMariadb('Catalogue: retrieving instances', retrieveSuite);
describeOnMariadb('Catalogue: queries', querySuite);
describeOnMariadb('Catalogue: peers, callers and events', peopleSuite);
