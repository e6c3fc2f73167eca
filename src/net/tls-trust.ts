import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Trust } from '../services/trusted-certificates.ts';
import { certificateRefusal } from './tls-words.ts';

/**
 * Why the other side is not who it should be; undefined where it is. Known is whose certificate chain ends at a trusted self-signed one, which
 * the handshake has verified, and who has shown a certificate that is trusted itself, whoever signed it.
 */
export function peerRefusal(socket: TLSSocket, trusted: Trust): string | undefined {
  if (socket.authorized) return undefined;
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  // Declared as an error; it is the code of one.
  const code = String(socket.authorizationError);
  if (certificate === undefined || !trusted.has(certificate.fingerprint256))
    return certificateRefusal(certificate, code);
  const now = Date.now();
  if (Date.parse(certificate.validTo) < now) return certificateRefusal(certificate, 'CERT_HAS_EXPIRED');
  if (Date.parse(certificate.validFrom) > now) return certificateRefusal(certificate, 'CERT_NOT_YET_VALID');
  return undefined;
}
