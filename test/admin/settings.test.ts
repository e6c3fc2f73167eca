import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { settingsSuite } from './settings.suite.ts';

describeAdminOnSqlite('Routes of settings', settingsSuite);
