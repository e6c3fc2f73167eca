import { message, optional, priority, required, responseRows } from './table.ts';

/** C-STORE-RQ — PS3.7 §9.3.1.1, Table 9.3-1. */
export const cStoreRq = message(0x0001, 'C-STORE-RQ', {
  affectedSopClassUid: required('AffectedSOPClassUID'),
  messageId: required('MessageID'),
  priority,
  /** Empty where it is missing: that instance is refused, and the association goes on. */
  affectedSopInstanceUid: { ...required('AffectedSOPInstanceUID'), fallback: '' },
  moveOriginatorAeTitle: optional('MoveOriginatorApplicationEntityTitle'),
  moveOriginatorMessageId: optional('MoveOriginatorMessageID'),
});

/** C-STORE-RSP — PS3.7 §9.3.1.2, Table 9.3-2. */
export const cStoreRsp = message(0x8001, 'C-STORE-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'),
  ...responseRows,
});
