import { Readable } from 'node:stream';
import type { RecordedEvent } from '../catalog/event-repository.ts';
import type { Job } from '../jobs/queue.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { Activity } from '../services/activity.ts';
import { type Clock, systemClock } from '../services/clock.ts';
import { associationStatus, type StatusService } from '../services/status.ts';
import type { AdminParts } from './parts.ts';
import { jobAnswerOf } from './routes/jobs.ts';

export interface EventStreamOptions {
  activity: Pick<Activity, 'subscribe' | 'openAssociations'>;
  status: Pick<StatusService, 'current'>;
  jobs: { onChange(listener: (job: Job) => void): () => void };
  catalog: { events: Pick<AdminParts['catalog']['events'], 'list'> };
  log: Pick<AdminParts['log'], 'warn' | 'error'>;
  clock?: Clock;
}

const STREAMS_MAX = 50;
/** Of one account, so that none takes all. */
const STREAMS_OF_READER_MAX = 10;
/** Told again to a reader who comes back. */
const REPLAYED_MAX = 200;
/** What a reader may leave unread before it is dropped. */
const UNREAD_BYTES_MAX = 512 * 1024;
const TICK_MS = 500;
const STATUS_MS = 5000;
const HEARTBEAT_MS = 15_000;
/** Open associations are told of so often at most while they come and go, and their counters while they are open. */
const ASSOCIATIONS_MS = 1000;
/** Then the reader has to come again, and so to show that its session is still good. */
const LIFETIME_MS = 300_000;
/** How long a reader waits before it comes again. */
const RETRY_MS = 3000;
const ASSOCIATIONS_MAX = 1000;
/** Conflicts that are looked for: by arrival, so that an index has them. */
const CONFLICTS_WITHIN_MS = 3_600_000;
const CONFLICTS_MAX = 50;

interface Stream {
  /** Name of the account. */
  reader: string;
  readable: Readable;
  openedAt: number;
  /** Came while what it had missed was being read; undefined afterwards. */
  waiting: RecordedEvent[] | undefined;
}

/**
 * What happens, as server-sent events (HTML Living Standard §9.2), for any number of readers up to a bound: `event`, `associations`, `status`,
 * `jobs`. Each is made once for all of them, and nothing is done while nobody listens.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #clock: Clock;
  readonly #streams = new Set<Stream>();
  #end: (() => void)[] = [];
  #statusAt = 0;
  #heartbeatAt = 0;
  #associationsAt = 0;
  #haveAssociationsChanged = false;
  #isStatusAsked = false;
  /** Of the newest conflict that was told, or that was there before; undefined while nobody has looked. */
  #conflictSeenId: number | undefined;
  #isLooking = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * @param reader name of the account
   * @param lastEventId of the last event that the reader has; what came since is told first
   * @throws Problem 'backlog-full' where too many read already
   */
  open(signal: AbortSignal, reader: string, lastEventId: number | undefined): Readable {
    this.#assertFree(reader);
    const stream: Stream = {
      reader,
      readable: new Readable({ read: () => undefined }),
      openedAt: this.#clock.now(),
      waiting: lastEventId === undefined ? undefined : [],
    };
    const { readable } = stream;
    // Without a listener, the error of one that is dropped would end the process.
    readable.on('error', () => undefined);
    readable.once('close', () => this.#close(stream));
    signal.addEventListener('abort', () => readable.destroy(), { once: true });
    this.#streams.add(stream);
    if (this.#streams.size === 1) this.#begin();
    this.#send(stream, `retry: ${RETRY_MS}\n\n${message('associations', this.#associations())}`);
    this.#statusAt = 0;
    if (signal.aborted) readable.destroy();
    else if (lastEventId !== undefined) void this.#replay(stream, lastEventId);
    return readable;
  }

  #assertFree(reader: string): void {
    if (this.#streams.size >= STREAMS_MAX)
      throw new Problem('backlog-full', `${STREAMS_MAX} pages listen already, and no more can`);
    const own = [...this.#streams].filter((stream) => stream.reader === reader).length;
    if (own >= STREAMS_OF_READER_MAX)
      throw new Problem('backlog-full', `${own} pages of ${reader} listen already, and no more can`);
  }

  #begin(): void {
    const { activity, jobs } = this.#options;
    this.#heartbeatAt = this.#clock.now();
    this.#conflictSeenId = undefined;
    this.#end = [
      activity.subscribe({
        event: (event) => this.#tell(event),
        associations: () => {
          this.#haveAssociationsChanged = true;
        },
      }),
      jobs.onChange((job) => this.#sendAll(message('jobs', jobAnswerOf(job)))),
      this.#clock.every(TICK_MS, () => this.#tick()),
    ];
  }

  #close(stream: Stream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    for (const end of this.#end.splice(0)) end();
  }

  #tick(): void {
    const now = this.#clock.now();
    for (const stream of this.#streams) {
      if (now - stream.openedAt < LIFETIME_MS) continue;
      stream.readable.push(null);
      this.#close(stream);
    }
    if (now - this.#associationsAt >= ASSOCIATIONS_MS) {
      const isSomeOpen = this.#options.activity.openAssociations().length > 0;
      if (this.#haveAssociationsChanged || isSomeOpen) {
        this.#associationsAt = now;
        this.#haveAssociationsChanged = false;
        this.#sendAll(message('associations', this.#associations()));
      }
    }
    if (now - this.#statusAt >= STATUS_MS) {
      this.#statusAt = now;
      void this.#sendStatus();
      void this.#tellConflicts();
    }
    if (now - this.#heartbeatAt >= HEARTBEAT_MS) {
      this.#heartbeatAt = now;
      this.#sendAll(': still here\n\n');
    }
  }

  async #sendStatus(): Promise<void> {
    if (this.#isStatusAsked) return;
    this.#isStatusAsked = true;
    try {
      this.#sendAll(message('status', await this.#options.status.current()));
    } catch (error) {
      this.#options.log.error('bug', { reason: messageOf(error) });
    } finally {
      this.#isStatusAsked = false;
    }
  }

  #associations() {
    return this.#options.activity.openAssociations().slice(0, ASSOCIATIONS_MAX).map(associationStatus);
  }

  #tell(event: RecordedEvent): void {
    const text = eventMessage(event);
    for (const stream of this.#streams) {
      if (stream.waiting === undefined) this.#send(stream, text);
      else if (stream.waiting.length < REPLAYED_MAX) stream.waiting.push(event);
    }
  }

  /** What was missed, then what came meanwhile. Where the catalogue is away, only that. */
  async #replay(stream: Stream, lastEventId: number): Promise<void> {
    let missed: RecordedEvent[] = [];
    try {
      const newest = await this.#options.catalog.events.list({ limit: REPLAYED_MAX });
      missed = newest.filter(({ id }) => id > lastEventId).reverse();
    } catch (error) {
      this.#options.log.warn('missed events not told', { reason: messageOf(error) });
    }
    const missedIds = new Set(missed.map(({ id }) => id));
    const came = (stream.waiting ?? []).filter(({ id }) => !missedIds.has(id));
    stream.waiting = undefined;
    for (const event of [...missed, ...came]) this.#send(stream, eventMessage(event));
  }

  /** Conflicts are recorded where instances are filed, in the same transaction: they are looked for. */
  async #tellConflicts(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const kinds = ['instance-conflict'];
      const since = this.#clock.now() - CONFLICTS_WITHIN_MS;
      const newest = await this.#options.catalog.events.list({ kinds, since, limit: CONFLICTS_MAX });
      const seenId = this.#conflictSeenId ?? newest[0]?.id ?? 0;
      for (const event of newest.filter(({ id }) => id > seenId).reverse()) {
        // Without its id, which is lower than that of others that were told before: a reader would ask for these again.
        this.#sendAll(message('event', event));
      }
      this.#conflictSeenId = Math.max(seenId, newest[0]?.id ?? 0);
    } catch {
      // The catalogue is away, which the status tells. They are told when it is back.
    } finally {
      this.#isLooking = false;
    }
  }

  #sendAll(text: string): void {
    for (const stream of this.#streams) this.#send(stream, text);
  }

  #send({ readable }: Stream, text: string): void {
    if (readable.destroyed) return;
    if (readable.readableLength > UNREAD_BYTES_MAX) {
      readable.destroy();
      return;
    }
    readable.push(text);
  }
}

function eventMessage(event: RecordedEvent): string {
  return `id: ${event.id}\n${message('event', event)}`;
}

/** JSON has no line breaks of its own, so one `data` line holds it. */
function message(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
