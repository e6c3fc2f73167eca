import { createSecureContext, getCiphers } from 'node:tls';
import { TLS_PROFILES } from '../../src/config/schema.ts';
import { encodeText } from '../../src/dicom/character-set.ts';
import { DEFINED_TERMS } from '../../src/dicom/character-set-terms.ts';
import { vrTraits } from '../../src/dicom/vr.ts';
import { DICOM_ALPN, profileOptions } from '../../src/net/tls-profiles.ts';
import { eventIds, eventTypes } from '../../src/services/audit-codes.ts';
import { code, table } from './markdown.ts';

const SECTIONS = { bcp195: 'PS3.15 §B.12', 'modified-bcp195': 'PS3.15 §B.13' };

export const tlsTable = () =>
  table(
    ['Profile', 'Setting', 'Versions', 'Cipher suites', 'Groups'],
    TLS_PROFILES.map((profile) => {
      const options = profileOptions(profile);
      const suites = String(options.ciphers).split(':').filter(isInLibrary);
      const versions = `${options.minVersion} to ${options.maxVersion}`;
      return [
        SECTIONS[profile],
        code(profile),
        versions,
        suites.join(' '),
        String(options.ecdhCurve).replaceAll(':', ' '),
      ];
    }),
  );

/** A suite that the library does not know is passed over without a word in a list, and alone is an error; those of TLS 1.3 are listed. */
function isInLibrary(suite: string): boolean {
  if (suite.startsWith('TLS_')) return getCiphers().includes(suite.toLowerCase());
  try {
    createSecureContext({ ciphers: suite });
    return !suite.startsWith('@');
  } catch {
    return false;
  }
}

export const alpn = DICOM_ALPN;

export const auditTable = () =>
  table(
    ['Event ID', 'Meaning'],
    Object.values(eventIds).map(({ code: value, meaning }) => [value, meaning]),
  );

export const auditTypeTable = () =>
  table(
    ['Event type code', 'Meaning'],
    Object.values(eventTypes).map(({ code: value, meaning }) => [value, meaning]),
  );

/** A character of each script, to tell which sets are written. */
const LETTERS = 'éŁĈķЖقωשşŒﾔ็ก山丂한东';

export function characterSetTable(): string {
  const rows = [...DEFINED_TERMS].map((term) => {
    const sets = term.startsWith('ISO 2022') ? ['', term] : [term];
    const isWritten = /IR 6$/.test(term) || Array.from(LETTERS).some((one) => encodeText(one, 'LO', sets));
    return [term, 'Yes', isWritten ? 'Yes' : 'No'];
  });
  return table(['Defined term', 'Read', 'Written in answers'], rows);
}

/** VRs that Specific Character Set reaches. */
export function localVrs(): string {
  return Object.entries(vrTraits)
    .filter(([, { kind }]) => kind === 'localText')
    .map(([vr]) => vr)
    .join(', ');
}
