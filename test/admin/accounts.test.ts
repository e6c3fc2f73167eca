import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { accountsSuite } from './accounts.suite.ts';

describeAdminOnSqlite('Routes of users and API tokens', accountsSuite);
