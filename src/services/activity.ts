import type { CatalogEvent, RecordedEvent } from '../catalog/event-repository.ts';
import type { Log } from '../lib/log.ts';
import { type ArrivalCounts, Arrivals } from './activity-arrivals.ts';
import type { EventKind, NewEvent } from './activity-kinds.ts';
import { AssociationNotes } from './activity-notes.ts';
import { EventQueue } from './activity-queue.ts';
import { type Sighting, Sightings } from './activity-sightings.ts';
import { StormGuard } from './activity-storm.ts';
import { endedEvent, queryRefusedEvent, rejectedEvent, retrievedEvent } from './activity-words.ts';
import { type Clock, systemClock } from './clock.ts';
import type {
  AssociationTally,
  Observer,
  Party,
  RejectReason,
  RetrievedObservation,
  StoredObservation,
} from './observer.ts';

export type { NewEvent } from './activity-kinds.ts';

export interface ActivityOptions {
  catalog: {
    events: { recordAll(events: readonly CatalogEvent[]): Promise<readonly number[]> };
    peers: { touch(seen: readonly Sighting[]): Promise<void> };
  };
  log: Log;
  /** Told at once of each event, many that are alike as one; never throws. */
  recorded?(event: CatalogEvent): void;
  clock?: Clock;
}

export interface ActivityListener {
  /** An event that is in the catalogue by now. */
  event(event: RecordedEvent): void;
  /** An association was opened or ended. */
  associations(): void;
}

const TICK_MS = 500;
/** How often open associations are looked through, and peers that were seen are noted. */
const NOTE_MS = 5000;
const STOP_TIMEOUT_MS = 2000;
const WORDS_CHARS_MAX = 1000;
const FIELD_CHARS_MAX = 400;
const FIELDS_MAX = 40;

/** Logged where they happen, with more than the event has. */
const LOGGED_ELSEWHERE: ReadonlySet<EventKind> = new Set(['server-started', 'server-stopped']);

/**
 * What happens in the archive: which associations are open, what came, how fast; and, as events in the catalogue, what the person
 * who runs it should know of. Nothing here waits for the catalogue, and nothing is lost while that is away but what is too much.
 */
export class Activity implements Observer {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #queue: EventQueue;
  readonly #recorded: (event: CatalogEvent) => void;
  readonly #storms = new StormGuard((event) => this.#keep(event));
  readonly #sightings: Sightings;
  readonly #arrivals = new Arrivals();
  readonly #notes = new Map<AssociationTally, AssociationNotes>();
  readonly #listeners = new Set<ActivityListener>();
  readonly #counts = new Map<EventKind, number>();
  readonly #stopTicking: () => void;
  #notedAt: number;

  constructor({ catalog, log, recorded = () => undefined, clock = systemClock }: ActivityOptions) {
    this.#log = log;
    this.#recorded = recorded;
    this.#clock = clock;
    this.#notedAt = clock.now();
    this.#sightings = new Sightings({ touch: (seen) => catalog.peers.touch(seen), log });
    this.#queue = new EventQueue({
      recordAll: (events) => catalog.events.recordAll(events),
      written: (events) => this.#announce(events),
      log,
      now: () => clock.now(),
    });
    this.#stopTicking = clock.every(TICK_MS, () => this.#tick());
  }

  /** Notes it in the log and, a moment later, in the catalogue. */
  record(event: NewEvent): void {
    if (!LOGGED_ELSEWHERE.has(event.kind)) {
      const level = event.severity === 'warning' ? 'warn' : event.severity;
      this.#log[level](event.kind.replaceAll('-', ' '), { words: event.words, ...event.fields });
    }
    // Whoever guesses passwords makes as many of these as he likes.
    if (event.kind === 'login-failed') this.#addCondensed(event, String(event.fields['address'] ?? ''));
    else this.#keep(this.#stamped(event));
  }

  /** @returns what ends it */
  subscribe(listener: ActivityListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  openAssociations(): readonly AssociationTally[] {
    return [...this.#notes.keys()];
  }

  /** Of the last ten seconds. */
  rate(): { instancesPerSecond: number; bytesPerSecond: number } {
    return this.#arrivals.rate(this.#clock.now());
  }

  /** When each caller stored last, milliseconds since 1970; since the start. */
  lastStored(): ReadonlyMap<string, number> {
    for (const { tally, lastStoredAt } of this.#notes.values()) {
      if (lastStoredAt > (this.#sightings.lastStored.get(tally.party.callingAeTitle) ?? 0))
        this.#sightings.stored(tally.party.callingAeTitle, lastStoredAt);
    }
    return this.#sightings.lastStored;
  }

  /** What was stored since the start; a copy. */
  arrivals(): ArrivalCounts {
    return this.#arrivals.counts();
  }

  /** Events that wait for the catalogue, and those that were lost because too many did. */
  get waitingEvents(): { waiting: number; dropped: number } {
    return { waiting: this.#queue.length, dropped: this.#queue.droppedCount };
  }

  /** How often each kind has happened since the start, those that were condensed into one event counted each. */
  get eventCounts(): ReadonlyMap<EventKind, number> {
    return this.#counts;
  }

  /** Writes what is there, within two seconds. */
  async stop(): Promise<void> {
    this.#stopTicking();
    for (const notes of this.#notes.values()) {
      this.#tell(notes.takeAll(), notes.tally);
      this.#sight(notes);
    }
    this.#storms.flush();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_TIMEOUT_MS);
    });
    await Promise.all([this.#queue.drain(STOP_TIMEOUT_MS), Promise.race([this.#sightings.write(), timeout])]);
    clearTimeout(timer);
  }

  associationRejected(party: Party, reason: RejectReason, words: string): void {
    this.#addCondensed(rejectedEvent(party, reason, words), party.address);
  }

  associationOpened(tally: AssociationTally): void {
    this.#notes.set(tally, new AssociationNotes(tally));
    const { callingAeTitle: aeTitle, isPeer } = tally.party;
    if (isPeer) this.#sightings.seen({ aeTitle, seenAt: this.#clock.now() });
    this.#announceAssociations();
  }

  associationEnded(tally: AssociationTally, isOrderly: boolean, words: string): void {
    const notes = this.#notes.get(tally);
    if (notes !== undefined) {
      this.#tell(notes.takeAll(), tally);
      this.#sight(notes);
      this.#notes.delete(tally);
    }
    const event = endedEvent(tally, isOrderly, words, this.#clock.now());
    if (event !== undefined) this.#addCondensed(event, tally.party.address);
    this.#announceAssociations();
  }

  instanceStored(tally: AssociationTally, stored: StoredObservation): void {
    const now = this.#clock.now();
    this.#arrivals.add(tally.party.callingAeTitle, stored.modality, stored.sizeBytes, now);
    const events = this.#notes.get(tally)?.stored(stored, now);
    if (events !== undefined && events.length > 0) this.#tell(events, tally);
  }

  instanceRefused(tally: AssociationTally, status: string, words: string): void {
    this.#notes.get(tally)?.refused(status, words, this.#clock.now());
  }

  queryReceived(): void {}

  queryAnswered(): void {}

  queryRefused(tally: AssociationTally, operation: string, status: string, words: string): void {
    this.#addCondensed(queryRefusedEvent(tally, operation, status, words), tally.party.address);
  }

  retrieveAnswered(tally: AssociationTally, retrieved: RetrievedObservation): void {
    this.#addCondensed(retrievedEvent(tally, retrieved), tally.party.address);
    const { operation, destination: aeTitle, completed } = retrieved;
    if (operation === 'C-MOVE' && completed > 0) this.#sightings.seen({ aeTitle, seenAt: this.#clock.now() });
  }

  instancesTransferred(): void {}

  connectionDropped(address: string): void {
    const party = { callingAeTitle: '', calledAeTitle: '', address, isPeer: false, isTls: false };
    this.associationRejected(party, 'limit-exceeded', 'too many connections');
  }

  #tick(): void {
    const now = this.#clock.now();
    this.#storms.expire(now);
    if (now - this.#notedAt >= NOTE_MS) {
      this.#notedAt = now;
      for (const notes of this.#notes.values()) {
        this.#tell(notes.takeDue(now), notes.tally);
        this.#sight(notes);
      }
      void this.#sightings.write();
    }
    this.#queue.write();
  }

  /** Some devices open an association for each instance: those of one study are alike. */
  #tell(events: readonly NewEvent[], { party }: AssociationTally): void {
    for (const event of events) {
      this.#addCondensed(event, `${party.address}/${event.fields['studyInstanceUid'] ?? event.words}`);
    }
  }

  #sight({ tally, lastStoredAt }: AssociationNotes): void {
    const { callingAeTitle: aeTitle, isPeer } = tally.party;
    if (lastStoredAt > (this.#sightings.lastStored.get(aeTitle) ?? 0))
      this.#sightings.stored(aeTitle, lastStoredAt);
    if (!isPeer) return;
    const seenAt = this.#clock.now();
    this.#sightings.seen(
      lastStoredAt > 0 ? { aeTitle, seenAt, storedAt: lastStoredAt } : { aeTitle, seenAt },
    );
  }

  #keep(event: CatalogEvent): void {
    this.#queue.add(event);
    this.#recorded(event);
  }

  #addCondensed(event: NewEvent, key: string): void {
    this.#storms.add(key, this.#stamped(event));
  }

  #stamped(event: NewEvent): CatalogEvent {
    this.#counts.set(event.kind, (this.#counts.get(event.kind) ?? 0) + 1);
    const fields = Object.entries(event.fields)
      .slice(0, FIELDS_MAX)
      .map(([name, value]) => [name, typeof value === 'string' ? plain(value, FIELD_CHARS_MAX) : value]);
    return {
      at: this.#clock.now(),
      kind: event.kind,
      severity: event.severity,
      words: plain(event.words, WORDS_CHARS_MAX),
      fields: Object.fromEntries(fields),
    };
  }

  #announce(events: readonly RecordedEvent[]): void {
    for (const listener of this.#listeners) for (const event of events) listener.event(event);
  }

  #announceAssociations(): void {
    for (const listener of this.#listeners) listener.associations();
  }
}

/** What peers sent may hold anything: nothing that a page or a terminal would act upon stays in it. */
function plain(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(/\p{C}/gu, '\ufffd');
}
