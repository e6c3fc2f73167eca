import type { NewEvent } from './activity-kinds.ts';
import type { AssociationTally, Party, RejectReason, RetrievedObservation } from './observer.ts';

/** Fields by which the page finds the events of a device. */
export function callerFields({ callingAeTitle, calledAeTitle, address }: Party) {
  return { caller: callingAeTitle, called: calledAeTitle, address };
}

export function rejectedEvent(party: Party, reason: RejectReason, words: string): NewEvent {
  const from = party.callingAeTitle === '' ? party.address : `${party.callingAeTitle} at ${party.address}`;
  const to = party.calledAeTitle === '' ? '' : ` to ${party.calledAeTitle}`;
  return {
    kind: 'association-rejected',
    severity: 'warning',
    words: `association from ${from}${to} rejected: ${words}`,
    fields: { ...callerFields(party), rejected: reason, reason: words, isTls: party.isTls },
  };
}

/** Undefined for an association that did nothing and ended well. */
export function endedEvent(
  tally: AssociationTally,
  isOrderly: boolean,
  words: string,
  now: number,
): NewEvent | undefined {
  const { party, storedInstances, storedBytes, refusedInstances, sentInstances, queries, echoes } = tally;
  const did = [
    storedInstances > 0 ? `${storedInstances} stored` : '',
    refusedInstances > 0 ? `${refusedInstances} refused` : '',
    sentInstances > 0 ? `${sentInstances} sent` : '',
    queries > 0 ? `${queries} queries` : '',
    echoes > 0 ? 'echo' : '',
  ].filter((part) => part !== '');
  if (did.length === 0 && isOrderly) return undefined;
  const isBareEcho = did.length === 1 && echoes > 0;
  const end = isOrderly ? 'ended' : 'broke off';
  const reason = isOrderly ? '' : `: ${words}`;
  return {
    kind: 'association-ended',
    severity: isOrderly && refusedInstances === 0 ? 'info' : 'warning',
    words: `association of ${party.callingAeTitle} at ${party.address} ${end} after ${did.join(', ') || 'nothing'}${reason}`,
    fields: {
      ...callerFields(party),
      instances: storedInstances,
      bytes: storedBytes,
      refused: refusedInstances,
      sent: sentInstances,
      queries,
      echoes,
      durationMs: Math.max(0, now - tally.openedAt),
      ...(isBareEcho && { operation: 'C-ECHO' }),
      ...(!isOrderly && { reason: words }),
    },
  };
}

export function queryRefusedEvent(
  { party }: AssociationTally,
  operation: string,
  status: string,
  words: string,
): NewEvent {
  return {
    kind: 'query-refused',
    severity: 'warning',
    words: `${operation} of ${party.callingAeTitle} at ${party.address} refused: ${words}`,
    fields: { ...callerFields(party), operation, status, reason: words },
  };
}

export function retrievedEvent({ party }: AssociationTally, retrieved: RetrievedObservation): NewEvent {
  const { operation, destination, studyInstanceUid, completed, failed, warning, tookMs, words } = retrieved;
  const isWell = failed === 0 && warning === 0 && words === undefined;
  const counts = [
    `${completed} sent`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(warning > 0 ? [`${warning} with a warning`] : []),
  ].join(', ');
  return {
    kind: 'retrieve-answered',
    severity: isWell ? 'info' : 'warning',
    words: `${operation} of ${party.callingAeTitle} to ${destination}: ${counts}${words === undefined ? '' : `: ${words}`}`,
    fields: {
      ...callerFields(party),
      operation,
      destination,
      ...(studyInstanceUid !== undefined && { studyInstanceUid }),
      completed,
      failed,
      warning,
      durationMs: Math.round(tookMs),
      ...(words !== undefined && { reason: words }),
    },
  };
}
