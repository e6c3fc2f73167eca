import { message, optional, required, responseRows } from './table.ts';

/** N-GET-RQ — PS3.7 §10.3.2.1, Table 10.3-3. */
export const nGetRq = message(0x0110, 'N-GET-RQ', {
  requestedSopClassUid: required('RequestedSOPClassUID'),
  messageId: required('MessageID'),
  requestedSopInstanceUid: required('RequestedSOPInstanceUID'),
  attributeIdentifierList: optional('AttributeIdentifierList'),
});

/** N-GET-RSP — PS3.7 §10.3.2.2, Table 10.3-4. */
export const nGetRsp = message(0x8110, 'N-GET-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'),
  ...responseRows,
});
