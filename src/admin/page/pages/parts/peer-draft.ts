import type { Peer, PeerInput, UnknownCaller } from '../../../api/peers.ts';
import type { ApiError } from '../../lib/api.ts';
import { hasMessage, t } from '../../lib/i18n.ts';

/** A peer as it stands in the form: the port as it is typed. */
export interface PeerDraft extends Omit<PeerInput, 'port'> {
  port: string;
}

/** Transfer syntaxes of PS3.5 §10 into which the archive can convert: one of them first, or each instance as it is stored. */
export const SYNTAX_CHOICES = ['', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2'] as const;

const EMPTY: PeerDraft = {
  aeTitle: '',
  host: '',
  port: '104',
  mayEcho: true,
  mayStore: true,
  mayFind: true,
  mayRetrieve: true,
  matchAddress: false,
  useTls: false,
  preferredTransferSyntaxes: [],
  note: '',
};

export function emptyDraft(): PeerDraft {
  return EMPTY;
}

/** A peer to be, from what is known of the caller. The port it listens on is not: 104 is the one of the standard. */
export function draftOfCaller({ aeTitle, address }: UnknownCaller): PeerDraft {
  return { ...EMPTY, aeTitle, host: address };
}

export function draftOfPeer(peer: Peer): PeerDraft {
  const { id: _id, createdAt: _createdAt, lastSeenAt: _seen, lastStoredAt: _stored, port, ...rest } = peer;
  return { ...rest, port: String(port) };
}

/** What is sent; a port that is no number is left to the server to refuse with the rest. */
export function inputOf({ port, aeTitle, host, ...rest }: PeerDraft): PeerInput {
  return {
    ...rest,
    aeTitle: aeTitle.trim(),
    host: host.trim(),
    port: /^\d{1,6}$/.test(port.trim()) ? Number(port) : 0,
  };
}

/** What is wrong with a field, in the reader's language where the field has such words. */
export function fieldError(error: ApiError | undefined, field: string): string | undefined {
  if (error?.problem.code === 'already-exists' && field === 'aeTitle') return t('peers.invalid.taken');
  const issue = error?.problem.issues?.find(({ path }) => path === field || path.startsWith(`${field}.`));
  if (issue === undefined) return undefined;
  return hasMessage(`peers.invalid.${field}`) ? t(`peers.invalid.${field}`) : issue.message;
}
