import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { jobsSuite } from './jobs.suite.ts';

describeAdminOnMariadb('Routes of jobs', jobsSuite);
