/** An element of a document that was read. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
// What XML 1.0 does not allow, and what would end a line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\ufffe\uffff]/u;
const NAME = '[A-Za-z][\\w-]*';
const ATTRIBUTE = new RegExp(`\\s+(${NAME})="([^"<]*)"`, 'y');

/** Reads a document of elements, attributes and text alone. @throws Error where it is not well-formed */
export function parseXml(text: string): XmlElement {
  if (FORBIDDEN.test(text)) throw new Error('a character that XML does not allow, or that ends the line');
  const reader = { text, at: 0 };
  const root = readElement(reader);
  if (reader.at !== text.length)
    throw new Error(`text behind the document: ${text.slice(reader.at, reader.at + 40)}`);
  return root;
}

interface Reader {
  text: string;
  at: number;
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found !== null) reader.at = pattern.lastIndex;
  return found;
}

function readElement(reader: Reader): XmlElement {
  const name = take(reader, new RegExp(`<(${NAME})`, 'y'))?.[1];
  if (name === undefined) throw new Error(`no element at ${reader.text.slice(reader.at, reader.at + 40)}`);
  const element: XmlElement = { name, attributes: {}, children: [], text: '' };
  for (let one = take(reader, ATTRIBUTE); one !== null; one = take(reader, ATTRIBUTE)) {
    const [, key = '', value = ''] = one;
    if (key in element.attributes) throw new Error(`attribute ${key} twice in ${name}`);
    element.attributes[key] = unescaped(value);
  }
  if (take(reader, /\/>/y) !== null) return element;
  if (take(reader, />/y) === null) throw new Error(`element ${name} is not closed`);
  for (;;) {
    element.text += unescaped(take(reader, /[^<]+/y)?.[0] ?? '');
    const end = take(reader, new RegExp(`</(${NAME})>`, 'y'));
    if (end?.[1] === name) return element;
    if (end !== null) throw new Error(`${end[0]} ends ${name}`);
    element.children.push(readElement(reader));
  }
}

function unescaped(text: string): string {
  return text.replace(/&(\w*);?/g, (whole, name: string) => {
    const character = whole.endsWith(';') ? ENTITIES[name] : undefined;
    if (character === undefined) throw new Error(`entity ${whole}`);
    return character;
  });
}

/** Content models of the schema, PS3.15 §A.5.1: the children in their order. */
const CONTENT: Readonly<Record<string, RegExp>> = {
  AuditMessage:
    /^EventIdentification (ActiveParticipant )+AuditSourceIdentification (ParticipantObjectIdentification )*$/,
  EventIdentification: /^EventID (EventTypeCode )*(EventOutcomeDescription )?$/,
  ActiveParticipant: /^(RoleIDCode )*(MediaIdentifier )?$/,
  MediaIdentifier: /^MediaType $/,
  AuditSourceIdentification: /^(AuditSourceTypeCode )*$/,
  ParticipantObjectIdentification:
    /^ParticipantObjectIDTypeCode (ParticipantObjectName |ParticipantObjectQuery )(ParticipantObjectDetail )*(ParticipantObjectDescription )*$/,
  ParticipantObjectDescription: /^(SOPClass )*$/,
};

const CODED = { required: ['csd-code', 'codeSystemName', 'originalText'], optional: ['displayName'] };
/** Attributes of the schema, required and optional. */
const ATTRIBUTES: Readonly<Record<string, { required: string[]; optional: string[] }>> = {
  AuditMessage: { required: [], optional: [] },
  EventIdentification: {
    required: ['EventDateTime', 'EventOutcomeIndicator'],
    optional: ['EventActionCode'],
  },
  EventID: CODED,
  EventTypeCode: CODED,
  RoleIDCode: CODED,
  MediaType: CODED,
  ParticipantObjectIDTypeCode: CODED,
  AuditSourceTypeCode: {
    required: ['csd-code'],
    optional: ['codeSystemName', 'displayName', 'originalText'],
  },
  ActiveParticipant: {
    required: ['UserID', 'UserIsRequestor'],
    optional: ['AlternativeUserID', 'UserName', 'NetworkAccessPointID', 'NetworkAccessPointTypeCode'],
  },
  AuditSourceIdentification: { required: ['AuditSourceID'], optional: ['AuditEnterpriseSiteID'] },
  ParticipantObjectIdentification: {
    required: ['ParticipantObjectID'],
    optional: [
      'ParticipantObjectTypeCode',
      'ParticipantObjectTypeCodeRole',
      'ParticipantObjectDataLifeCycle',
      'ParticipantObjectSensitivity',
    ],
  },
  ParticipantObjectDetail: { required: ['type', 'value'], optional: [] },
  SOPClass: { required: ['NumberOfInstances'], optional: ['UID'] },
};
const VALUES: Readonly<Record<string, RegExp>> = {
  EventActionCode: /^[CRUDE]$/,
  EventDateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  EventOutcomeIndicator: /^(0|4|8|12)$/,
  UserIsRequestor: /^(true|false)$/,
  NetworkAccessPointTypeCode: /^[1-5]$/,
  NumberOfInstances: /^\d+$/,
  ParticipantObjectTypeCode: /^[1-4]$/,
  ParticipantObjectTypeCodeRole: /^([1-9]|1\d|2[0-6])$/,
};

/** What the schema of audit messages has against a document; empty where nothing. */
export function schemaErrors(element: XmlElement): string[] {
  const { name, attributes, children } = element;
  const errors: string[] = [];
  const order = children.map((child) => `${child.name} `).join('');
  if (!(CONTENT[name] ?? /^$/).test(order)) errors.push(`${name} has ${order}`);
  const { required, optional } = ATTRIBUTES[name] ?? { required: [], optional: [] };
  for (const key of required) if (!(key in attributes)) errors.push(`${name} has no ${key}`);
  for (const [key, value] of Object.entries(attributes)) {
    if (![...required, ...optional].includes(key)) errors.push(`${name} has ${key}`);
    if (VALUES[key]?.test(value) === false) errors.push(`${name} ${key}="${value}"`);
  }
  // One of the participants at most has asked for it — PS3.15 Table A.5.2-1.
  const requestors = children.filter(({ attributes: own }) => own['UserIsRequestor'] === 'true');
  if (requestors.length > 1) errors.push(`${requestors.length} requestors`);
  return [...errors, ...children.flatMap(schemaErrors)];
}

/** What tests ask of a message. */
export interface AuditView {
  event: string;
  type: string | undefined;
  action: string | undefined;
  outcome: string | undefined;
  outcomeDescription: string | undefined;
  time: string | undefined;
  source: string | undefined;
  participants: {
    id: string | undefined;
    alternative: string | undefined;
    name: string | undefined;
    isRequestor: boolean;
    roles: string[];
    address: string | undefined;
  }[];
  objects: {
    id: string | undefined;
    idType: string;
    type: string | undefined;
    role: string | undefined;
    name: string | undefined;
    query: Buffer | undefined;
    details: Record<string, string>;
    sopClasses: Record<string, number>;
  }[];
}

/** Reads a message. @throws Error where it is not well-formed, or against the schema */
export function auditView(line: string): AuditView {
  const root = parseXml(line);
  const errors = schemaErrors(root);
  if (errors.length > 0) throw new Error(errors.join('; '));
  const named = (element: XmlElement | undefined, name: string) =>
    element?.children.filter((child) => child.name === name) ?? [];
  const code = (element: XmlElement | undefined) =>
    element === undefined
      ? undefined
      : `${element.attributes['codeSystemName']} ${element.attributes['csd-code']}`;
  const [event] = named(root, 'EventIdentification');
  return {
    event: code(named(event, 'EventID')[0]) ?? '',
    type: code(named(event, 'EventTypeCode')[0]),
    action: event?.attributes['EventActionCode'],
    outcome: event?.attributes['EventOutcomeIndicator'],
    outcomeDescription: named(event, 'EventOutcomeDescription')[0]?.text,
    time: event?.attributes['EventDateTime'],
    source: named(root, 'AuditSourceIdentification')[0]?.attributes['AuditSourceID'],
    participants: named(root, 'ActiveParticipant').map((participant) => ({
      id: participant.attributes['UserID'],
      alternative: participant.attributes['AlternativeUserID'],
      name: participant.attributes['UserName'],
      isRequestor: participant.attributes['UserIsRequestor'] === 'true',
      roles: named(participant, 'RoleIDCode').map((role) => code(role) ?? ''),
      address: participant.attributes['NetworkAccessPointID'],
    })),
    objects: named(root, 'ParticipantObjectIdentification').map((object) => {
      const query = named(object, 'ParticipantObjectQuery')[0]?.text;
      return {
        id: object.attributes['ParticipantObjectID'],
        idType: code(named(object, 'ParticipantObjectIDTypeCode')[0]) ?? '',
        type: object.attributes['ParticipantObjectTypeCode'],
        role: object.attributes['ParticipantObjectTypeCodeRole'],
        name: named(object, 'ParticipantObjectName')[0]?.text,
        query: query === undefined ? undefined : Buffer.from(query, 'base64'),
        details: Object.fromEntries(
          named(object, 'ParticipantObjectDetail').map(({ attributes }) => [
            attributes['type'],
            Buffer.from(attributes['value'] ?? '', 'base64').toString(),
          ]),
        ),
        sopClasses: Object.fromEntries(
          named(named(object, 'ParticipantObjectDescription')[0], 'SOPClass').map(({ attributes }) => [
            attributes['UID'] ?? '',
            Number(attributes['NumberOfInstances']),
          ]),
        ),
      };
    }),
  };
}
