import { type Code, eventIds, eventTypes, mediaTypes, objectIdTypes, roles } from './audit-codes.ts';
import type { ActiveParticipant, AuditMessage, Outcome, ParticipantObject } from './audit-message.ts';
import type { Party } from './observer.ts';

/** This process, as its messages name it — PS3.15 §A.5.2.1, §A.5.2.2 and §A.5.2.3. */
export interface OwnNames {
  processId: number;
  aeTitles: readonly string[];
}

/** A person or a program with an API token on the page. */
export interface AuditUser {
  name: string;
  /** Network address; undefined where that is not known. */
  address: string | undefined;
}

/** What was moved of one study of one patient. */
export interface AuditedStudy {
  studyInstanceUid: string;
  /** Undefined where nobody knows it. */
  patientId: string | undefined;
  /** Instances by SOP class UID, '' where that is not known. */
  sopClasses: ReadonlyMap<string, number>;
}

interface Happening {
  /** Milliseconds since 1970. */
  at: number;
  outcome?: Outcome;
  outcomeDescription?: string | undefined;
}

/** Stands for a patient without Patient ID: an object of a message must have an id. */
const NO_PATIENT_ID = '<none>';
/** Of an identifier: with the rest of its message it stays under the 32768 bytes that PS3.15 §A.6 lets a sender count on. */
const QUERY_BYTES_MAX = 16_384;

/** PS3.15 §A.5.3.1. */
export function applicationActivity(type: 'start' | 'stop', own: OwnNames, at: number): AuditMessage {
  return {
    eventId: eventIds.applicationActivity,
    eventType: type === 'start' ? eventTypes.applicationStart : eventTypes.applicationStop,
    action: 'E',
    at,
    outcome: 0,
    participants: [ourselves(own, { isRequestor: false, roles: [roles.application] })],
  };
}

/** A download: data leave our care — PS3.15 §A.5.3.4. */
export function dataExport(
  user: AuditUser,
  study: AuditedStudy,
  own: OwnNames,
  happening: Happening,
): AuditMessage {
  const { address } = user;
  return {
    ...framed(happening),
    eventId: eventIds.export,
    action: 'R',
    participants: [
      person(user, { isRequestor: true, roles: [roles.destination] }),
      ourselves(own, { isRequestor: false, roles: [roles.source] }),
      {
        userId: address === undefined ? 'download' : `download to ${address}`,
        isRequestor: false,
        roles: [roles.destinationMedia],
        mediaType: mediaTypes.uri,
        address,
      },
    ],
    objects: studyAndPatient(study),
  };
}

/** A study was looked at — PS3.15 §A.5.3.6. */
export function instancesAccessed(
  user: AuditUser,
  study: AuditedStudy,
  own: OwnNames,
  happening: Happening,
): AuditMessage {
  return {
    ...framed(happening),
    eventId: eventIds.instancesAccessed,
    action: 'R',
    participants: [person(user, { isRequestor: true }), ourselves(own, { isRequestor: false })],
    objects: studyAndPatient(study),
  };
}

/** Instances came from a peer — PS3.15 §A.5.3.7. */
export function instancesReceived(
  party: Party,
  study: AuditedStudy,
  own: OwnNames,
  happening: Happening,
): AuditMessage {
  return {
    ...framed(happening),
    eventId: eventIds.instancesTransferred,
    action: 'C',
    participants: [
      caller(party, { isRequestor: true, roles: [roles.source] }),
      ourselves(own, { isRequestor: false, roles: [roles.destination] }),
      ...userOf(party),
    ],
    objects: studyAndPatient(study),
  };
}

/** Who asked that instances are sent: the peer of a C-MOVE or C-GET, or somebody on the page. */
export type Requestor = { party: Party } | { user: AuditUser };

/** Instances went to a peer — PS3.15 §A.5.3.7. @param destination its AE title */
export function instancesSent(
  requestor: Requestor,
  destination: string,
  study: AuditedStudy,
  own: OwnNames,
  happening: Happening,
): AuditMessage {
  const isForCaller = 'party' in requestor && requestor.party.callingAeTitle === destination;
  const receiver = isForCaller
    ? caller(requestor.party, { isRequestor: true, roles: [roles.destination] })
    : application(destination, { isRequestor: false, roles: [roles.destination] });
  const others = [
    ...(isForCaller ? [] : [asRequestor(requestor)]),
    ...('party' in requestor ? userOf(requestor.party) : []),
  ];
  return {
    ...framed(happening),
    eventId: eventIds.instancesTransferred,
    // What the receiver had before is not known to us.
    action: 'R',
    participants: [ourselves(own, { isRequestor: false, roles: [roles.source] }), receiver, ...others],
    objects: studyAndPatient(study),
  };
}

export interface AuditedQuery {
  sopClassUid: string;
  transferSyntaxUid: string;
  /** The identifier as it came. */
  identifier: Buffer;
}

/** A C-FIND — PS3.15 §A.5.3.10. */
export function query(
  party: Party,
  { sopClassUid, transferSyntaxUid, identifier }: AuditedQuery,
  own: OwnNames,
  happening: Happening,
): AuditMessage {
  const isCut = identifier.length > QUERY_BYTES_MAX;
  return {
    ...framed(happening),
    eventId: eventIds.query,
    action: 'E',
    participants: [
      caller(party, { isRequestor: true, roles: [roles.source] }),
      ourselves(own, { isRequestor: false, roles: [roles.destination] }),
      ...userOf(party),
    ],
    objects: [
      {
        type: 2,
        role: 3,
        idType: objectIdTypes.sopClassUid,
        id: sopClassUid,
        query: identifier.subarray(0, QUERY_BYTES_MAX),
        details: [
          { type: 'TransferSyntax', value: transferSyntaxUid },
          ...(isCut ? [{ type: 'QueryLength', value: String(identifier.length) }] : []),
        ],
      },
    ],
  };
}

export interface Alert extends Happening {
  type: Code;
  /** What it is about. */
  words: string;
  performer?: ActiveParticipant | undefined;
  /** The node that it is about, by its address; or a resource of ours, by its URI. */
  subject: { node: string } | { resource: string };
}

/** PS3.15 §A.5.3.11. */
export function securityAlert(
  { type, words, performer, subject, ...happening }: Alert,
  own: OwnNames,
): AuditMessage {
  const details = [{ type: 'Alert Description', value: words }];
  const object: ParticipantObject =
    'node' in subject
      ? { type: 2, role: 13, idType: objectIdTypes.nodeId, id: subject.node, details }
      : { type: 2, role: 13, idType: objectIdTypes.uri, id: subject.resource, details };
  return {
    ...framed(happening),
    eventId: eventIds.securityAlert,
    eventType: type,
    action: 'E',
    participants: [
      ourselves(own, { isRequestor: true }),
      ...(performer === undefined ? [] : [{ ...performer, isRequestor: false }]),
    ],
    objects: [object],
  };
}

/** PS3.15 §A.5.3.12. */
export function userAuthentication(
  type: 'login' | 'logout',
  user: AuditUser,
  own: OwnNames,
  happening: Happening,
): AuditMessage {
  return {
    ...framed(happening),
    eventId: eventIds.userAuthentication,
    eventType: eventTypes[type],
    action: 'E',
    participants: [person(user, { isRequestor: true }), ourselves(own, { isRequestor: false })],
  };
}

type Part = Pick<ActiveParticipant, 'isRequestor' | 'roles'>;

export function person({ name, address }: AuditUser, part: Part): ActiveParticipant {
  return { userId: name, address, ...part };
}

/** Another application, of which nothing but its AE title is known. */
export function application(aeTitle: string, part: Part): ActiveParticipant {
  return { userId: aeTitle, alternativeUserId: aeTitlesOf([aeTitle]), ...part };
}

function caller({ callingAeTitle, address }: Party, part: Part): ActiveParticipant {
  return { ...application(callingAeTitle, part), address };
}

/** Who uses the application that calls, where the association says so. */
function userOf({ user, address }: Party): ActiveParticipant[] {
  return user === undefined ? [] : [person({ name: user, address }, { isRequestor: false })];
}

function asRequestor(requestor: Requestor): ActiveParticipant {
  if ('party' in requestor) return caller(requestor.party, { isRequestor: true });
  return person(requestor.user, { isRequestor: true });
}

function ourselves({ processId, aeTitles }: OwnNames, part: Part): ActiveParticipant {
  return {
    userId: String(processId),
    alternativeUserId: aeTitlesOf(aeTitles),
    userName: 'dicomkeep',
    ...part,
  };
}

function aeTitlesOf(aeTitles: readonly string[]): string {
  return `AETITLES=${aeTitles.join(';')}`;
}

function framed({ at, outcome = 0, outcomeDescription }: Happening) {
  return { at, outcome, outcomeDescription };
}

function studyAndPatient({ studyInstanceUid, patientId, sopClasses }: AuditedStudy): ParticipantObject[] {
  const id = patientId === undefined || patientId === '' ? NO_PATIENT_ID : patientId;
  return [
    { type: 2, role: 3, idType: objectIdTypes.studyInstanceUid, id: studyInstanceUid, sopClasses },
    { type: 1, role: 1, idType: objectIdTypes.patientNumber, id },
  ];
}
