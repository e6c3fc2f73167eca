import { message, optional, required, responseRows } from './table.ts';

/** N-SET-RQ — PS3.7 §10.3.3.1, Table 10.3-5. */
export const nSetRq = message(0x0120, 'N-SET-RQ', {
  requestedSopClassUid: required('RequestedSOPClassUID'),
  messageId: required('MessageID'),
  requestedSopInstanceUid: required('RequestedSOPInstanceUID'),
});

/** N-SET-RSP — PS3.7 §10.3.3.2, Table 10.3-6. */
export const nSetRsp = message(0x8120, 'N-SET-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'),
  ...responseRows,
});
