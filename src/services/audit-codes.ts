/** A coded value of an audit message — PS3.15 §A.5.1, CodedValueType. */
export interface Code {
  code: string;
  system: 'DCM' | 'RFC-3881';
  meaning: string;
}

function dcm(code: string, meaning: string): Code {
  return { code, system: 'DCM', meaning };
}

/** PS3.16 CID 400, Audit Event ID. */
export const eventIds = {
  applicationActivity: dcm('110100', 'Application Activity'),
  instancesAccessed: dcm('110103', 'DICOM Instances Accessed'),
  instancesTransferred: dcm('110104', 'DICOM Instances Transferred'),
  export: dcm('110106', 'Export'),
  query: dcm('110112', 'Query'),
  securityAlert: dcm('110113', 'Security Alert'),
  userAuthentication: dcm('110114', 'User Authentication'),
} as const;

/** PS3.16 CID 401, Audit Event Type Code, with those of CID 403, Security Alert Type Code. */
export const eventTypes = {
  applicationStart: dcm('110120', 'Application Start'),
  applicationStop: dcm('110121', 'Application Stop'),
  login: dcm('110122', 'Login'),
  logout: dcm('110123', 'Logout'),
  nodeAuthentication: dcm('110126', 'Node Authentication'),
  networkConfiguration: dcm('110128', 'Network Configuration'),
  securityConfiguration: dcm('110129', 'Security Configuration'),
  softwareConfiguration: dcm('110131', 'Software Configuration'),
  restrictedFunction: dcm('110132', 'Use of Restricted Function'),
  auditRecordingStopped: dcm('110133', 'Audit Recording Stopped'),
  userSecurityAttributes: dcm('110137', 'User Security Attributes Changed'),
} as const;

/** PS3.16 CID 402, Audit Active Participant Role ID Code. */
export const roles = {
  application: dcm('110150', 'Application'),
  destination: dcm('110152', 'Destination Role ID'),
  source: dcm('110153', 'Source Role ID'),
  destinationMedia: dcm('110154', 'Destination Media'),
} as const;

/** PS3.16 CID 404, Audit Participant Object ID Type Code, and those of PS3.15 §A.5.1.2.4. */
export const objectIdTypes = {
  patientNumber: { code: '2', system: 'RFC-3881', meaning: 'Patient Number' },
  uri: { code: '12', system: 'RFC-3881', meaning: 'URI' },
  studyInstanceUid: dcm('110180', 'Study Instance UID'),
  sopClassUid: dcm('110181', 'SOP Class UID'),
  nodeId: dcm('110182', 'Node ID'),
} as const satisfies Record<string, Code>;

/** PS3.16 CID 405, Media Type Code. */
export const mediaTypes = { uri: dcm('110037', 'URI') } as const;
