import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { downloadSuite } from './downloads.suite.ts';
import { detailSuite, searchSuite, unsettledSuite } from './studies.suite.ts';

describeAdminOnSqlite('Search for studies', searchSuite);
describeAdminOnSqlite('Routes of studies while not everything that was accepted is filed', unsettledSuite);
describeAdminOnSqlite('Detail of studies, series and instances', detailSuite);
describeAdminOnSqlite('Download of studies, series and instances', downloadSuite);
