import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Certificates } from '../../src/services/certificates.ts';
import type { Trust } from '../../src/services/trusted-certificates.ts';
import type { Made } from './tls-certificates.ts';

/** These certificates are trusted; the list may be changed. */
export class TestTrust implements Trust {
  readonly #listeners = new Set<() => void>();
  #trusted: readonly Made[];

  constructor(...trusted: readonly Made[]) {
    this.#trusted = trusted;
  }

  pems(): string[] {
    return this.#trusted.map(({ certificate }) => certificate);
  }

  has(sha256Fingerprint: string): boolean {
    return this.pems().some((pem) => new X509Certificate(pem).fingerprint256 === sha256Fingerprint);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(...trusted: readonly Made[]): void {
    this.#trusted = trusted;
    for (const listener of this.#listeners) listener();
  }
}

/** A server's own certificate that stays. */
export function fixedCertificate(made: Made): Pick<Certificates, 'current' | 'onChange'> {
  return { current: () => made, onChange: () => () => undefined };
}

/** A handshake with whoever listens there. @returns the connection; rejects where the other side refuses */
export async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}
