import type { Peer, PeerRepository } from '../catalog/peer-repository.ts';
import type { UnknownCall, UnknownCallerRepository } from '../catalog/unknown-caller-repository.ts';
import { messageOf } from '../lib/problem.ts';
import type { Settings } from './settings.ts';

export type Right = 'echo' | 'store' | 'find' | 'retrieve';

/** Who is at the other end of an association. */
export interface Caller {
  callingAeTitle: string;
  calledAeTitle: string;
  /** Network address. */
  address: string;
  /** Names of the SOP classes that it proposes, some of them. */
  proposed: readonly string[];
  /** Undefined for a caller that is no peer of ours, and for one that calls from elsewhere than it must. */
  peer: Peer | undefined;
  /** Name of the account that its user identity was found to be: PS3.7 Annex D.3.3.7. */
  user?: string;
}

export interface CallersOptions {
  peers: Pick<PeerRepository, 'findByAeTitle' | 'list'>;
  unknownCallers: Pick<UnknownCallerRepository, 'record'>;
  /** What callers may do that are no peers: nothing, echo and store, or everything. */
  settings: { readonly current: Pick<Settings, 'unknownCallers'> };
  /** Addresses of a host name. */
  resolve(host: string): Promise<string[]>;
  log: { warn(message: string, fields?: Record<string, string>): void };
}

/** How long an association waits for the catalogue to say who calls, milliseconds: storing does not depend on it. */
const LOOK_UP_TIMEOUT_MS = 1000;
/** Unknown callers that wait to be written, and the time between two of them, milliseconds. */
const UNKNOWN_CALLS_MAX = 100;
const UNKNOWN_CALL_PAUSE_MS = 20;

/** Knows who may do what. Peers are remembered, so that an archive whose catalogue is down still knows them. */
export class Callers {
  readonly #options: CallersOptions;
  #remembered: ReadonlyMap<string, Peer> | undefined;
  #refreshing: Promise<void> | undefined;
  /** Calls that are not written yet, by AE title and address. */
  readonly #unknownCalls = new Map<string, UnknownCall>();
  #recording: Promise<void> | undefined;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** Reads all peers, as they are at this moment or later; while the catalogue does not answer, those known before stay. */
  async refresh(): Promise<void> {
    // What is being read may be older than what the caller has just changed.
    await this.#refreshing;
    await this.#join();
  }

  /** The peer of this AE title; what the catalogue says now if it answers in time, else what it said last. */
  async findPeer(aeTitle: string): Promise<Peer | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LOOK_UP_TIMEOUT_MS);
    });
    await Promise.race([this.#join(), timeout]);
    clearTimeout(timer);
    return this.#remembered?.get(aeTitle);
  }

  async identify(caller: Omit<Caller, 'peer'>): Promise<Caller> {
    const peer = await this.findPeer(caller.callingAeTitle);
    const isAtHome =
      peer === undefined || !peer.matchAddress || (await this.#isAddressOf(peer.host, caller.address));
    return { ...caller, peer: isAtHome ? peer : undefined };
  }

  /** Why this caller gets no association at all; undefined where it does. */
  refusalOf(caller: Caller): string | undefined {
    // Nobody is turned away because the catalogue cannot say who our peers are: that might be a modality with images.
    if (
      caller.peer !== undefined ||
      this.#options.settings.current.unknownCallers !== 'reject' ||
      this.#remembered === undefined
    )
      return undefined;
    return `calling AE title ${caller.callingAeTitle} at ${caller.address} is no peer`;
  }

  /** Why this caller may not do it; undefined where it may. */
  refusalTo(caller: Caller, right: Right): string | undefined {
    const { peer, callingAeTitle } = caller;
    if (peer === undefined) {
      const isAllowed =
        this.#options.settings.current.unknownCallers === 'all' || right === 'echo' || right === 'store';
      return isAllowed ? undefined : `${callingAeTitle} at ${caller.address} is no peer: no ${right}`;
    }
    const rights = {
      echo: peer.mayEcho,
      store: peer.mayStore,
      find: peer.mayFind,
      retrieve: peer.mayRetrieve,
    };
    return rights[right] ? undefined : `peer ${callingAeTitle} has no right to ${right}`;
  }

  /**
   * Remembers for the admin who knocked. Calls that come while others are being written are written later, of each caller the newest alone.
   * @param isNewCall false for what is refused within an association
   */
  recordUnknown(caller: Caller, refused: string, isNewCall: boolean): void {
    const { callingAeTitle: aeTitle, calledAeTitle, address, proposed } = caller;
    const key = `${aeTitle}/${address}`;
    if (this.#unknownCalls.size >= UNKNOWN_CALLS_MAX && !this.#unknownCalls.has(key)) return;
    this.#unknownCalls.set(key, {
      aeTitle,
      address,
      calledAeTitle,
      proposed: [...proposed],
      refused,
      at: Date.now(),
      callCount: (this.#unknownCalls.get(key)?.callCount ?? 0) + (isNewCall ? 1 : 0),
    });
    this.#recording ??= this.#recordUnknownCalls().finally(() => {
      this.#recording = undefined;
    });
  }

  /** One at a time: whoever calls without end takes one connection to the catalogue, and not all. */
  async #recordUnknownCalls(): Promise<void> {
    for (const [key, call] of this.#unknownCalls) {
      this.#unknownCalls.delete(key);
      try {
        await this.#options.unknownCallers.record(call);
      } catch (error) {
        const { aeTitle } = call;
        this.#options.log.warn('unknown caller not recorded', { aeTitle, reason: messageOf(error) });
      }
      await new Promise((resolve) => setTimeout(resolve, UNKNOWN_CALL_PAUSE_MS));
    }
  }

  #join(): Promise<void> {
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #read(): Promise<void> {
    try {
      const peers = await this.#options.peers.list();
      this.#remembered = new Map(peers.map((peer) => [peer.aeTitle, peer]));
    } catch {
      // What was known stays. The catalogue's failure is told by those who cannot go on without it.
    }
  }

  async #isAddressOf(host: string, address: string): Promise<boolean> {
    try {
      const addresses = await this.#options.resolve(host);
      return addresses.map(plainAddress).includes(plainAddress(address));
    } catch {
      return false;
    }
  }
}

/** An IPv4 address may come as an IPv6 one — RFC 4291 §2.5.5.2. */
function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:/, '');
}
