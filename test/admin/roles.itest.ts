import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { rolesSuite } from './roles.suite.ts';

describeAdminOnMariadb('Roles', rolesSuite);
