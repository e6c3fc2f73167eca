import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { statusSuite } from './status.suite.ts';

describeAdminOnSqlite('Routes of status and events', statusSuite);
