import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { rolesSuite } from './roles.suite.ts';

describeAdminOnSqlite('Roles', rolesSuite);
