import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { downloadSuite } from './downloads.suite.ts';
import { detailSuite, searchSuite, unsettledSuite } from './studies.suite.ts';

describeAdminOnMariadb('Search for studies', searchSuite);
describeAdminOnMariadb('Routes of studies while not everything that was accepted is filed', unsettledSuite);
describeAdminOnMariadb('Detail of studies, series and instances', detailSuite);
describeAdminOnMariadb('Download of studies, series and instances', downloadSuite);
