import { status } from '../dimse/status.ts';
import type { ProblemCode } from '../lib/problem.ts';

type StatusTable = Readonly<Record<ProblemCode, number>>;

/** What is the same for every service — PS3.7 Annex C. */
const COMMON = {
  'not-found': status.noSuchSopInstance,
  'not-authorized': status.notAuthorized,
  cancelled: status.cancel,
  internal: status.processingFailure,
} as const;

/** Status of a C-STORE-RSP — PS3.4 §B.2.3, Table B.2-1. */
export const C_STORE_STATUS: StatusTable = {
  ...COMMON,
  'storage-full': status.outOfResources,
  'volume-offline': status.outOfResources,
  'backlog-full': status.outOfResources,
  'catalog-unavailable': status.outOfResources,
  'data-set-mismatch': status.dataSetDoesNotMatchSopClass,
  'unusable-identifier': status.dataSetDoesNotMatchSopClass,
  'unreadable-data-set': status.cannotUnderstand,
  'duplicate-instance': status.duplicateSopInstance,
  'move-destination-unknown': status.processingFailure,
  'peer-unreachable': status.processingFailure,
  // Of the admin page, never of a service class.
  'already-exists': status.processingFailure,
  'unusable-setting': status.processingFailure,
  'not-renderable': status.processingFailure,
};

/** Status of an N-ACTION-RSP — PS3.7 §10.1.4.1.10. */
export const N_ACTION_STATUS: StatusTable = {
  ...C_STORE_STATUS,
  'unusable-identifier': status.invalidArgumentValue,
  'unreadable-data-set': status.invalidArgumentValue,
  'data-set-mismatch': status.noSuchSopClass,
  'duplicate-instance': status.processingFailure,
  'backlog-full': status.resourceLimitation,
  'storage-full': status.resourceLimitation,
  'volume-offline': status.processingFailure,
  'catalog-unavailable': status.processingFailure,
};

/** Status of a C-FIND-RSP — PS3.4 §C.4.1.1.4, Table C.4-1. */
export const C_FIND_STATUS: StatusTable = {
  ...C_STORE_STATUS,
  'not-found': status.cannotUnderstand,
};

/** Status of a C-MOVE-RSP and of a C-GET-RSP — PS3.4 §C.4.2.1.5, Table C.4-2, and §C.4.3.1.4, Table C.4-3. */
export const RETRIEVE_STATUS: StatusTable = {
  ...C_FIND_STATUS,
  'storage-full': status.outOfResourcesSuboperations,
  'volume-offline': status.outOfResourcesSuboperations,
  'catalog-unavailable': status.outOfResourcesMatches,
  'backlog-full': status.outOfResourcesMatches,
  'move-destination-unknown': status.moveDestinationUnknown,
  'peer-unreachable': status.outOfResourcesSuboperations,
};
