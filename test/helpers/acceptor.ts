import type { Socket } from 'node:net';
import { Acceptor } from '../../src/net/acceptor.ts';
import { DimseListeners } from '../../src/net/dimse-listeners.ts';
import type { Services } from '../../src/net/operations/operation.ts';
import type { Accounts } from '../../src/services/accounts.ts';
import { Callers } from '../../src/services/callers.ts';
import type { Certificates } from '../../src/services/certificates.ts';
import type { Observer } from '../../src/services/observer.ts';
import type { Settings } from '../../src/services/settings.ts';
import type { Trust } from '../../src/services/trusted-certificates.ts';
import { UserIdentities } from '../../src/services/user-identity.ts';
import { memoryLog } from '../services/fixtures.ts';
import { PLAIN_SETTINGS } from './settings.ts';
import { NOBODY_TRUSTED } from './tls.ts';

export const SETTINGS: Settings = {
  ...PLAIN_SETTINGS,
  aeTitles: ['DICOMKEEP'],
  dimsePort: 0,
  tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port: 0 },
  unknownCallers: 'store',
  maximumAssociations: 10,
  duplicates: 'keep',
  reserveBytes: 0,
  logLevel: 'info',
  language: 'en',
  plainHttp: false,
};

/** An observer that notes what it is told. */
export function notingObserver(): Observer & { told: [method: string, ...values: unknown[]][] } {
  const told: [string, ...unknown[]][] = [];
  const observer = new Proxy({ told } as Observer & { told: typeof told }, {
    get: (target, name) =>
      name === 'told' ? target.told : (...values: unknown[]) => void told.push([String(name), ...values]),
  });
  return observer;
}

/** What stands behind an acceptor where a test needs it. */
export interface TestAcceptorParts {
  /** Nobody has one unless given. */
  accounts?: Pick<Accounts, 'check'>;
  services?: Partial<Services>;
  artimTimeoutMs?: number;
  associationIdleTimeoutMs?: number;
  responseTimeoutMs?: number;
}

/** Acceptor and ports without what is behind them: enough for associations and C-ECHO. */
export class TestAcceptor {
  readonly settings: { current: Settings };
  readonly log = memoryLog();
  readonly observer = notingObserver();
  readonly listeners: DimseListeners;
  readonly acceptor: Acceptor;
  readonly handshakesFailed: [address: string, words: string][] = [];
  readonly #sockets = new Set<Socket>();

  constructor(
    certificates: Pick<Certificates, 'current' | 'onChange'>,
    settings: Partial<Settings> = {},
    trusted: Trust = NOBODY_TRUSTED,
    parts: TestAcceptorParts = {},
  ) {
    const {
      accounts = { check: async () => ({ outcome: 'wrong' }) },
      services = {},
      artimTimeoutMs = 2000,
      associationIdleTimeoutMs = 60_000,
      responseTimeoutMs = 5000,
    } = parts;
    this.settings = { current: { ...SETTINGS, ...settings } };
    const callers = new Callers({
      peers: { list: async () => [], findByAeTitle: async () => undefined },
      unknownCallers: { record: async () => undefined },
      settings: this.settings,
      resolve: async (host) => [host],
      log: this.log,
    });
    this.acceptor = new Acceptor({
      settings: this.settings,
      pduBytesMax: 131_072,
      artimTimeoutMs,
      associationIdleTimeoutMs,
      responseTimeoutMs,
      storageSopClasses: 'any',
      asynchronousOperations: 8,
      callers,
      identities: new UserIdentities({ accounts, settings: this.settings }),
      services: services as Services,
      observer: this.observer,
      log: this.log,
    });
    this.listeners = new DimseListeners({
      host: '127.0.0.1',
      certificates,
      trusted,
      log: this.log,
      accept: (socket, isTls) => {
        this.#sockets.add(socket);
        this.acceptor.accept(socket, isTls);
      },
      dropped: (address) => this.observer.connectionDropped(address),
      handshakeFailed: (address, words) => this.handshakesFailed.push([address, words]),
    });
  }

  portOf(service: 'dimse' | 'dimse-tls'): number {
    return this.listeners.listening().find((one) => one.service === service)?.port ?? 0;
  }

  async close(): Promise<void> {
    this.listeners.close();
    await this.acceptor.drain(0);
  }
}
