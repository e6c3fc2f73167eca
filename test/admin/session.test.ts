import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { sessionSuite } from './session.suite.ts';

describeAdminOnSqlite('Routes of sessions', sessionSuite);
