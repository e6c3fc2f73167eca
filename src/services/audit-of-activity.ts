import type { CatalogEvent } from '../catalog/event-repository.ts';
import type { EventKind } from './activity-kinds.ts';
import { type Code, eventTypes } from './audit-codes.ts';
import {
  type AuditUser,
  application,
  dataExport,
  type OwnNames,
  person,
  securityAlert,
  userAuthentication,
} from './audit-events.ts';
import type { ActiveParticipant, AuditMessage, Outcome } from './audit-message.ts';

type Told = (event: CatalogEvent, own: OwnNames, patientId: string | undefined) => AuditMessage | undefined;

/** Not for the audit trail, or told to it by other ways. */
const nothing: Told = () => undefined;

/** What each kind of event is to the audit trail. */
const TOLD: Readonly<Record<EventKind, Told>> = {
  'association-rejected': (event, own) =>
    aboutCaller(event, own, eventTypes.nodeAuthentication, outcomeOfRejection(text(event, 'rejected'))),
  'instances-refused': (event, own) => refused(event, own),
  'query-refused': (event, own) => refused(event, own),
  'retrieve-answered': downloaded,
  'setting-changed': (event, own) => changed(event, own, typeOfSetting(text(event, 'setting')), 'settings'),
  'certificate-changed': (event, own) => changed(event, own, eventTypes.securityConfiguration, 'certificate'),
  'certificate-trusted': (event, own) => changed(event, own, eventTypes.securityConfiguration, 'certificate'),
  'certificate-distrusted': (event, own) =>
    changed(event, own, eventTypes.securityConfiguration, 'certificate'),
  'peer-added': peerChanged,
  'peer-changed': peerChanged,
  'peer-removed': peerChanged,
  'user-added': accountChanged,
  'user-changed': accountChanged,
  'user-removed': accountChanged,
  'token-added': accountChanged,
  'token-removed': accountChanged,
  'password-changed': accountChanged,
  login: (event, own) => userAuthentication('login', userOf(event), own, { at: event.at }),
  'login-failed': (event, own) =>
    userAuthentication('login', userOf(event), own, {
      at: event.at,
      outcome: 4,
      outcomeDescription: event.words,
    }),
  logout: (event, own) => userAuthentication('logout', userOf(event), own, { at: event.at }),
  'audit-incomplete': (event, own) =>
    securityAlert(
      {
        at: event.at,
        type: eventTypes.auditRecordingStopped,
        outcome: 12,
        words: event.words,
        subject: { resource: 'dicomkeep:audit' },
      },
      own,
    ),
  'association-ended': nothing,
  'instances-stored': nothing,
  'instance-conflict': nothing,
  'caller-dismissed': nothing,
  'job-added': nothing,
  'job-done': nothing,
  'job-failed': nothing,
  'job-cancelled': nothing,
  'server-started': nothing,
  'server-stopped': nothing,
  'volume-offline': nothing,
  'volume-online': nothing,
  'disk-full': nothing,
  'catalog-unavailable': nothing,
  'catalog-available': nothing,
};

/** The audit message of an event; undefined for events that are none of the audit trail. @param patientId of its study */
export function messageOfEvent(
  event: CatalogEvent,
  own: OwnNames,
  patientId: string | undefined,
): AuditMessage | undefined {
  return TOLD[event.kind as EventKind](event, own, patientId);
}

function aboutCaller(event: CatalogEvent, own: OwnNames, type: Code, outcome: Outcome): AuditMessage {
  const aeTitle = text(event, 'caller');
  const address = text(event, 'address');
  const node = address === '' ? 'unknown' : address;
  const performer: ActiveParticipant = {
    ...(aeTitle === ''
      ? person({ name: node, address: undefined }, { isRequestor: false })
      : application(aeTitle, { isRequestor: false })),
    ...(address !== '' && { address }),
  };
  const outcomeDescription = text(event, 'reason');
  return securityAlert(
    { at: event.at, type, outcome, outcomeDescription, words: event.words, performer, subject: { node } },
    own,
  );
}

/** Who may not come in is more than one who comes at a bad time or does not speak DICOM. */
function outcomeOfRejection(rejected: string): Outcome {
  return rejected === 'limit-exceeded' || rejected === 'protocol-error' ? 4 : 8;
}

/** Somebody tried what is not allowed to him: Refused: Not Authorized (0124H) — PS3.7 Annex C. Other refusals are no matter of security. */
function refused(event: CatalogEvent, own: OwnNames): AuditMessage | undefined {
  if (!text(event, 'status').includes('0124H')) return undefined;
  return aboutCaller(event, own, eventTypes.restrictedFunction, 8);
}

function downloaded(
  event: CatalogEvent,
  own: OwnNames,
  patientId: string | undefined,
): AuditMessage | undefined {
  if (text(event, 'operation') !== 'download') return undefined;
  const isWhole = event.severity === 'info';
  const study = {
    studyInstanceUid: text(event, 'studyInstanceUid'),
    patientId,
    // Of which class they are the event does not tell.
    sopClasses: new Map([['', Number(event.fields['instances'] ?? 0)]]),
  };
  const outcome = isWhole ? {} : ({ outcome: 4, outcomeDescription: event.words } as const);
  return dataExport(userOf(event), study, own, { at: event.at, ...outcome });
}

function peerChanged(event: CatalogEvent, own: OwnNames): AuditMessage {
  return changed(event, own, eventTypes.networkConfiguration, 'peers');
}

function accountChanged(event: CatalogEvent, own: OwnNames): AuditMessage {
  return changed(event, own, eventTypes.userSecurityAttributes, 'accounts');
}

function changed(event: CatalogEvent, own: OwnNames, type: Code, resource: string): AuditMessage {
  return securityAlert(
    {
      at: event.at,
      type,
      words: wordsOfChange(event),
      performer: person(userOf(event), { isRequestor: false }),
      subject: { resource: `dicomkeep:${resource}` },
    },
    own,
  );
}

/** With what it was before and is now, where the words do not say so. */
function wordsOfChange(event: CatalogEvent): string {
  const [before, after] = [text(event, 'before'), text(event, 'after')];
  if (event.kind === 'setting-changed' || (before === '' && after === '')) return event.words;
  return `${event.words} Before: ${before === '' ? 'nothing' : before}. After: ${after === '' ? 'nothing' : after}.`;
}

const NETWORK_SETTINGS = new Set([
  'aeTitles',
  'dimsePort',
  'tls.isEnabled',
  'tls.port',
  'maximumAssociations',
]);
const SECURITY_SETTINGS = /^(tls\.|audit\.|userIdentity$|unknownCallers$|plainHttp$)/;

function typeOfSetting(setting: string): Code {
  if (NETWORK_SETTINGS.has(setting)) return eventTypes.networkConfiguration;
  return SECURITY_SETTINGS.test(setting)
    ? eventTypes.securityConfiguration
    : eventTypes.softwareConfiguration;
}

function userOf(event: CatalogEvent): AuditUser {
  const address = text(event, 'address');
  return { name: text(event, 'by'), address: address === '' ? undefined : address };
}

/** '' where the event does not tell. */
function text(event: CatalogEvent, field: string): string {
  return String(event.fields[field] ?? '');
}
