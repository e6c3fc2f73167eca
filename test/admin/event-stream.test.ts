import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { EventStream } from '../../src/admin/event-stream.ts';
import type { RecordedEvent } from '../../src/catalog/event-repository.ts';
import type { Job } from '../../src/jobs/queue.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { ActivityListener } from '../../src/services/activity.ts';
import type { AssociationTally } from '../../src/services/observer.ts';
import type { StatusReport } from '../../src/services/status.ts';
import { type FakeClock, fakeClock } from '../helpers/fake-clock.ts';
import { tally } from '../helpers/observations.ts';
import { memoryLog } from '../services/fixtures.ts';

interface Message {
  event: string;
  id: string | undefined;
  data: unknown;
}

function eventOf(id: number, fields: Partial<RecordedEvent> = {}): RecordedEvent {
  return { id, at: 0, kind: 'login', severity: 'info', words: `event ${id}`, fields: {}, ...fields };
}

describe('EventStream', () => {
  let clock: FakeClock;
  let listeners: Set<ActivityListener>;
  let jobListeners: Set<(job: Job) => void>;
  let open: AssociationTally[];
  let kept: RecordedEvent[];
  let list: (filter: { kinds?: readonly string[]; limit: number }) => Promise<RecordedEvent[]>;
  let statusCount: number;
  let live: EventStream;

  beforeEach(() => {
    clock = fakeClock();
    listeners = new Set();
    jobListeners = new Set();
    open = [];
    kept = [];
    statusCount = 0;
    list = async ({ kinds, limit }) =>
      kept
        .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
        .toSorted((one, other) => other.id - one.id)
        .slice(0, limit);
    live = new EventStream({
      activity: {
        subscribe(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        openAssociations: () => open,
      },
      status: {
        async current() {
          statusCount += 1;
          return { version: '1.2.3' } as StatusReport;
        },
      },
      jobs: {
        onChange(listener) {
          jobListeners.add(listener);
          return () => jobListeners.delete(listener);
        },
      },
      catalog: { events: { list: (filter) => list(filter) } },
      log: memoryLog(),
      clock,
    });
  });

  /** What has come since it was last asked. */
  function messagesOf(stream: Readable): Message[] {
    const text = String(stream.read() ?? '');
    return text
      .split('\n\n')
      .filter((block) => /^(id|event):/m.test(block))
      .map((block) => {
        const lines = new Map(
          block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
        );
        return {
          event: lines.get('event') ?? '',
          id: lines.get('id'),
          data: JSON.parse(lines.get('data') ?? 'null'),
        };
      });
  }

  let readers = 0;

  /** Each is another account unless it is named. */
  function opened(
    lastEventId?: number,
    reader = `user ${readers++}`,
  ): { stream: Readable; gone: AbortController } {
    const gone = new AbortController();
    return { stream: live.open(gone.signal, reader, lastEventId), gone };
  }

  const tell = (event: RecordedEvent) => {
    for (const listener of listeners) listener.event(event);
  };
  const only = (stream: Readable, event: string) =>
    messagesOf(stream).filter((message) => message.event === event);

  it('tells at once which associations are open, and within half a second how the archive is', async () => {
    open = [tally()];
    const { stream } = opened();
    const text = String(stream.read());
    expect(text).to.match(/^retry: 3000\n\nevent: associations\ndata: \[\{"number":/);

    await clock.advance(500);

    expect(only(stream, 'status').map(({ data }) => data)).to.deep.equal([{ version: '1.2.3' }]);
  });

  it('tells of each event with its id, in one line whatever it holds', () => {
    const { stream } = opened();
    messagesOf(stream);

    tell(eventOf(7, { words: 'two\nlines\n\nevent: evil' }));

    expect(messagesOf(stream)).to.deep.equal([
      { event: 'event', id: '7', data: eventOf(7, { words: 'two\nlines\n\nevent: evil' }) },
    ]);
  });

  it('tells of a job that changes as the API tells of it', () => {
    const { stream } = opened();
    messagesOf(stream);
    const job = {
      id: 3,
      kind: 'send',
      state: 'running',
      by: 'anna',
      payload: { studyInstanceUid: '1.2.3', peer: 'WS1' },
      progress: { done: 1, failed: 0, total: 5 },
      attempts: 1,
      runAt: 0,
      createdAt: 0,
      changedAt: 0,
      words: '',
    } as Job;

    for (const listener of jobListeners) listener(job);

    const [message] = messagesOf(stream);
    expect(message).to.have.nested.property('data.subject.peer', 'WS1');
    expect(message?.event).to.equal('jobs');
  });

  it('asks for the status once for all readers, every five seconds, and not at all without them', async () => {
    const readers = [opened(), opened(), opened()];
    await clock.advance(15_500);
    expect(statusCount).to.equal(4);
    for (const { stream } of readers) expect(only(stream, 'status')).to.have.lengthOf(4);

    for (const { gone } of readers) gone.abort();
    await nextTurn();
    await clock.advance(60_000);

    expect(statusCount).to.equal(4);
    expect([listeners.size, jobListeners.size]).to.deep.equal([0, 0]);
  });

  it('tells of associations at most once a second, while some are open or when they have changed', async () => {
    const { stream } = opened();
    await clock.advance(5000);
    messagesOf(stream);
    for (let index = 0; index < 100; index++) for (const listener of listeners) listener.associations();
    await clock.advance(3000);
    expect(only(stream, 'associations')).to.have.lengthOf(1);

    open = [tally()];
    await clock.advance(3000);
    expect(only(stream, 'associations')).to.have.lengthOf(3);
  });

  it('shows every fifteen seconds that it is there', async () => {
    const { stream } = opened();
    await clock.advance(31_000);

    expect(String(stream.read()).match(/^: still here$/gm)).to.have.lengthOf(2);
  });

  it('first tells a reader who comes back what it has missed, then what came meanwhile, each once', async () => {
    kept = [5, 6, 7, 8].map((id) => eventOf(id));
    const { stream } = opened(6);
    tell(eventOf(8));
    tell(eventOf(9));
    await nextTurn();
    tell(eventOf(10));

    expect(only(stream, 'event').map(({ id }) => id)).to.deep.equal(['7', '8', '9', '10']);
  });

  it('tells two hundred missed events at most, the newest', async () => {
    kept = Array.from({ length: 1000 }, (_, index) => eventOf(index + 1));
    const { stream } = opened(1);
    await nextTurn();

    const told = only(stream, 'event');
    expect([told.length, told[0]?.id, told.at(-1)?.id]).to.deep.equal([200, '801', '1000']);
  });

  it('goes on without what was missed while the catalogue is away', async () => {
    list = async () => {
      throw new Problem('catalog-unavailable', 'down');
    };
    const { stream } = opened(6);
    await nextTurn();
    tell(eventOf(9));

    expect(only(stream, 'event').map(({ id }) => id)).to.deep.equal(['9']);
  });

  it('tells of conflicts that were recorded elsewhere, but not of those that were there before', async () => {
    kept = [eventOf(4, { kind: 'instance-conflict' })];
    const { stream } = opened();
    await clock.advance(1000);
    kept.push(eventOf(6, { kind: 'instance-conflict' }), eventOf(5, { kind: 'instance-conflict' }));
    await clock.advance(20_000);

    const told = only(stream, 'event');
    expect(told.map(({ id, data }) => [id, (data as RecordedEvent).id])).to.deep.equal([
      [undefined, 5],
      [undefined, 6],
    ]);
  });

  it('drops a reader that does not read', async () => {
    const { stream } = opened();
    const { stream: other } = opened();
    for (let index = 0; index < 1000; index++) {
      tell(eventOf(index, { words: 'x'.repeat(1000) }));
      other.read();
    }

    expect(stream.destroyed).to.equal(true);
    expect(other.destroyed).to.equal(false);
  });

  it('lets fifty listen and tells the next one why not, until one has gone', async () => {
    const readers = Array.from({ length: 50 }, () => opened());
    expect(() => opened()).to.throw(Problem, '50 pages listen already');

    readers[0]?.gone.abort();
    await nextTurn();

    expect(() => opened()).not.to.throw();
  });

  it('lets ten listen of one account, and others none the less', async () => {
    const readers = Array.from({ length: 10 }, () => opened(undefined, 'anna'));
    expect(() => opened(undefined, 'anna')).to.throw(Problem, '10 pages of anna listen already');
    expect(() => opened(undefined, 'bert')).not.to.throw();

    readers[0]?.gone.abort();
    await nextTurn();

    expect(() => opened(undefined, 'anna')).not.to.throw();
  });

  it('ends when the reader has gone, also when it had gone before', async () => {
    const gone = AbortSignal.abort();
    const stream = live.open(gone, 'anna', undefined);
    await nextTurn();

    expect(stream.destroyed).to.equal(true);
    expect(listeners.size).to.equal(0);
  });

  it('ends after five minutes, so that whoever was signed out cannot listen for ever', async () => {
    const { stream } = opened();
    let isEnded = false;
    stream.on('data', () => undefined).once('end', () => (isEnded = true));
    await clock.advance(299_000);
    expect(isEnded).to.equal(false);

    await clock.advance(2000);

    expect(isEnded).to.equal(true);
  });
});
