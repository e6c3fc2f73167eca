/** Writes conformance.md from the tables that the program runs by: `node docs/conformance.generate.ts`. A test compares the two. */
import { writeFileSync } from 'node:fs';
import { defaults, version } from './conformance/facts.ts';
import { document, list } from './conformance/markdown.ts';
import { configurationTable, implementationTable, limitTable } from './conformance/network.ts';
import {
  keyTable,
  levels,
  modelTable,
  ownTable,
  querySubFieldTable,
  retrieveSubFieldTable,
} from './conformance/query-keys.ts';
import {
  alpn,
  auditTable,
  auditTypeTable,
  characterSetTable,
  localVrs,
  tlsTable,
} from './conformance/security.ts';
import {
  identifierSyntaxTable,
  serviceTable,
  storageSyntaxTable,
  storageTable,
  targetNames,
} from './conformance/sop-classes.ts';
import {
  actionStatuses,
  failureReasons,
  findStatuses,
  generalStatuses,
  retrieveStatuses,
  storeStatuses,
} from './conformance/statuses.ts';

/** The whole statement, as it lies in conformance.md. */
export function conformanceStatement(): string {
  return document(
    overview(),
    introduction(),
    implementationModel(),
    verification(),
    storage(),
    storageCommitment(),
    query(),
    keys(),
    retrieve(),
    network(),
    negotiation(),
    configuration(),
    characters(),
    security(),
    audit(),
    annexes(),
  );
}

function overview(): string {
  return document(
    '<!-- Written by conformance.generate.ts. Do not edit. -->',
    '# DICOM Conformance Statement',
    `Product: Dicomkeep, version ${version}. This document follows the template of PS3.2. Its tables are made of those that the program itself runs by.`,
    '## 1 Conformance Statement Overview',
    'Dicomkeep is an archive. It stores composite instances of every kind from any number of modalities, commits itself to keep them, answers queries, and sends instances to workstations and other archives.',
    '### 1.1 Network services',
    serviceTable(),
    `Storage: all Storage SOP classes of annex A, as SCU and SCP. As delivered (${'`dimse.storageSopClasses`'}: '${defaults.dimse.storageSopClasses}') every other UID is taken for a private or future Storage SOP class too, unless it is the SOP class of another service; 'standard' takes those of annex A alone. Dicomkeep is a level 2 (full) SCP without elements discarded or coerced.`,
    '### 1.2 Media services, DICOMweb',
    'Dicomkeep claims no conformance to a Media Storage Application Profile, and offers no DICOM web services. Its files are of the DICOM File Format (PS3.10 §7), one instance each.',
  );
}

function introduction(): string {
  return document(
    '## 2 Introduction',
    'For whoever connects modalities, workstations and other systems to Dicomkeep. That two conformance statements match does not replace a test: the admin page has one by C-ECHO, and shows what was refused and why, in the words that the peer got as Error Comment (0000,0902).',
    'Terms and abbreviations are those of the standard. PS3.x §y names a section of it.',
  );
}

function implementationModel(): string {
  return document(
    '## 3 Implementation Model',
    'There is one Application Entity, the archive.',
    list([
      'As acceptor it provides Verification, Storage, Storage Commitment, and Query/Retrieve with C-FIND, C-MOVE and C-GET, on one association or on many.',
      'As requestor it opens associations for the C-STORE sub-operations of a C-MOVE, to send what somebody wants sent on the admin page, for N-EVENT-REPORTs of Storage Commitment where the association of the request is over, and for the echo test of the admin page.',
      'What is acknowledged is on stable storage. It is found by every query that begins afterwards.',
      'Nothing is coerced: the data set of an instance is kept, and sent, byte for byte as it was received, unless the receiver takes only another transfer syntax.',
    ]),
  );
}

function verification(): string {
  return document(
    '## 4 Service and Interoperability Description',
    '### 4.1 Common to all services',
    'Statuses of PS3.7 Annex C that every service may answer:',
    generalStatuses(),
    '### 4.2 Verification',
    'SCP: C-ECHO is answered with 0000, and with 0124 (Not authorized) to a peer that may not do this. SCU: on demand from the admin page.',
  );
}

function storage(): string {
  return document(
    '### 4.3 Storage',
    '#### 4.3.1 SCP',
    list([
      'C-STORE is answered with 0000 after the instance and the proof of its wholeness are on stable storage, and not before.',
      'All elements are kept, private ones and Standard Extended ones among them, in the transfer syntax in which they came. There are no warnings B000, B006 and B007: nothing is coerced, discarded, or compared with the IOD.',
      'An instance needs SOP Class, SOP Instance, Study Instance and Series Instance UID in its data set, the first two as in the command.',
      'The same SOP Instance UID with the same data set is acknowledged again and kept once. With another data set both are kept, the first one stays the one that is found, and the admin page shows the conflict; or the second is refused, by setting.',
      'Instances are kept until an administrator removes the volume: nothing is deleted to make room.',
      'Digital Signatures are neither verified nor replaced; the data set being kept as received, they stay valid.',
    ]),
    storeStatuses(),
    '#### 4.3.2 SCU',
    'C-STORE sub-operations of C-MOVE and C-GET, and what is sent from the admin page; see 4.6. A warning in a response counts as a sub-operation with warning, a failure as a failed one; a destination that does not answer in time is given up.',
  );
}

function storageCommitment(): string {
  return document(
    '### 4.4 Storage Commitment Push Model',
    'SCP (PS3.4 Annex J). The request is written to stable storage before it is answered. Then the bytes of each instance are read again and compared with the SHA-256 of what was received; only what holds is committed. An archive that is down at that moment goes on when it is started again.',
    actionStatuses(),
    'The N-EVENT-REPORT (Event Type ID 1, or 2 with failures) goes out on the association of the request if that is open and idle, else on a new one to the peer of the calling AE title; with growing pauses it is tried again until it is answered, for days. Retrieve AE Title (0008,0054) is that of the archive. Failure Reasons:',
    failureReasons(),
  );
}

function query(): string {
  return document(
    '### 4.5 Query',
    'SCP of C-FIND.',
    modelTable(),
    list([
      'Hierarchical queries need the unique keys of the levels above, one value each (PS3.4 §C.4.1.2.1), else they are refused with A900; relational ones need them not, if that was negotiated.',
      'All keys of the level and of those above it are matched and answered, see 4.5.2. For a key that is not supported the status is FF01, and the answer has it not.',
      'Matching of names is by component group: groups that both sides have must match; a key of one group is looked for in all of them. Case, accents and width make no difference in names and descriptions; they do in identifiers and codes.',
      "Patient's Name, Patient ID and its issuer, Accession Number, dates, times and numbers of series and instances have one value by the standard; where an instance has several, the first one is matched. Of other attributes any value is.",
      'Answers come newest first and in the same order every time. C-CANCEL ends them with FE00.',
      'Whatever was acknowledged before the request is among the matches. If the catalogue does not answer, the query fails: it never says that nothing was found.',
    ]),
    findStatuses(),
    '#### 4.5.1 Extended negotiation',
    'Service-class-application-information of the SOP classes with C-FIND (PS3.4 Tables C.5-1 and C.5-2). As many bytes are answered as were asked for, and never more than are listed here.',
    querySubFieldTable(),
    'Times of a study and of all that is in it are adjusted by one Timezone Offset From UTC (0008,0201): that of its first instance which has one. Where none has, times stay as they are.',
  );
}

function keys(): string {
  return document(
    '#### 4.5.2 Keys',
    'Type: U unique, R required, O optional key. Universal matching, and `*` alone, are allowed for all.',
    ...levels.flatMap((level) => [`Level ${level}:`, keyTable(level)]),
    'Beside them, in every answer or where asked for, and not matched:',
    ownTable(),
    'Instance Availability (0008,0056) is ONLINE while the volume is there, else OFFLINE. Specific Character Set (0008,0005): see 7.',
  );
}

function retrieve(): string {
  return document(
    '### 4.6 Retrieve',
    'SCP of C-MOVE and C-GET, SCU of their C-STORE sub-operations.',
    list([
      'The identifier has unique keys alone to select by, a list of UIDs at its lowest level; all values of a level are retrieved. A level above that is left out is refused with A900, unless relational retrieval was negotiated. Nothing is selected by nothing: an empty unique key is refused.',
      'A destination gets an instance in the transfer syntax in which it is stored. Where it takes another one only, the instance is converted without loss: ' +
        `into ${targetNames()}, whichever it takes. Annex B says from which. Compressed frames are decoded one by one; all elements but those that describe the pixel encoding are copied untouched; what was compressed with loss stays marked so (PS3.5 §8.2). Nothing is ever compressed. By setting, a peer has transfer syntaxes that it prefers.`,
      'What cannot be sent is a failed sub-operation, and its UID is in Failed SOP Instance UID List (0008,0058). Where that shows only in the middle of a data set (a later frame that cannot be decoded), the association is aborted: for a C-MOVE another one is requested for the rest, a C-GET ends with it.',
      'C-MOVE: the destination is an AE title of the list of peers. C-GET: on the contexts for which SCP role of the requestor was negotiated (SCP/SCU Role Selection).',
      'While sub-operations go on, Pending responses come at least once a second. C-CANCEL ends the sub-operations.',
      'The priority of the request is passed on with the sub-operations.',
    ]),
    retrieveStatuses(),
    'Service-class-application-information of the SOP classes with C-MOVE and C-GET:',
    retrieveSubFieldTable(),
  );
}

function network(): string {
  return document(
    '## 5 Network Communication Details',
    '### 5.1 Network interface',
    'TCP/IP, IPv4 and IPv6, on whatever interface the machine has. The archive listens on a port without encryption, and by setting on another with TLS. It takes host names by DNS.',
    '### 5.2 Identification',
    implementationTable(),
    '### 5.3 Bounds',
    'Whoever goes beyond is refused, or aborted, with words:',
    limitTable(),
  );
}

function negotiation(): string {
  const { dimse } = defaults;
  return document(
    '### 5.4 Association acceptance',
    list([
      'Called AE title: one of those in the settings, else rejected (result 1, source 1, reason 7). Blanks around an AE title mean nothing.',
      `Calling AE title: peers may do what their entry allows; others what ${'`dimse.unknownCallers`'} says, which may be nothing (result 1, source 1, reason 3). A peer may be bound to its address.`,
      `Associations: ${dimse.maximumAssociations} at a time as delivered; beyond, rejected transiently (result 2, source 3, reason 2).`,
      'Transfer syntax: Explicit VR Little Endian where it is proposed, else the first proposed one that is accepted. For Storage every transfer syntax is, unknown ones too. Who wants to be SCP of a Storage SOP class (C-GET) gets an uncompressed one where it proposes any, unless it proposes first a compressed one that cannot be decoded (annex B).',
      `Asynchronous operations window: a requestor that asks for it may have ${dimse.asynchronousOperations} requests outstanding as delivered, and where it says that it performs several at a time, the archive has up to ${dimse.asynchronousOperations} C-STORE sub-operations of its C-GETs outstanding; without a window one of each. Responses may then come in another order than the requests.`,
      'SCP/SCU Role Selection: SCP role is accepted for Storage SOP classes. Common Extended Negotiation is read and, as the standard has it, not answered. User Identity: see 8.2.',
      'State machine, timers and reasons are those of PS3.8 §9.2; a connection that is quiet in any state is closed.',
    ]),
    '### 5.5 Association initiation',
    list([
      'For the sub-operations of a C-MOVE and for sending: a context for each SOP class and transfer syntax that is needed, as the peer prefers it and as stored; and one for each SOP class with the uncompressed transfer syntaxes where it can be converted. 128 contexts at most.',
      `Asynchronous operations window: proposed for the sub-operations of a C-MOVE whose destination has the AE title of the caller, where this caller has negotiated one itself, with ${dimse.asynchronousOperations} operations invoked as delivered, and one performed. As many C-STORE requests are outstanding as the destination answers, one where it answers nothing. In all other associations, and where one is configured, no window is proposed and one request is outstanding.`,
      'TLS is used with peers that are marked so.',
    ]),
    '### 5.6 Transfer syntaxes of messages',
    'Identifiers, Action and Event Information:',
    identifierSyntaxTable(),
    'Transfer syntaxes of instances are in annex B.',
  );
}

function configuration(): string {
  return document(
    '## 6 Configuration',
    'In a configuration file, in environment variables, and much of it on the admin page without a restart. Peers have AE title, host, port, rights, TLS, and preferred transfer syntaxes.',
    configurationTable(),
  );
}

function characters(): string {
  return document(
    '## 7 Support of Character Sets',
    `Specific Character Set (0008,0005) reaches text of ${localVrs()}, private elements and items of sequences among them (PS3.3 §C.12.1.1.2). All defined terms are supported, with code extensions in any combination.`,
    characterSetTable(),
    list([
      'Text is compared as Unicode, in whatever set it was stored and asked for.',
      'An answer is in the character set of the request if every value fits it, else in ISO_IR 192. A request without a set gets plain ASCII, or ISO_IR 192.',
      'What is declared wrongly or not at all is read by the rules of characters.md. The bytes of an instance stay as they were received.',
    ]),
  );
}

function security(): string {
  return document(
    '## 8 Security',
    '### 8.1 Secure transport connection profiles',
    'By setting, for associations that are accepted and for those to peers that are marked so:',
    tlsTable(),
    list([
      'Of the suites that PS3.15 §B.13 names, those with Camellia are not supported. Versions older than TLS 1.2 are not negotiated.',
      'Certificates of callers, and of those who are called, are asked for and checked against the trusted ones by setting. A change of certificate or of trust needs no restart.',
      `Application-Layer Protocol Negotiation: \`${alpn}\`.`,
    ]),
    '### 8.2 Association level security',
    list([
      `User Identity (PS3.7 Annex D.3.3.7), \`dimse.userIdentity\`: 'ignored'; 'checked' where one comes; 'required' of everybody. Types 1 (user name; where not required) and 2 (user name and passcode) are checked against the accounts of the admin page, and answered if a positive response is asked for. Types 3 (Kerberos), 4 (SAML) and 5 (JSON Web Token) cannot be checked, and are refused where the setting is not 'ignored'.`,
      'A wrong identity is rejected permanently (result 1, source 2, reason 1); one that cannot be checked at the moment, or after too many attempts, transiently (result 2, source 3, reason 1).',
      'AE titles, and by entry addresses, decide what a peer may do: echo, store, query, retrieve.',
    ]),
  );
}

function audit(): string {
  return document(
    '### 8.3 Audit trail',
    'Audit Trail Message Format Profile (PS3.15 §A.5), written to files of the archive, and by setting sent by the Audit Trail Message Transmission Profile - SYSLOG-TLS (PS3.15 §A.6; RFC 5424, RFC 5425).',
    auditTable(),
    auditTypeTable(),
  );
}

function annexes(): string {
  return document(
    '## Annex A Storage SOP classes',
    storageTable(),
    '## Annex B Transfer syntaxes of instances',
    storageSyntaxTable(),
  );
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(new URL('conformance.md', import.meta.url), conformanceStatement());
}
