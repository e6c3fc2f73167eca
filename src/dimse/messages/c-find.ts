import { message, optional, priority, required, responseRows } from './table.ts';

/** C-FIND-RQ — PS3.7 §9.3.2.1, Table 9.3-3. */
export const cFindRq = message(0x0020, 'C-FIND-RQ', {
  affectedSopClassUid: required('AffectedSOPClassUID'),
  messageId: required('MessageID'),
  priority,
});

/** C-FIND-RSP — PS3.7 §9.3.2.2, Table 9.3-4. */
export const cFindRsp = message(0x8020, 'C-FIND-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  ...responseRows,
});
