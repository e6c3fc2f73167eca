import type { Socket } from 'node:net';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { Certificates } from '../services/certificates.ts';
import {
  PortProblem,
  type PreparedListeners,
  type RebindableListeners,
  type Settings,
} from '../services/settings.ts';
import type { Trust } from '../services/trusted-certificates.ts';
import { netLimits } from './limits.ts';
import { Listener } from './listener.ts';
import { TlsServer } from './tls-server.ts';

export type DimseService = 'dimse' | 'dimse-tls';

export interface DimseListenersOptions {
  host: string;
  certificates: Pick<Certificates, 'current' | 'onChange'>;
  trusted: Trust;
  log: Log;
  /** Takes over a connection: one that nothing was read from, or one whose TLS handshake is done. */
  accept(socket: Socket, isTls: boolean): void;
  dropped(address: string): void;
  /** @param words why */
  handshakeFailed(address: string, words: string): void;
}

/** A service that is wanted; without a listener where its port could not be had. */
interface Entry {
  service: DimseService;
  /** As in the settings; 0 is any. */
  wantedPort: number;
  listener: Listener | undefined;
}

/** Connections beside those of associations: without a request yet, in a TLS handshake, waiting for an answer, on their way out. */
const SPARE_CONNECTIONS = netLimits.waitingConnectionsMax + netLimits.tlsHandshakesMax + 32;

const SETTING_OF = { dimse: 'dimsePort', 'dimse-tls': 'tls.port' } as const;

/** The ports of DICOM, with and without TLS, which may change while associations go on. */
export class DimseListeners implements RebindableListeners {
  readonly #options: DimseListenersOptions;
  /** From the first time that ports are opened. */
  #tls: TlsServer | undefined;
  #entries: Entry[] = [];
  #isOpen = false;
  #isClosed = false;

  constructor(options: DimseListenersOptions) {
    this.#options = options;
  }

  listening(): { service: DimseService; host: string; port: number }[] {
    const { host } = this.#options;
    return this.#entries.flatMap(({ service, listener }) =>
      listener === undefined ? [] : [{ service, host, port: listener.port }],
    );
  }

  async open(settings: Settings): Promise<PortProblem[]> {
    if (this.#isClosed) return [];
    this.#isOpen = true;
    const problems: PortProblem[] = [];
    const entries: Entry[] = [];
    for (const wanted of wantedOf(settings)) {
      const there = this.#entries.find(({ service }) => service === wanted.service);
      const entry = there ?? { ...wanted, listener: undefined };
      entries.push(entry);
      if (entry.listener !== undefined) continue;
      try {
        entry.listener = await this.#bind(entry, settings);
      } catch (error) {
        if (!(error instanceof PortProblem)) throw error;
        problems.push(error);
      }
    }
    this.#serve(entries, settings);
    return problems;
  }

  async prepare(settings: Settings): Promise<PreparedListeners> {
    if (!this.#isOpen) return { commit: () => undefined, abort: () => undefined };
    const bound: Listener[] = [];
    const entries: Entry[] = [];
    const abort = () => {
      for (const listener of bound) listener.close();
    };
    try {
      for (const wanted of wantedOf(settings)) {
        let listener = this.#reusable(wanted, entries);
        if (listener === undefined) {
          listener = await this.#bindUnlessMissing(wanted, settings);
          if (listener !== undefined) bound.push(listener);
        }
        entries.push({ ...wanted, listener });
      }
    } catch (error) {
      abort();
      throw error;
    }
    return { commit: () => this.#serve(entries, settings), abort };
  }

  /** For good: takes no more connections, also where ports are being bound now; associations that are open stay. */
  close(): void {
    this.#isClosed = true;
    this.#isOpen = false;
    this.#serve([], undefined);
    this.#tls?.close();
  }

  /** A listener that serves already, perhaps the other service: so that two ports may be exchanged. */
  #reusable(wanted: Omit<Entry, 'listener'>, taken: readonly Entry[]): Listener | undefined {
    const isSame = (entry: Entry) =>
      entry.service === wanted.service && entry.wantedPort === wanted.wantedPort;
    const hasPort = ({ listener }: Entry) => wanted.wantedPort !== 0 && listener?.port === wanted.wantedPort;
    const listener = (this.#entries.find(isSame) ?? this.#entries.find(hasPort))?.listener;
    return taken.some((entry) => entry.listener === listener) ? undefined : listener;
  }

  /** A port that could not be had before is no reason to refuse a change of something else. */
  async #bindUnlessMissing(
    wanted: Omit<Entry, 'listener'>,
    settings: Settings,
  ): Promise<Listener | undefined> {
    const isMissing = this.#entries.some(
      (entry) =>
        entry.service === wanted.service &&
        entry.wantedPort === wanted.wantedPort &&
        entry.listener === undefined,
    );
    try {
      return await this.#bind(wanted, settings);
    } catch (error) {
      if (isMissing && error instanceof PortProblem) return undefined;
      throw error;
    }
  }

  /** @throws PortProblem */
  async #bind({ service, wantedPort }: Omit<Entry, 'listener'>, settings: Settings): Promise<Listener> {
    const { host, log, dropped } = this.#options;
    const connectionsMax = connectionsMaxOf(service, settings);
    const listener = new Listener({ host, port: wantedPort, connectionsMax, log, dropped });
    try {
      await listener.listen();
    } catch (error) {
      throw new PortProblem(SETTING_OF[service], messageOf(error), { cause: error });
    }
    return listener;
  }

  #serve(wanted: Entry[], settings: Settings | undefined): void {
    if (this.#isClosed) for (const { listener } of wanted) listener?.close();
    const entries = this.#isClosed ? [] : wanted;
    const kept = new Set(entries.map(({ listener }) => listener));
    for (const { listener } of this.#entries) {
      if (!kept.has(listener)) listener?.close();
    }
    this.#entries = entries;
    if (settings !== undefined) this.#useTls(settings);
    for (const { service, listener } of entries) {
      if (listener === undefined) continue;
      if (settings !== undefined) listener.connectionsMax = connectionsMaxOf(service, settings);
      listener.serve((socket) => {
        if (service === 'dimse') this.#options.accept(socket, false);
        else if (this.#tls === undefined) socket.destroy();
        else this.#tls.take(socket);
      });
    }
  }

  #useTls({ tls }: Settings): void {
    if (this.#tls !== undefined) {
      this.#tls.use(tls);
      return;
    }
    const { certificates, trusted, log, accept, dropped, handshakeFailed } = this.#options;
    this.#tls = new TlsServer(tls, {
      certificates,
      trusted,
      log,
      accept: (socket) => accept(socket, true),
      dropped,
      failed: handshakeFailed,
    });
  }
}

/** Those that are in their TLS handshake take no place of an association. */
function connectionsMaxOf(service: DimseService, { maximumAssociations }: Settings): number {
  const handshakesMax = service === 'dimse-tls' ? netLimits.tlsHandshakesMax : 0;
  return maximumAssociations + SPARE_CONNECTIONS + handshakesMax;
}

function wantedOf({ dimsePort, tls }: Settings): Omit<Entry, 'listener'>[] {
  const dimse = { service: 'dimse' as const, wantedPort: dimsePort };
  return tls.isEnabled ? [dimse, { service: 'dimse-tls', wantedPort: tls.port }] : [dimse];
}
