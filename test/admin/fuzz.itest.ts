import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { fuzzSuite } from './fuzz.suite.ts';

describeAdminOnMariadb('Fuzzed requests', (context) => fuzzSuite(context, 60));
