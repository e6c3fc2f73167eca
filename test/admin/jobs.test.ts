import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { jobsSuite } from './jobs.suite.ts';

describeAdminOnSqlite('Routes of jobs', jobsSuite);
