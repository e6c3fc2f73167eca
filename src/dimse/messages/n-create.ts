import { message, optional, required, responseRows } from './table.ts';

/** N-CREATE-RQ — PS3.7 §10.3.5.1, Table 10.3-9. */
export const nCreateRq = message(0x0140, 'N-CREATE-RQ', {
  affectedSopClassUid: required('AffectedSOPClassUID'),
  messageId: required('MessageID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'), // the performer may choose it
});

/** N-CREATE-RSP — PS3.7 §10.3.5.2, Table 10.3-10. */
export const nCreateRsp = message(0x8140, 'N-CREATE-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'),
  ...responseRows,
});
