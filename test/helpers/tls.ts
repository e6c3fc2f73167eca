import { TlsClient } from '../../src/net/tls-client.ts';
import type { Settings } from '../../src/services/settings.ts';
import type { Trust } from '../../src/services/trusted-certificates.ts';
import { PLAIN_SETTINGS } from './settings.ts';

export const NOBODY_TRUSTED: Trust = {
  pems: () => [],
  has: () => false,
  onChange: () => () => undefined,
};

/** Calls by TLS without a certificate of its own, and verifies nobody. */
export function anonymousTlsClient(tls: Partial<Settings['tls']> = {}): TlsClient {
  return new TlsClient({
    certificates: { current: () => ({ certificate: '', privateKey: '' }) },
    trusted: NOBODY_TRUSTED,
    settings: { current: { tls: { ...PLAIN_SETTINGS.tls, ...tls } } },
  });
}
