import { transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { nameOfUid, storageSopClasses, transferSyntaxUids, uids } from '../../src/dicom/uids.ts';
import { isDecodable } from '../../src/pixels/decode.ts';
import { chooseTransferSyntax, queryRetrieveClasses } from '../../src/services/contexts.ts';
import { CONVERSION_TARGETS, isConvertible } from '../../src/services/conversion.ts';
import { defaults } from './facts.ts';
import { table } from './markdown.ts';

type Row = [name: string, uid: string, scu: string, scp: string];

const HEAD = ['SOP class', 'UID', 'SCU', 'SCP'];

function rowOf(uid: string, scu: boolean, scp: boolean): Row {
  return [nameOfUid(uid), uid, scu ? 'Yes' : 'No', scp ? 'Yes' : 'No'];
}

/** All but storage. */
export function serviceTable(): string {
  return table(HEAD, [
    rowOf(uids.Verification, true, isAccepted(uids.Verification)),
    rowOf(uids.StorageCommitmentPushModel, false, isAccepted(uids.StorageCommitmentPushModel)),
    ...[...queryRetrieveClasses.keys()].map((uid) => rowOf(uid, false, isAccepted(uid))),
  ]);
}

export function storageTable(): string {
  const rows = [...storageSopClasses].map((uid) => rowOf(uid, true, isAccepted(uid)));
  return table(HEAD, rows);
}

/** As an association request is answered. */
function isAccepted(abstractSyntax: string): boolean {
  const chosen = chooseTransferSyntax(
    abstractSyntax,
    [uids.ImplicitVRLittleEndian],
    defaults.dimse.storageSopClasses,
  );
  return chosen === uids.ImplicitVRLittleEndian;
}

/** Transfer syntaxes of identifiers, action and event information. */
export function identifierSyntaxTable(): string {
  const [findClass = ''] = queryRetrieveClasses.keys();
  const rows = [...transferSyntaxUids]
    .filter((uid) => chooseTransferSyntax(findClass, [uid], 'any') === uid)
    .map((uid) => [nameOfUid(uid), uid]);
  return table(['Transfer syntax', 'UID'], rows);
}

/** Transfer syntaxes of stored instances: all are taken; some can be sent as others too. */
export function storageSyntaxTable(): string {
  const rows = [...transferSyntaxUids].map((uid) => {
    const isTaken = chooseTransferSyntax(uids.CTImageStorage, [uid], 'any') === uid;
    return [nameOfUid(uid), uid, isTaken ? 'Yes' : 'No', conversionOf(uid)];
  });
  return table(['Transfer syntax', 'UID', 'Received, and sent as stored', 'Sent in another one'], rows);
}

function conversionOf(uid: string): string {
  const targets = CONVERSION_TARGETS.filter((target) => target !== uid).map(nameOfUid);
  if (!isConvertible(uid)) return 'No';
  const how = isDecodable(uid) ? 'decoded: ' : transferSyntaxOf(uid)?.deflated ? 'inflated: ' : '';
  return `${how}${targets.join(', ')}`;
}

export function targetNames(): string {
  return CONVERSION_TARGETS.map(nameOfUid).join(', then ');
}
