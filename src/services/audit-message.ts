import type { Code } from './audit-codes.ts';

/** Success, minor failure, serious failure, major failure — PS3.15 Table A.5.2-1. */
export type Outcome = 0 | 4 | 8 | 12;

/** An audit message — PS3.15 §A.5.1 — without what all of one process have alike. */
export interface AuditMessage {
  eventId: Code;
  eventType?: Code | undefined;
  /** Create, read, update, delete, execute. */
  action: 'C' | 'R' | 'U' | 'D' | 'E';
  /** Milliseconds since 1970. */
  at: number;
  outcome: Outcome;
  /** In words, where something failed. */
  outcomeDescription?: string | undefined;
  participants: readonly [ActiveParticipant, ...ActiveParticipant[]];
  objects?: readonly ParticipantObject[] | undefined;
}

export interface ActiveParticipant {
  userId: string;
  /** For an application: its AE titles, as PS3.15 §A.5.2.2 writes them. */
  alternativeUserId?: string | undefined;
  userName?: string | undefined;
  isRequestor: boolean;
  roles?: readonly Code[] | undefined;
  mediaType?: Code | undefined;
  /** Network address. */
  address?: string | undefined;
}

export interface ParticipantObject {
  /** 1 person, 2 system object. */
  type: 1 | 2;
  /** 1 patient, 3 report, 5 master file, 13 security resource. */
  role: 1 | 3 | 5 | 13;
  idType: Code;
  id: string;
  /** Bytes of a query; an object without them is named by its id, for the schema wants one of the two. */
  query?: Buffer | undefined;
  details?: readonly { type: string; value: string }[] | undefined;
  /** What is told of a study: instances by SOP class UID, '' where that is not known. */
  sopClasses?: ReadonlyMap<string, number> | undefined;
}

/** Characters of one value: longer ones are cut. */
const VALUE_CHARS_MAX = 1000;
/** SOP classes that are told of one study, those beyond as one. */
const SOP_CLASSES_MAX = 100;

/** The message as one line of XML, its elements in the order of the schema. @param sourceId who reports it */
export function auditXml(message: AuditMessage, sourceId: string): string {
  return element('AuditMessage', {}, [
    eventIdentification(message),
    ...message.participants.map(activeParticipant),
    // A program of the second tier — PS3.15 §A.5.1.2.1.
    element('AuditSourceIdentification', { AuditSourceID: sourceId }, [
      element('AuditSourceTypeCode', { 'csd-code': '4' }),
    ]),
    ...(message.objects ?? []).map(participantObject),
  ]);
}

function eventIdentification(message: AuditMessage): string {
  const { eventId, eventType, action, at, outcome, outcomeDescription } = message;
  const attributes = {
    EventActionCode: action,
    EventDateTime: new Date(at).toISOString(),
    EventOutcomeIndicator: String(outcome),
  };
  return element('EventIdentification', attributes, [
    coded('EventID', eventId),
    eventType === undefined ? '' : coded('EventTypeCode', eventType),
    outcomeDescription === undefined
      ? ''
      : element('EventOutcomeDescription', {}, [escaped(outcomeDescription)]),
  ]);
}

function activeParticipant(participant: ActiveParticipant): string {
  const { userId, alternativeUserId, userName, isRequestor, mediaType, address } = participant;
  const attributes = {
    UserID: userId,
    AlternativeUserID: alternativeUserId,
    UserName: userName,
    UserIsRequestor: String(isRequestor),
    NetworkAccessPointID: address,
    // 2: an IP address — PS3.15 §A.5.1.
    NetworkAccessPointTypeCode: address === undefined ? undefined : '2',
  };
  return element('ActiveParticipant', attributes, [
    ...(participant.roles ?? []).map((role) => coded('RoleIDCode', role)),
    mediaType === undefined ? '' : element('MediaIdentifier', {}, [coded('MediaType', mediaType)]),
  ]);
}

function participantObject(object: ParticipantObject): string {
  const { type, role, idType, id, query, details = [], sopClasses } = object;
  const attributes = {
    ParticipantObjectID: id,
    ParticipantObjectTypeCode: String(type),
    ParticipantObjectTypeCodeRole: String(role),
  };
  return element('ParticipantObjectIdentification', attributes, [
    coded('ParticipantObjectIDTypeCode', idType),
    query === undefined
      ? element('ParticipantObjectName', {}, [escaped(id)])
      : element('ParticipantObjectQuery', {}, [query.toString('base64')]),
    ...details.map(({ type: name, value }) => {
      const base64 = Buffer.from(plain(value)).toString('base64');
      return `<ParticipantObjectDetail type="${escaped(name)}" value="${base64}"/>`;
    }),
    sopClasses === undefined || sopClasses.size === 0 ? '' : description(sopClasses),
  ]);
}

function description(sopClasses: ReadonlyMap<string, number>): string {
  const told = [...sopClasses].slice(0, SOP_CLASSES_MAX);
  const rest = [...sopClasses.values()].slice(SOP_CLASSES_MAX).reduce((sum, count) => sum + count, 0);
  const elements = told.map(([uid, count]) =>
    element('SOPClass', { UID: uid === '' ? undefined : uid, NumberOfInstances: String(count) }),
  );
  if (rest > 0) elements.push(element('SOPClass', { NumberOfInstances: String(rest) }));
  return element('ParticipantObjectDescription', {}, elements);
}

function coded(name: string, { code, system, meaning }: Code): string {
  return element(name, { 'csd-code': code, codeSystemName: system, originalText: meaning });
}

/** @param content XML already */
function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  content: readonly string[] = [],
): string {
  const written = Object.entries(attributes)
    .flatMap(([key, value]) => (value === undefined ? [] : ` ${key}="${escaped(value)}"`))
    .join('');
  const inner = content.join('');
  return inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Nearly all values: nothing in them has to be looked at twice. */
const HARMLESS = /^[ !#-%(-;=?-~]{0,1000}$/;

function escaped(text: string): string {
  if (HARMLESS.test(text)) return text;
  return plain(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** What peers sent may hold anything: nothing that is no character of XML, or would end the line, stays in it. */
function plain(text: string): string {
  return text.slice(0, VALUE_CHARS_MAX).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
