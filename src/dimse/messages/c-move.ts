import { message, optional, priority, required, responseRows, suboperationRows } from './table.ts';

/** C-MOVE-RQ — PS3.7 §9.3.4.1, Table 9.3-9. */
export const cMoveRq = message(0x0021, 'C-MOVE-RQ', {
  affectedSopClassUid: required('AffectedSOPClassUID'),
  messageId: required('MessageID'),
  priority,
  moveDestination: required('MoveDestination'),
});

/** C-MOVE-RSP — PS3.7 §9.3.4.2, Table 9.3-10. */
export const cMoveRsp = message(0x8021, 'C-MOVE-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  ...responseRows,
  ...suboperationRows,
});
