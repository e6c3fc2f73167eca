/** Statuses of PS3.7 Annex C, and of PS3.4 B.2.3 (Storage), C.4.1 to C.4.3 (Query/Retrieve), under the names the standard gives them. */
export const status = {
  success: 0x0000,
  cancel: 0xfe00,
  pending: 0xff00,
  /** Matches go on; one or more optional keys were not supported — PS3.4 Table C.4-1. */
  pendingOptionalKeysNotSupported: 0xff01,
  processingFailure: 0x0110,
  duplicateSopInstance: 0x0111,
  noSuchSopInstance: 0x0112,
  noSuchEventType: 0x0113,
  noSuchArgument: 0x0114,
  invalidArgumentValue: 0x0115,
  invalidObjectInstance: 0x0117,
  noSuchSopClass: 0x0118,
  sopClassNotSupported: 0x0122,
  classInstanceConflict: 0x0119,
  noSuchAction: 0x0123,
  notAuthorized: 0x0124,
  /** Of an instance in a storage commitment report alone — PS3.3 §C.14.1.1. */
  duplicateTransactionUid: 0x0131,
  duplicateInvocation: 0x0210,
  unrecognizedOperation: 0x0211,
  mistypedArgument: 0x0212,
  resourceLimitation: 0x0213,
  outOfResources: 0xa700,
  outOfResourcesMatches: 0xa701,
  outOfResourcesSuboperations: 0xa702,
  moveDestinationUnknown: 0xa801,
  dataSetDoesNotMatchSopClass: 0xa900,
  /** C-STORE: Coercion of Data Elements; C-GET and C-MOVE: sub-operations complete with failures or warnings. */
  warning: 0xb000,
  elementsDiscarded: 0xb006,
  dataSetDoesNotMatchSopClassWarning: 0xb007,
  cannotUnderstand: 0xc000,
} as const;

export type StatusClass = 'success' | 'pending' | 'cancel' | 'warning' | 'failure';

const WORDS: Readonly<Record<number, string>> = {
  [status.success]: 'Success',
  [status.cancel]: 'Cancel',
  [status.pending]: 'Pending',
  [status.pendingOptionalKeysNotSupported]: 'Pending, optional keys not supported',
  1: 'Warning: Requested optional Attributes are not supported',
  263: 'Warning: Attribute list error',
  278: 'Warning: Attribute Value out of range',
  [status.processingFailure]: 'Processing failure',
  [status.duplicateSopInstance]: 'Duplicate SOP Instance',
  [status.noSuchSopInstance]: 'No such SOP Instance',
  [status.noSuchEventType]: 'No such event type',
  [status.noSuchArgument]: 'No such argument',
  [status.invalidArgumentValue]: 'Invalid argument value',
  [status.invalidObjectInstance]: 'Invalid object instance',
  [status.noSuchSopClass]: 'No such SOP Class',
  [status.sopClassNotSupported]: 'SOP Class not supported',
  [status.classInstanceConflict]: 'Class-Instance conflict',
  [status.noSuchAction]: 'No such action',
  [status.notAuthorized]: 'Not authorized',
  [status.duplicateTransactionUid]: 'Duplicate Transaction UID',
  [status.duplicateInvocation]: 'Duplicate invocation',
  [status.unrecognizedOperation]: 'Unrecognized operation',
  [status.mistypedArgument]: 'Mistyped argument',
  [status.resourceLimitation]: 'Resource limitation',
  [status.outOfResources]: 'Out of resources',
  [status.outOfResourcesMatches]: 'Out of resources: unable to calculate number of matches',
  [status.outOfResourcesSuboperations]: 'Out of resources: unable to perform sub-operations',
  [status.moveDestinationUnknown]: 'Move destination unknown',
  [status.dataSetDoesNotMatchSopClass]: 'Data set does not match SOP Class',
  [status.warning]: 'Warning',
  [status.elementsDiscarded]: 'Warning: elements discarded',
  [status.dataSetDoesNotMatchSopClassWarning]: 'Warning: data set does not match SOP Class',
};

/** Ranges of service specific statuses — PS3.4 Tables B.2-1, C.4-1, C.4-2 and C.4-3. */
const RANGES = [
  { from: 0xa700, to: 0xa7ff, words: 'Out of resources' },
  { from: 0xa900, to: 0xa9ff, words: 'Data set does not match SOP Class' },
  { from: 0xb000, to: 0xbfff, words: 'Warning' },
  { from: 0xc000, to: 0xcfff, words: 'Unable to process' },
] as const;

/** Whether more responses follow. */
export function isPending(value: number): boolean {
  return value === status.pending || value === status.pendingOptionalKeysNotSupported;
}

/** PS3.7 Annex C: success, the pending and cancel codes, warnings 0001H, 0107H, 0116H and Bxxx, else failure. */
export function statusClass(value: number): StatusClass {
  if (value === status.success) return 'success';
  if (isPending(value)) return 'pending';
  if (value === status.cancel) return 'cancel';
  const isWarning = value === 0x0001 || value === 0x0107 || value === 0x0116 || value >> 12 === 0xb;
  return isWarning ? 'warning' : 'failure';
}

/** A status in words with its code: `Out of resources (A700H)`. */
export function statusWords(value: number): string {
  const words =
    WORDS[value] ?? RANGES.find(({ from, to }) => value >= from && value <= to)?.words ?? 'Unknown status';
  return `${words} (${value.toString(16).padStart(4, '0').toUpperCase()}H)`;
}
