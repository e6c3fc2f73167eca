/** Kinds of events, all of them: the page has a sentence for each. */
export const EVENT_KINDS = [
  'association-ended',
  'association-rejected',
  'instances-stored',
  'instances-refused',
  'instance-conflict',
  'query-refused',
  'retrieve-answered',
  'setting-changed',
  'certificate-changed',
  'certificate-trusted',
  'certificate-distrusted',
  'peer-added',
  'peer-changed',
  'peer-removed',
  'caller-dismissed',
  'user-added',
  'user-changed',
  'user-removed',
  'token-added',
  'token-removed',
  'login',
  'login-failed',
  'logout',
  'password-changed',
  'job-added',
  'job-done',
  'job-failed',
  'job-cancelled',
  'audit-incomplete',
  'server-started',
  'server-stopped',
  'volume-offline',
  'volume-online',
  'disk-full',
  'catalog-unavailable',
  'catalog-available',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Something that the person who runs the archive should see: no patient names in it. */
export interface NewEvent {
  kind: EventKind;
  severity: 'info' | 'warning' | 'error';
  /** One sentence for people. */
  words: string;
  fields: { readonly [name: string]: string | number | boolean };
}
