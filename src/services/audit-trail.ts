import type { CatalogEvent } from '../catalog/event-repository.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { within } from '../lib/within.ts';
import {
  type AuditedQuery,
  type AuditedStudy,
  type AuditUser,
  applicationActivity,
  instancesAccessed,
  instancesReceived,
  instancesSent,
  type OwnNames,
  query,
} from './audit-events.ts';
import { type AuditMessage, auditXml } from './audit-message.ts';
import { messageOfEvent } from './audit-of-activity.ts';
import { StoredStudies } from './audit-stores.ts';
import { type Clock, systemClock } from './clock.ts';
import type { AssociationTally, Observer, StoredObservation, TransferObservation } from './observer.ts';

export interface AuditTrailOptions {
  own(): OwnNames;
  hostName: string;
  /** Patient ID of a study, undefined where there is no such study. @throws Problem 'catalog-unavailable' */
  patientIdOf(studyInstanceUid: string): Promise<string | undefined>;
  /** Takes a message, one line of XML; returns at once. */
  write(line: string): void;
  log: Pick<Log, 'error'>;
  clock?: Clock;
}

const TICK_MS = 5000;
/** A user who looks at a study is told of once in such a time, milliseconds. */
const ACCESS_MS = 600_000;
const ACCESSES_MAX = 10_000;
/** How long a message waits for the catalogue to say whose study it is, milliseconds. */
const PATIENT_TIMEOUT_MS = 3000;
/** Messages that wait so at a time; the next ones go without the patient. */
const PENDING_MAX = 1000;

/** Who did what with whose images — PS3.15 §A.5. Told by the network, by the page and by the events of `Activity`; nobody waits for it. */
export class AuditTrail implements Partial<Observer> {
  readonly #options: AuditTrailOptions;
  readonly #clock: Clock;
  readonly #stores = new Map<AssociationTally, StoredStudies>();
  /** When a user was told of to look at a study. */
  readonly #accesses = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();
  #stopTicking: () => void = () => undefined;

  constructor(options: AuditTrailOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  start(): void {
    this.#write((own) => applicationActivity('start', own, this.#clock.now()));
    this.#stopTicking = this.#clock.every(TICK_MS, () => this.#tick());
  }

  /** Writes what is there; its last message is that we stop. */
  async stop(): Promise<void> {
    this.#stopTicking();
    for (const [tally, stores] of this.#stores) this.#tellStored(tally, stores.takeAll());
    this.#stores.clear();
    await Promise.all(this.#pending);
    this.#write((own) => applicationActivity('stop', own, this.#clock.now()));
  }

  /** What `Activity` records: of many that are alike it has made a few. */
  event(event: CatalogEvent): void {
    const { operation, studyInstanceUid } = event.fields;
    // Of the events that are told, only a download is about a study.
    if (event.kind !== 'retrieve-answered' || operation !== 'download') {
      this.#write((own) => messageOfEvent(event, own, undefined));
      return;
    }
    this.#withPatient(String(studyInstanceUid), (patientId) =>
      this.#write((own) => messageOfEvent(event, own, patientId)),
    );
  }

  /** Somebody looks at a study, or at an instance of it, on the page. */
  studyViewed(user: AuditUser, studyInstanceUid: string): void {
    const at = this.#clock.now();
    const key = `${user.name}\n${user.address ?? ''}\n${studyInstanceUid}`;
    const before = this.#accesses.get(key);
    if (before !== undefined && at - before < ACCESS_MS) return;
    if (this.#accesses.size >= ACCESSES_MAX) this.#accesses.clear();
    this.#accesses.set(key, at);
    this.#withPatient(studyInstanceUid, (patientId) => {
      const study = { studyInstanceUid, patientId, sopClasses: new Map() };
      this.#write((own) => instancesAccessed(user, study, own, { at }));
    });
  }

  instanceStored(tally: AssociationTally, stored: StoredObservation): void {
    let stores = this.#stores.get(tally);
    if (stores === undefined) {
      stores = new StoredStudies();
      this.#stores.set(tally, stores);
    }
    const told = stores.add(stored, this.#clock.now());
    if (told.length > 0) this.#tellStored(tally, told);
  }

  associationEnded(tally: AssociationTally): void {
    const stores = this.#stores.get(tally);
    if (stores === undefined) return;
    this.#stores.delete(tally);
    this.#tellStored(tally, stores.takeAll());
  }

  queryReceived({ party }: AssociationTally, received: AuditedQuery): void {
    this.#write((own) => query(party, received, own, { at: this.#clock.now() }));
  }

  instancesTransferred({ requestor, destination, studies, words }: TransferObservation): void {
    const at = this.#clock.now();
    for (const { studyInstanceUid, sent, failed } of studies) {
      this.#withPatient(studyInstanceUid, (patientId) => {
        const told = (
          sopClasses: AuditedStudy['sopClasses'],
          happening: Parameters<typeof instancesSent>[4],
        ) => {
          if (sopClasses.size === 0) return;
          const study = { studyInstanceUid, patientId, sopClasses };
          this.#write((own) => instancesSent(requestor, destination, study, own, happening));
        };
        // What went well and what did not are told apart — PS3.15 Table A.5.2-1.
        told(sent, { at });
        told(failed, { at, outcome: 4, outcomeDescription: words ?? 'not sent' });
      });
    }
  }

  #tick(): void {
    const now = this.#clock.now();
    for (const [tally, stores] of this.#stores) {
      this.#tellStored(tally, stores.takeDue(now));
      // An instance may be stored after the end of its association.
      if (stores.isEmpty) this.#stores.delete(tally);
    }
    for (const [key, at] of this.#accesses) if (now - at >= ACCESS_MS) this.#accesses.delete(key);
  }

  #tellStored({ party }: AssociationTally, studies: readonly AuditedStudy[]): void {
    const at = this.#clock.now();
    for (const study of studies) this.#write((own) => instancesReceived(party, study, own, { at }));
  }

  /** Calls `tell` when the catalogue has said whose study it is, or does not say in time. */
  #withPatient(studyInstanceUid: string, tell: (patientId: string | undefined) => void): void {
    if (this.#pending.size >= PENDING_MAX) {
      tell(undefined);
      return;
    }
    const late = () => new Error('the catalogue does not say whose study it is');
    const telling = within(PATIENT_TIMEOUT_MS, late, () => this.#options.patientIdOf(studyInstanceUid))
      .catch(() => undefined)
      .then(tell)
      .finally(() => this.#pending.delete(telling));
    this.#pending.add(telling);
  }

  /** Whoever tells us something is in the middle of it: nothing is thrown at him. */
  #write(build: (own: OwnNames) => AuditMessage | undefined): void {
    try {
      const own = this.#options.own();
      const message = build(own);
      if (message === undefined) return;
      this.#options.write(auditXml(message, `${own.aeTitles[0] ?? ''}@${this.#options.hostName}`));
    } catch (error) {
      this.#options.log.error('bug', { reason: messageOf(error) });
    }
  }
}
