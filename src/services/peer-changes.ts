import type { NewPeer, Peer } from '../catalog/peer-repository.ts';
import type { NewEvent } from './activity-kinds.ts';

/** What is set of a peer, in the order in which it is told. */
const FIELDS = [
  'aeTitle',
  'host',
  'port',
  'mayEcho',
  'mayStore',
  'mayFind',
  'mayRetrieve',
  'matchAddress',
  'useTls',
  'preferredTransferSyntaxes',
  'note',
] as const satisfies readonly (keyof NewPeer)[];

/** Who changes something, and from which address. */
interface Doer {
  name: string;
  address: string;
}

export function peerAdded(doer: Doer, after: Peer): NewEvent {
  return peerEvent('peer-added', 'added', doer, after, { after: told(after, FIELDS) });
}

export function peerRemoved(doer: Doer, before: Peer): NewEvent {
  return peerEvent('peer-removed', 'removed', doer, before, { before: told(before, FIELDS) });
}

/** @returns undefined where nothing has changed */
export function peerChanged(doer: Doer, before: Peer, after: Peer): NewEvent | undefined {
  const changed = FIELDS.filter((field) => String(before[field]) !== String(after[field]));
  if (changed.length === 0) return undefined;
  const fields = { before: told(before, changed), after: told(after, changed) };
  return peerEvent('peer-changed', 'changed', doer, after, fields);
}

function peerEvent(
  kind: NewEvent['kind'],
  verb: string,
  { name, address }: Doer,
  { aeTitle, host, port }: Peer,
  fields: NewEvent['fields'],
): NewEvent {
  const words = `${name} ${verb} peer ${aeTitle} at ${host}:${port}.`;
  return { kind, severity: 'info', words, fields: { by: name, address, peer: aeTitle, ...fields } };
}

function told(peer: Peer, fields: readonly (typeof FIELDS)[number][]): string {
  return fields
    .map((field) => `${field}=${Array.isArray(peer[field]) ? peer[field].join('\\') : peer[field]}`)
    .join(' ');
}
