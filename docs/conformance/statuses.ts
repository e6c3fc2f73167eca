import { status, statusWords } from '../../src/dimse/status.ts';
import type { ProblemCode } from '../../src/lib/problem.ts';
import { netLimits } from '../../src/net/limits.ts';
import {
  C_FIND_STATUS,
  C_STORE_STATUS,
  N_ACTION_STATUS,
  RETRIEVE_STATUS,
} from '../../src/services/statuses.ts';
import { hex, table } from './markdown.ts';

/** When a service refuses for a reason; undefined for those that no response has: of the admin page, or of one sub-operation. */
const WHEN: Readonly<Record<ProblemCode, string | undefined>> = {
  'storage-full': 'the disk space kept in reserve would be touched',
  'volume-offline': 'the volume that holds the files is not there',
  'backlog-full': 'more waits to be entered in the catalogue, or to be reported, than is allowed',
  'data-set-mismatch':
    'the data set contradicts the command or the SOP class, or a query the rules of its model',
  'unreadable-data-set': 'the data set cannot be read to its end',
  'unusable-identifier':
    'a UID or another value cannot be used: missing, too long, too many, or not of its form',
  'duplicate-instance':
    "the instance is there with other content, and the setting `storage.duplicates` is 'refuse'",
  'not-found': undefined,
  'not-authorized': 'the calling AE may not do this',
  'catalog-unavailable': 'the catalogue does not answer',
  'move-destination-unknown': 'the move destination is no AE title that the archive knows',
  'peer-unreachable': 'the move destination cannot be reached, or takes none of the SOP classes',
  'not-renderable': undefined,
  cancelled: 'C-CANCEL was received',
  internal: 'a fault of the archive itself; its log has it',
  'already-exists': undefined,
  'unusable-setting': undefined,
};

type Row = [code: number, when: string];

/** Reasons that the service has, in the order of their codes. */
function refusals(of: Readonly<Record<ProblemCode, number>>, codes: readonly ProblemCode[]): Row[] {
  const rows = codes.map((problem): Row => [of[problem], WHEN[problem] ?? '']);
  return rows.sort(([a], [b]) => a - b);
}

function statusTable(rows: readonly Row[]): string {
  return table(
    ['Code', 'Meaning', 'When'],
    rows.map(([value, when]) => [hex(value), statusWords(value).replace(/ \([0-9A-F]{4}H\)$/, ''), when]),
  );
}

/** Of every service: PS3.7 Annex C. */
export const generalStatuses = () =>
  statusTable([
    [status.unrecognizedOperation, 'the request is one that the archive does not have'],
    [
      status.resourceLimitation,
      `${netLimits.operationsMax} requests of the association are being worked on already`,
    ],
    [status.duplicateInvocation, 'the Message ID is that of a request which is still outstanding'],
  ]);

export const storeStatuses = () =>
  statusTable([
    [status.success, 'the instance is on stable storage'],
    ...refusals(C_STORE_STATUS, [
      'internal',
      'duplicate-instance',
      'not-authorized',
      'storage-full',
      'volume-offline',
      'backlog-full',
      'data-set-mismatch',
      'unusable-identifier',
      'unreadable-data-set',
    ]),
  ]);

export const findStatuses = () =>
  statusTable([
    [status.pending, 'a match; every key is supported'],
    [status.pendingOptionalKeysNotSupported, 'a match; some key is not supported, and not in the answer'],
    [status.success, 'there are no more matches'],
    ...refusals(C_FIND_STATUS, [
      'internal',
      'not-authorized',
      'catalog-unavailable',
      'data-set-mismatch',
      'unusable-identifier',
      'unreadable-data-set',
      'cancelled',
    ]),
  ]);

export const retrieveStatuses = () =>
  statusTable([
    [status.pending, 'sub-operations go on; with their numbers'],
    [status.success, 'all sub-operations were successful'],
    [
      status.warning,
      'some sub-operations failed or had warnings; Failed SOP Instance UID List says which failed',
    ],
    [status.outOfResourcesSuboperations, 'no sub-operation was successful'],
    ...refusals(RETRIEVE_STATUS, [
      'internal',
      'not-authorized',
      'catalog-unavailable',
      'volume-offline',
      'peer-unreachable',
      'move-destination-unknown',
      'data-set-mismatch',
      'unusable-identifier',
      'unreadable-data-set',
      'cancelled',
    ]),
  ]);

export const actionStatuses = () =>
  statusTable([
    [status.success, 'the request is on stable storage, and will be reported'],
    [status.noSuchSopClass, 'Requested SOP Class UID is not Storage Commitment Push Model'],
    [status.noSuchSopInstance, 'Requested SOP Instance UID is not the well-known one'],
    [status.noSuchAction, 'Action Type ID is not 1'],
    ...refusals(N_ACTION_STATUS, [
      'internal',
      'not-authorized',
      'backlog-full',
      'catalog-unavailable',
      'unusable-identifier',
      'unreadable-data-set',
    ]),
  ]);

/** Failure Reason (0008,1197) of a storage commitment report — PS3.3 §C.14.1.1. */
export const failureReasons = () =>
  statusTable([
    [status.processingFailure, 'the file does not hold what was acknowledged: it is to be sent again'],
    [status.noSuchSopInstance, 'the instance is not stored'],
    [status.classInstanceConflict, 'the instance is stored, and is of another SOP class'],
    [status.sopClassNotSupported, 'instances of this SOP class are not stored'],
    [status.duplicateTransactionUid, 'the Transaction UID is that of another request, with other instances'],
  ]);
