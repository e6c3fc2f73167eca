import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { peersSuite } from './peers.suite.ts';
import { unknownCallersSuite } from './unknown-callers.suite.ts';

describeAdminOnSqlite('Routes of peers', peersSuite);
describeAdminOnSqlite('Routes of unknown callers', unknownCallersSuite);
