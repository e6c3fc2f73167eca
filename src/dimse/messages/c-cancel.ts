import { message, required } from './table.ts';

/** C-CANCEL-RQ of a C-FIND, C-GET or C-MOVE — PS3.7 §9.3.2.3, Table 9.3-5. It has no response of its own. */
export const cCancelRq = message(0x0fff, 'C-CANCEL-RQ', {
  messageIdBeingRespondedTo: required('MessageIDBeingRespondedTo'),
});
