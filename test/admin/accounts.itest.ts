import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { accountsSuite } from './accounts.suite.ts';
import { sessionSuite } from './session.suite.ts';

describeAdminOnMariadb('Routes of sessions', sessionSuite);
describeAdminOnMariadb('Routes of users and API tokens', accountsSuite);
