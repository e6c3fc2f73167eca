import { message, optional, priority, required, responseRows, suboperationRows } from './table.ts';

/** C-GET-RQ — PS3.7 §9.3.3.1, Table 9.3-6. */
export const cGetRq = message(0x0010, 'C-GET-RQ', {
  affectedSopClassUid: required('AffectedSOPClassUID'),
  messageId: required('MessageID'),
  priority,
});

/** C-GET-RSP — PS3.7 §9.3.3.2, Table 9.3-7. */
export const cGetRsp = message(0x8010, 'C-GET-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  ...responseRows,
  ...suboperationRows,
});
