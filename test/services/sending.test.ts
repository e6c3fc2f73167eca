import { expect } from 'chai';
import type { StoredInstance } from '../../src/catalog/catalog.ts';
import type { Peer } from '../../src/catalog/peer-repository.ts';
import type { SendRequest } from '../../src/jobs/send.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { TransferObservation } from '../../src/services/observer.ts';
import type {
  ContextNeed,
  Counters,
  RetrieveResult,
  StoreTarget,
  SubOperation,
  TransferRequest,
} from '../../src/services/retrieve.ts';
import { Sending } from '../../src/services/sending.ts';
import { refusalOf } from '../storage/problems.ts';

const PEER = { aeTitle: 'WS1', host: '192.0.2.7', port: 104 } as Peer;
const NEEDS: readonly ContextNeed[] = [{ sopClassUid: '1.1', transferSyntaxUid: '1.2' }];
const INSTANCE = { studyInstanceUid: '1.2', sopClassUid: '1.1' } as StoredInstance;
const OPERATION = { sopInstanceUid: '1.2.3' } as SubOperation;

describe('Sending', () => {
  let asked: TransferRequest[];
  let offline: Problem | undefined;
  let store: (count: number) => Promise<number>;
  let stored: number;
  let closed: number;
  let progress: unknown[];
  let opened: unknown[];
  let controller: AbortController;
  let told: TransferObservation[];

  beforeEach(() => {
    asked = [];
    offline = undefined;
    store = async () => 0;
    stored = 0;
    closed = 0;
    progress = [];
    opened = [];
    controller = new AbortController();
    told = [];
  });

  /** Does what RetrieveService does with a target: one sub-operation after the other until the signal is aborted. */
  function sending(total: number) {
    async function* transfer(request: TransferRequest): AsyncGenerator<Counters, RetrieveResult, undefined> {
      asked.push(request);
      const counters = { remaining: total, completed: 0, failed: 0, warning: 0 };
      let words: string | undefined;
      if (total > 0) {
        const target = await request.openTarget(NEEDS);
        for (let count = 1; count <= total && !request.signal.aborted; count++) {
          counters.remaining -= 1;
          try {
            const status = await target.store(OPERATION);
            if (status === 0) counters.completed += 1;
            else counters.warning += 1;
            request.noted?.(INSTANCE, true);
          } catch (error) {
            counters.failed += 1;
            request.noted?.(INSTANCE, false);
            words ??= (error as Error).message;
          }
          yield { ...counters };
        }
        await target.close();
      }
      return { status: 0, counters, failedUids: [], words };
    }
    const target: StoreTarget = {
      preferredTransferSyntaxes: ['1.2.840.10008.1.2'],
      transferSyntaxesFor: (sopClassUid) => [sopClassUid],
      store: () => store(++stored),
      close: async () => {
        closed += 1;
      },
    };
    const service = new Sending({
      peers: { findByAeTitle: async (aeTitle) => (aeTitle === 'WS1' ? PEER : undefined) },
      retrieve: { transfer },
      outbound: {
        async openStoreTarget(...args) {
          opened.push(args);
          return target;
        },
      },
      files: {
        async assertOnline() {
          if (offline !== undefined) throw offline;
        },
      },
      observer: { instancesTransferred: (transferred) => told.push(transferred) },
    });
    return (request: Partial<SendRequest> = {}) =>
      service.send({
        studyInstanceUid: '1.2',
        peer: 'WS1',
        by: 'Mia',
        signal: controller.signal,
        progress: (news) => progress.push(news),
        ...request,
      });
  }

  it('sends what the study has to the peer, and tells how far it is', async () => {
    const result = await sending(2)();

    expect(result).to.deep.equal({ sent: 2, failed: 0, reason: '' });
    expect(asked[0]).to.deep.include({ level: 'STUDY', uids: { studyInstanceUids: ['1.2'] } });
    expect(opened).to.deep.equal([[PEER, NEEDS, { priority: 0, signal: controller.signal }]]);
    expect(progress[0]).to.deep.equal({ done: 1, failed: 0, total: 2 });
    expect(progress.at(-1)).to.deep.equal({ done: 2, failed: 0, total: 2 });
    expect(closed).to.equal(1);
  });

  it('tells what was sent and what was not, for whom and to whom', async () => {
    store = async (count) => {
      if (count === 2) throw new Problem('unreadable-data-set', 'damaged');
      return 0;
    };

    await sending(3)();

    expect(told).to.deep.equal([
      {
        requestor: { user: { name: 'Mia', address: undefined } },
        destination: 'WS1',
        studies: [{ studyInstanceUid: '1.2', sent: new Map([['1.1', 2]]), failed: new Map([['1.1', 1]]) }],
        words: 'damaged',
      },
    ]);
  });

  it('tells what was sent also where the association is lost on the way', async () => {
    store = async (count) => {
      if (count === 2) throw new Problem('peer-unreachable', 'connection reset');
      return 0;
    };

    await refusalOf(sending(3)());

    expect(told).to.have.lengthOf(1);
    expect(told[0]?.studies[0]?.sent).to.deep.equal(new Map([['1.1', 1]]));
  });

  it('sends one series where that is asked for', async () => {
    await sending(1)({ seriesInstanceUid: '1.2.3' });

    expect(asked[0]).to.deep.include({
      level: 'SERIES',
      uids: { studyInstanceUids: ['1.2'], seriesInstanceUids: ['1.2.3'] },
    });
  });

  it('sends one instance where that is asked for', async () => {
    await sending(1)({ seriesInstanceUid: '1.2.3', sopInstanceUid: '1.2.3.4' });

    const uids = { studyInstanceUids: ['1.2'], seriesInstanceUids: ['1.2.3'], sopInstanceUids: ['1.2.3.4'] };
    expect(asked[0]).to.deep.include({ level: 'IMAGE', uids });
  });

  it('keeps what the peer prefers', async () => {
    await sending(1)();
    const target = await asked[0]?.openTarget(NEEDS);

    expect(target?.preferredTransferSyntaxes).to.deep.equal(['1.2.840.10008.1.2']);
    expect(target?.transferSyntaxesFor('1.1')).to.deep.equal(['1.1']);
  });

  it('counts warnings as sent, and says what failed first', async () => {
    store = async (count) => {
      if (count === 1) return 0xb000;
      throw new Problem('unreadable-data-set', `number ${count} cannot be converted`);
    };

    expect(await sending(3)()).to.deep.equal({ sent: 1, failed: 2, reason: 'number 2 cannot be converted' });
  });

  it('stops at once when the association is lost, and says so as a failure that passes', async () => {
    store = async (count) => {
      if (count === 3) throw new Problem('peer-unreachable', 'WS1: closed the connection');
      return 0;
    };

    expect(await refusalOf(sending(100)())).to.equal(
      'peer-unreachable: WS1: closed the connection, after 2 of 100 instances',
    );
    expect(stored).to.equal(3);
  });

  it('does not call it a failure that passes where an instance that cannot be read took the association with it', async () => {
    store = async (count) => {
      const code = count === 2 ? 'not-found' : 'peer-unreachable';
      if (count >= 2) throw new Problem(code, 'the file is shorter than its data set');
      return 0;
    };

    expect(await refusalOf(sending(100)())).to.equal(
      'not-found: the file is shorter than its data set, after 1 of 100 instances',
    );
  });

  it('ends where it is cancelled', async () => {
    store = async (count) => {
      if (count === 2) controller.abort();
      return 0;
    };

    expect(await refusalOf(sending(10)())).to.equal('cancelled: cancelled after 2 of 10 instances');
    expect(closed).to.equal(1);
  });

  it('has sent everything where the cancel comes after the last one', async () => {
    store = async () => {
      controller.abort();
      return 0;
    };

    expect(await sending(1)()).to.deep.equal({ sent: 1, failed: 0, reason: '' });
  });

  it('refuses a peer that is none any more, a study without instances, and while the volume is away', async () => {
    expect(await refusalOf(sending(1)({ peer: 'WS2' }))).to.equal('not-found: no peer WS2');
    expect(await refusalOf(sending(0)())).to.equal('not-found: no instances of 1.2');
    offline = new Problem('volume-offline', 'the volume is away');
    expect(await refusalOf(sending(1)())).to.equal('volume-offline: the volume is away');
    expect(opened).to.deep.equal([]);
  });

  it('takes a volume that goes away on the way for what it is', async () => {
    store = async () => {
      offline = new Problem('volume-offline', 'the volume is away');
      throw new Problem('not-found', 'no file');
    };

    expect(await refusalOf(sending(2)())).to.equal('volume-offline: the volume is away');
  });
});
