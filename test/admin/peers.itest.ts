import { describeAdminOnMariadb } from '../helpers/admin.ts';
import { peersSuite } from './peers.suite.ts';
import { unknownCallersSuite } from './unknown-callers.suite.ts';

describeAdminOnMariadb('Routes of peers', peersSuite);
describeAdminOnMariadb('Routes of unknown callers', unknownCallersSuite);
