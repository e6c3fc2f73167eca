import type { Catalog } from '../catalog/catalog.ts';
import type { Peer } from '../catalog/peer-repository.ts';
import type { Sender, SendRequest, SendResult, SendSubject } from '../jobs/send.ts';
import { Problem } from '../lib/problem.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import type { Observer } from './observer.ts';
import type { ContextNeed, Counters, RetrieveService, StoreTarget, TransferRequest } from './retrieve.ts';
import { TransferNotes } from './transfer-notes.ts';

/** Associations to peers; `net` implements it. */
export interface StoreTargets {
  /** @throws Problem 'peer-unreachable'; 'cancelled' where `signal` has fired, which ends the association within a second */
  openStoreTarget(
    peer: Peer,
    needs: readonly ContextNeed[],
    options: { priority: number; signal: AbortSignal },
  ): Promise<StoreTarget>;
}

export interface SendingOptions {
  peers: Pick<Catalog['peers'], 'findByAeTitle'>;
  retrieve: Pick<RetrieveService, 'transfer'>;
  outbound: StoreTargets;
  files: Pick<InstanceFiles, 'assertOnline'>;
  observer: Pick<Observer, 'instancesTransferred'>;
}

/** Priority of a C-STORE-RQ — PS3.7 §9.3.1.1. */
const PRIORITY_MEDIUM = 0;

/** Studies, series and instances to a peer because somebody on our side wants it: the sub-operations of a C-MOVE without the C-MOVE — PS3.4 §B. */
export class Sending implements Sender {
  readonly #options: SendingOptions;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** Whatever was sent is told of, also where the rest could not be. */
  async send(request: SendRequest): Promise<SendResult> {
    const { by: name, peer: destination } = request;
    const requestor = { user: { name, address: undefined } };
    const notes = new TransferNotes((studies, words) =>
      this.#options.observer.instancesTransferred({ requestor, destination, studies, words }),
    );
    try {
      return await this.#send(request, notes);
    } finally {
      notes.end();
    }
  }

  async #send(request: SendRequest, notes: TransferNotes): Promise<SendResult> {
    const { peer: aeTitle, signal } = request;
    const { files, outbound, peers, retrieve } = this.#options;
    const peer = await peers.findByAeTitle(aeTitle);
    if (peer === undefined) throw new Problem('not-found', `no peer ${aeTitle}`);
    await files.assertOnline();
    const loss = new Loss();
    const transfer = retrieve.transfer({
      ...selectionOf(request),
      signal: AbortSignal.any([signal, loss.signal]),
      openTarget: async (needs) =>
        loss.watch(await outbound.openStoreTarget(peer, needs, { priority: PRIORITY_MEDIUM, signal })),
      noted: (instance, isSent) => notes.add(instance, isSent),
    });
    let next = await transfer.next();
    while (next.done !== true) {
      request.progress(progressOf(next.value));
      next = await transfer.next();
    }
    const { counters, words } = next.value;
    notes.end(words);
    const { done, failed, total } = progressOf(counters);
    request.progress({ done, failed, total });
    if (signal.aborted && counters.remaining > 0)
      throw new Problem('cancelled', `cancelled after ${done} of ${total} instances`);
    if (loss.problem !== undefined) {
      const reason = `${loss.problem.message}, after ${done} of ${total} instances`;
      throw new Problem(loss.problem.code, reason, { cause: loss.problem });
    }
    if (total === 0) {
      const { sopInstanceUid, seriesInstanceUid, studyInstanceUid } = request;
      throw new Problem(
        'not-found',
        `no instances of ${sopInstanceUid ?? seriesInstanceUid ?? studyInstanceUid}`,
      );
    }
    // Where the volume went away on the way, that is what failed, and it may come back.
    if (failed > 0) await files.assertOnline();
    return { sent: done, failed, reason: words ?? '' };
  }
}

/** What a C-MOVE would name — PS3.4 §C.4.2.2.1. */
function selectionOf({
  studyInstanceUid,
  seriesInstanceUid,
  sopInstanceUid,
}: SendSubject): Pick<TransferRequest, 'level' | 'uids'> {
  const uids = {
    studyInstanceUids: [studyInstanceUid],
    ...(seriesInstanceUid !== undefined && { seriesInstanceUids: [seriesInstanceUid] }),
    ...(sopInstanceUid !== undefined && { sopInstanceUids: [sopInstanceUid] }),
  };
  if (sopInstanceUid !== undefined) return { level: 'IMAGE', uids };
  return { level: seriesInstanceUid === undefined ? 'STUDY' : 'SERIES', uids };
}

/** A warning is a success with remarks — PS3.4 §C.4.2.1.9. */
function progressOf({ completed, warning, failed, remaining }: Counters) {
  const done = completed + warning;
  return { done, failed, total: done + failed + remaining };
}

/**
 * Sees when the association is lost, and ends the transfer then: to attempt the rest would fail for each, and the lost association, other than a refused
 * instance, is worth another attempt.
 */
class Loss {
  readonly #controller = new AbortController();
  /** The last failure that the association may have survived. */
  #before: Problem | undefined;
  problem: Problem | undefined;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  watch(target: StoreTarget): StoreTarget {
    return {
      preferredTransferSyntaxes: target.preferredTransferSyntaxes ?? [],
      transferSyntaxesFor: (sopClassUid) => target.transferSyntaxesFor(sopClassUid),
      close: () => target.close(),
      store: async (operation, options) => {
        try {
          return await target.store(operation, options);
        } catch (error) {
          if (error instanceof Problem) this.#note(error);
          throw error;
        }
      },
    };
  }

  #note(problem: Problem): void {
    if (problem.code !== 'peer-unreachable') {
      this.#before = problem;
      return;
    }
    // An instance that cannot be read to its end takes the association with it: then that is the reason, and no other attempt helps.
    this.problem ??= this.#before?.message === problem.message ? this.#before : problem;
    this.#controller.abort();
  }
}
