import { message, optional, required, responseRows } from './table.ts';

/** N-ACTION-RQ — PS3.7 §10.3.4.1, Table 10.3-7. */
export const nActionRq = message(0x0130, 'N-ACTION-RQ', {
  requestedSopClassUid: required('RequestedSOPClassUID'),
  messageId: required('MessageID'),
  requestedSopInstanceUid: required('RequestedSOPInstanceUID'),
  actionTypeId: required('ActionTypeID'),
});

/** N-ACTION-RSP — PS3.7 §10.3.4.2, Table 10.3-8. */
export const nActionRsp = message(0x8130, 'N-ACTION-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'),
  actionTypeId: optional('ActionTypeID'),
  ...responseRows,
});
