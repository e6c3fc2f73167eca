import { X509Certificate } from 'node:crypto';
import { Problem } from '../lib/problem.ts';

/** What a certificate says of itself. */
export interface CertificateDescription {
  subject: string;
  issuer: string;
  /** DNS names and addresses. */
  names: string[];
  /** Milliseconds since 1970. */
  validFrom: number;
  validUntil: number;
  /** Upper-case hex, with colons. */
  sha256Fingerprint: string;
  isSelfSigned: boolean;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+?-----END CERTIFICATE-----/g;
const NAME_CHARS_MAX = 300;

/** The certificates of a text, in their order; what stands around them is left out. */
export function certificateBlocks(text: string): string[] {
  return text.match(PEM_CERTIFICATE) ?? [];
}

/**
 * A certificate that can be described, too: its key and its dates are decoded only when they are asked for.
 * @param index from 0, for the words
 * @throws Problem 'unusable-setting'
 */
export function parsedCertificate(pem: string, index: number): X509Certificate {
  try {
    const certificate = new X509Certificate(pem);
    const { publicKey, validFrom, validTo } = certificate;
    const isDated = [validFrom, validTo].every((time) => !Number.isNaN(Date.parse(time)));
    if (publicKey.type === 'public' && isDated) return certificate;
  } catch {
    // Told below, whatever it is.
  }
  throw new Problem('unusable-setting', `certificate ${index + 1} cannot be read`);
}

export function describeCertificate(certificate: X509Certificate): CertificateDescription {
  return {
    subject: inOneLine(certificate.subject),
    issuer: inOneLine(certificate.issuer),
    names: namesOf(certificate),
    validFrom: Date.parse(certificate.validFrom),
    validUntil: Date.parse(certificate.validTo),
    sha256Fingerprint: certificate.fingerprint256,
    isSelfSigned: certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey),
  };
}

/** A distinguished name, which Node writes one part a line. It is whatever its owner wrote there: bounded. */
export function inOneLine(name: string): string {
  return name.split('\n').join(', ').slice(0, NAME_CHARS_MAX);
}

/** `DNS:localhost, IP Address:127.0.0.1`, as Node writes subjectAltName. */
function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? []);
}
