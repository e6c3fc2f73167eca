import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { statusSuite } from './status.suite.ts';

describeAdminOnMariadb('Routes of status and events', statusSuite);
