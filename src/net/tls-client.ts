import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, type TLSSocket } from 'node:tls';
import type { Certificates } from '../services/certificates.ts';
import type { Settings } from '../services/settings.ts';
import type { Trust } from '../services/trusted-certificates.ts';
import { DICOM_ALPN, profileOptions } from './tls-profiles.ts';
import { peerRefusal } from './tls-trust.ts';

export interface TlsClientParts {
  certificates: Pick<Certificates, 'current'>;
  trusted: Trust;
  settings: { readonly current: Pick<Settings, 'tls'> };
}

/** How we call others by TLS: as the settings and certificates are at that moment. */
export class TlsClient {
  readonly #parts: TlsClientParts;

  constructor(parts: TlsClientParts) {
    this.#parts = parts;
  }

  /** Our certificate is shown to whoever asks for one. What is shown to us is for `refusalOf` to judge. */
  optionsFor(host: string): ConnectionOptions {
    const { certificates, trusted, settings } = this.#parts;
    const { certificate, privateKey } = certificates.current();
    const { profile, verifyPeers } = settings.current.tls;
    return {
      ...profileOptions(profile),
      cert: certificate,
      key: privateKey,
      ALPNProtocols: [DICOM_ALPN],
      rejectUnauthorized: false,
      ...(verifyPeers && { ca: trusted.pems() }),
      ...(isIP(host) === 0 && { servername: host }),
      // Devices are known by address as a rule, and one whose own certificate is trusted is who it is whatever it is called.
      checkServerIdentity: (name, shown) =>
        isIP(host) !== 0 || trusted.has(shown.fingerprint256) ? undefined : checkServerIdentity(name, shown),
    };
  }

  /** Why whoever answered is not to be trusted, in words; undefined where it is, or where nobody is asked for it. */
  refusalOf(socket: TLSSocket): string | undefined {
    const { settings, trusted } = this.#parts;
    return settings.current.tls.verifyPeers ? peerRefusal(socket, trusted) : undefined;
  }
}
