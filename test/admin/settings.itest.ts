import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { settingsSuite } from './settings.suite.ts';

describeAdminOnMariadb('Routes of settings', settingsSuite);
