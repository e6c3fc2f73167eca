import { searchedCharsMax, uidsPerKeyMax, valueCharsMax, valuesPerKeyMax } from '../../src/catalog/limits.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../../src/dicom/file-meta.ts';
import { identifierLimits } from '../../src/dicom/limits.ts';
import { netLimits } from '../../src/net/limits.ts';
import { serviceLimits } from '../../src/services/limits.ts';
import { limits } from '../../src/ul/limits.ts';
import { DICOM_APPLICATION_CONTEXT } from '../../src/ul/negotiation.ts';
import { defaults } from './facts.ts';
import { code, table } from './markdown.ts';

const { dimse } = defaults;

/** What identifies the implementation in an association — PS3.7 Annex D.3.3.2. */
export const implementationTable = () =>
  table(
    ['', 'Value'],
    [
      ['Application Context Name', DICOM_APPLICATION_CONTEXT],
      ['Implementation Class UID', IMPLEMENTATION_CLASS_UID],
      ['Implementation Version Name', IMPLEMENTATION_VERSION_NAME],
    ],
  );

/** Settings that an administrator may change, with the values that are delivered. */
export const configurationTable = () =>
  table(
    ['Parameter', 'Setting', 'As delivered'],
    [
      [
        'AE titles that are answered; the first one calls others',
        code('aeTitles'),
        defaults.aeTitles.join(', '),
      ],
      ['TCP port', code('dimse.port'), dimse.port],
      ['TCP port for TLS', code('dimse.tls.port'), `${dimse.tls.port}, ${dimse.tls.enabled ? 'on' : 'off'}`],
      ['Associations at a time', code('dimse.maximumAssociations'), dimse.maximumAssociations],
      ['Maximum length of a P-DATA-TF that is received, bytes', code('dimse.pduBytesMax'), dimse.pduBytesMax],
      ['ARTIM timer, ms', code('dimse.artimTimeoutMs'), dimse.artimTimeoutMs],
      [
        'A quiet association is aborted after, ms',
        code('dimse.associationIdleTimeoutMs'),
        dimse.associationIdleTimeoutMs,
      ],
      [
        'Time for a connection and an association to be accepted, ms',
        code('dimse.connectTimeoutMs'),
        dimse.connectTimeoutMs,
      ],
      ['Time for a response, ms', code('dimse.responseTimeoutMs'), dimse.responseTimeoutMs],
      ['Callers that are not in the list of peers', code('dimse.unknownCallers'), dimse.unknownCallers],
      ['Storage SOP classes', code('dimse.storageSopClasses'), dimse.storageSopClasses],
      [
        'Outstanding requests of an association, and C-STORE requests of the archive, where a window is agreed on',
        code('dimse.asynchronousOperations'),
        dimse.asynchronousOperations,
      ],
      ['User identity', code('dimse.userIdentity'), dimse.userIdentity],
      ['TLS profile', code('dimse.tls.profile'), dimse.tls.profile],
      ['Certificates of callers', code('dimse.tls.clientCertificates'), dimse.tls.clientCertificates],
      ['Certificates of those who are called', code('dimse.tls.verifyPeers'), String(dimse.tls.verifyPeers)],
      [
        'An instance that comes again with other content',
        code('storage.duplicates'),
        defaults.storage.duplicates,
      ],
    ],
  );

/** Bounds that no setting moves. */
export const limitTable = () =>
  table(
    ['Bound', 'Value'],
    [
      ['A-ASSOCIATE-RQ and -AC, bytes', limits.associatePduBytesMax],
      ['Presentation contexts of an association', limits.presentationContextsMax],
      ['Transfer syntaxes of a presentation context', limits.transferSyntaxesPerContextMax],
      ['Role selections, and extended negotiations, of an association', limits.userInformationItemsMax],
      ['A UID, bytes', limits.uidBytesMax],
      ['User identity, bytes of a field', limits.userIdentityBytesMax],
      ['Identifier of C-FIND, C-MOVE and C-GET, bytes', netLimits.identifierBytesMax],
      ['Elements of an identifier, items counted too', identifierLimits.elementsMax],
      ['Text of an identifier but UIDs, bytes', identifierLimits.textBytesMax],
      ['Values of a key of VR UI', uidsPerKeyMax],
      ['Values of another key', valuesPerKeyMax],
      ['Characters of a value of a key', valueCharsMax],
      ['Characters of all values with `*` of a key, or of its names for fuzzy matching', searchedCharsMax],
      ['Action Information, bytes', netLimits.actionBytesMax],
      ['Instances of one storage commitment request', serviceLimits.commitmentReferencesMax],
      ['Requests of an association that are worked on at a time', netLimits.operationsMax],
      ['A deflated data set, inflated, bytes', serviceLimits.inflatedBytesMax],
    ],
  );
