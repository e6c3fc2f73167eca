import { message, optional, required, responseRows } from './table.ts';

/** C-ECHO-RQ — PS3.7 §9.3.5.1, Table 9.3-12. */
export const cEchoRq = message(0x0030, 'C-ECHO-RQ', {
  affectedSopClassUid: required('AffectedSOPClassUID'),
  messageId: required('MessageID'),
});

/** C-ECHO-RSP — PS3.7 §9.3.5.2, Table 9.3-13. */
export const cEchoRsp = message(0x8030, 'C-ECHO-RSP', {
  affectedSopClassUid: optional('AffectedSOPClassUID'),
  ...responseRows,
});
