import type { X509Certificate } from 'node:crypto';
import { inOneLine } from '../services/pem-certificates.ts';

/** Why a certificate is not taken, by the codes of OpenSSL's verification. */
const CERTIFICATE_WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired, or one that it was signed by',
  CERT_NOT_YET_VALID: 'is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'was signed by nobody who is trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'was signed by nobody who is trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'was signed by nobody who is trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'was signed by nobody who is trusted',
  CERT_SIGNATURE_FAILURE: 'has a signature that is wrong',
  CERT_REVOKED: 'has been revoked',
  INVALID_CA: 'was signed by a certificate that may not sign',
  INVALID_PURPOSE: 'is not for this purpose (extended key usage)',
  PATH_LENGTH_EXCEEDED: 'stands at the end of a chain that is too long',
  EE_KEY_TOO_SMALL: 'has a key that is too short',
  CA_KEY_TOO_SMALL: 'was signed by a key that is too short',
  CA_MD_TOO_WEAK: 'was signed with a hash that is too weak',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is not for that name',
};

/** Why a handshake failed, by the reasons of OpenSSL; its own words where none are better. */
const REASON_WORDS: Readonly<Record<string, string>> = {
  'http request': 'the caller speaks HTTP',
  'https proxy request': 'the caller speaks HTTP',
  'wrong version number': 'the caller does not speak TLS: it may be set to call without',
  'unsupported protocol': 'the caller has only versions older than TLS 1.2',
  'version too low': 'the caller has only versions older than TLS 1.2',
  'no shared cipher': 'the caller has none of our cipher suites',
  'no suitable key share': 'the caller has none of our key exchange groups',
  'no suitable groups': 'the caller has none of our key exchange groups',
  'no suitable signature algorithm': 'the caller has none of our signature algorithms',
  'no application protocol': 'the caller wants another protocol than DICOM (ALPN)',
};

/** What the other side says of our certificate, in a TLS alert — RFC 8446 §6.2. */
const ALERT_WORDS: readonly (readonly [RegExp, string])[] = [
  [/alert (?:tls )?certificate required|alert handshake failure/, 'wants a certificate of ours, or another'],
  [/alert unknown ca/, 'does not trust who signed our certificate'],
  [/alert (?:bad certificate|unsupported certificate|certificate unknown)/, 'does not take our certificate'],
  [/alert certificate expired/, 'says that our certificate has expired'],
  [/alert protocol version/, 'has only versions older than TLS 1.2'],
];

/** @param certificate undefined where none was shown */
export function certificateRefusal(certificate: X509Certificate | undefined, code: string): string {
  if (certificate === undefined) return 'no certificate was shown';
  const why = CERTIFICATE_WORDS[code] ?? `is not taken: ${code}`;
  return `the certificate of ${inOneLine(certificate.subject) || 'nobody'} ${why}`;
}

/** OpenSSL has a reason of a few words; its message has places in its source, too. */
export function handshakeWords(error: Error): string {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return REASON_WORDS[reason] ?? reason;
}

/** @returns undefined where it is no alert of which there is more to say */
export function alertWords(error: Error): string | undefined {
  return ALERT_WORDS.find(([pattern]) => pattern.test(error.message))?.[1];
}
