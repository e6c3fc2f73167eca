import { message, optional, required, responseRows } from './table.ts';

/** N-DELETE-RQ — PS3.7 §10.3.6.1, Table 10.3-11. */
export const nDeleteRq = message(0x0150, 'N-DELETE-RQ', {
  requestedSopClassUid: required('RequestedSOPClassUID'),
  messageId: required('MessageID'),
  requestedSopInstanceUid: required('RequestedSOPInstanceUID'),
});

/** N-DELETE-RSP — PS3.7 §10.3.6.2, Table 10.3-12. */
export const nDeleteRsp = message(0x8150, 'N-DELETE-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'),
  ...responseRows,
});
