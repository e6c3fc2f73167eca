import { message, optional, required, responseRows } from './table.ts';

/** N-EVENT-REPORT-RQ — PS3.7 §10.3.1.1, Table 10.3-1. */
export const nEventReportRq = message(0x0100, 'N-EVENT-REPORT-RQ', {
  affectedSopClassUid: required('AffectedSOPClassUID'),
  messageId: required('MessageID'),
  affectedSopInstanceUid: required('AffectedSOPInstanceUID'),
  eventTypeId: required('EventTypeID'),
});

/** N-EVENT-REPORT-RSP — PS3.7 §10.3.1.2, Table 10.3-2. */
export const nEventReportRsp = message(0x8100, 'N-EVENT-REPORT-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  affectedSopInstanceUid: optional('AffectedSOPInstanceUID'),
  eventTypeId: optional('EventTypeID'),
  ...responseRows,
});
