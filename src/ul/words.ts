import type { AAssociateRj } from './pdu/a-associate-rj.ts';

/** Reasons by source — PS3.8 §9.3.4, Table 9-21. */
const REJECT_REASONS: Readonly<
  Record<number, { source: string; reasons: Readonly<Record<number, string>> }>
> = {
  1: {
    source: 'service user',
    reasons: {
      1: 'no reason given',
      2: 'application context name not supported',
      3: 'calling AE title not recognized',
      7: 'called AE title not recognized',
    },
  },
  2: {
    source: 'service provider, ACSE',
    reasons: { 1: 'no reason given', 2: 'protocol version not supported' },
  },
  3: {
    source: 'service provider, presentation',
    reasons: { 1: 'temporary congestion', 2: 'local limit exceeded' },
  },
};

/** Reasons of the service provider — PS3.8 §9.3.8, Table 9-26. */
const ABORT_REASONS: Readonly<Record<number, string>> = {
  0: 'reason not specified',
  1: 'unrecognized PDU',
  2: 'unexpected PDU',
  4: 'unrecognized PDU parameter',
  5: 'unexpected PDU parameter',
  6: 'invalid PDU parameter value',
};

/** An A-ASSOCIATE-RJ in words. */
export function rejectWords({ result, source, reason }: Omit<AAssociateRj, 'type'>): string {
  const duration = result === 2 ? 'transient' : 'permanent';
  const known = REJECT_REASONS[source];
  const words = known?.reasons[reason] ?? `reason ${reason}`;
  return `association rejected (${duration}, ${known?.source ?? `source ${source}`}): ${words}`;
}

/** An A-ABORT in words. */
export function abortWords(source: number, reason: number): string {
  if (source === 0) return 'aborted by the service user';
  return `aborted by the service provider: ${ABORT_REASONS[reason] ?? `reason ${reason}`}`;
}
