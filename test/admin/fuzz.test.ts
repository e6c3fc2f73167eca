import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { fuzzSuite } from './fuzz.suite.ts';

describeAdminOnSqlite('Fuzzed requests', (context) => fuzzSuite(context, 12));
