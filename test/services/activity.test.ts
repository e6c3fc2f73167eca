import { expect } from 'chai';
import type { CatalogEvent, RecordedEvent } from '../../src/catalog/event-repository.ts';
import { Problem } from '../../src/lib/problem.ts';
import { Activity } from '../../src/services/activity.ts';
import type { NewEvent } from '../../src/services/activity-kinds.ts';
import type { Sighting } from '../../src/services/activity-sightings.ts';
import { type FakeClock, fakeClock } from '../helpers/fake-clock.ts';
import { party, refuse, store, tally } from '../helpers/observations.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { memoryLog } from './fixtures.ts';

const LOGIN: NewEvent = { kind: 'login', severity: 'info', words: 'anna signed in', fields: { by: 'anna' } };

describe('Activity', () => {
  let clock: FakeClock;
  let written: CatalogEvent[];
  let touched: Sighting[];
  let isDown: boolean;
  let log: ReturnType<typeof memoryLog>;
  let activity: Activity;

  beforeEach(() => {
    clock = fakeClock();
    written = [];
    touched = [];
    isDown = false;
    log = memoryLog();
    activity = new Activity({
      catalog: {
        events: {
          async recordAll(events) {
            if (isDown) throw new Problem('catalog-unavailable', 'down');
            const first = written.length + 1;
            written.push(...events);
            return events.map((_, index) => first + index);
          },
        },
        peers: {
          async touch(seen) {
            if (isDown) throw new Problem('catalog-unavailable', 'down');
            touched.push(...seen);
          },
        },
      },
      log,
      clock,
    });
  });
  afterEach(async () => {
    isDown = false;
    await activity.stop();
  });

  const ofKind = (kind: string) => written.filter((event) => event.kind === kind);

  it('writes an event with the time at which it happened, and logs it', async () => {
    const at = clock.now();

    activity.record(LOGIN);
    await clock.advance(1000);

    expect(written).to.deep.equal([{ ...LOGIN, at }]);
    expect(JSON.stringify(log.lines)).to.include('anna signed in');
  });

  it('tells listeners of an event when it has its id, and not before', async () => {
    const told: RecordedEvent[] = [];
    const end = activity.subscribe({ event: (event) => told.push(event), associations: () => undefined });

    isDown = true;
    activity.record(LOGIN);
    await clock.advance(5000);
    expect(told).to.deep.equal([]);
    isDown = false;
    await clock.advance(10_000);
    expect(told.map(({ id, words }) => ({ id, words }))).to.deep.equal([{ id: 1, words: 'anna signed in' }]);

    end();
    activity.record(LOGIN);
    await clock.advance(1000);
    expect(told).to.have.lengthOf(1);
  });

  it('keeps events while the catalogue is away, in their order, and each once', async () => {
    isDown = true;
    for (let index = 0; index < 450; index++) activity.record({ ...LOGIN, words: `login ${index}` });
    await clock.advance(60_000);
    expect(activity.waitingEvents).to.deep.equal({ waiting: 450, dropped: 0 });

    isDown = false;
    await clock.advance(15_000);

    expect(written.map(({ words }) => words)).to.deep.equal(
      Array.from({ length: 450 }, (_, index) => `login ${index}`),
    );
  });

  it('drops the oldest that tell of nothing wrong when too many wait, counts them and says so', async () => {
    isDown = true;
    activity.record({ ...LOGIN, severity: 'error', words: 'the first, and grave' });
    for (let index = 0; index < 6000; index++) activity.record({ ...LOGIN, words: `login ${index}` });
    expect(activity.waitingEvents).to.deep.equal({ waiting: 5000, dropped: 1001 });

    isDown = false;
    await clock.advance(15_000);

    expect(written[0]?.words).to.equal('the first, and grave');
    expect(written[1]?.words).to.equal('login 1001');
    expect(JSON.stringify(log.lines)).to.include('events dropped');
  });

  it('tells of what an association has stored once for each study, when it has ended', async () => {
    const association = tally();
    activity.associationOpened(association);
    for (let index = 0; index < 3; index++) store(activity, association);
    store(activity, association, { studyInstanceUid: '1.2.4', modality: 'SR', sizeBytes: 7 });
    await clock.advance(2000);
    expect(written).to.deep.equal([]);

    activity.associationEnded(association, true, '');
    await clock.advance(1000);

    expect(ofKind('instances-stored').map(({ words }) => words)).to.deep.equal([
      'CT1 stored 3 instances, 3.0 KB, of study 1.2.3',
      'CT1 stored 1 instance, 7 bytes, of study 1.2.4',
    ]);
    expect(ofKind('instances-stored')[0]?.fields).to.deep.equal({
      caller: 'CT1',
      called: 'DICOMKEEP',
      address: '192.0.2.7',
      studyInstanceUid: '1.2.3',
      instances: 3,
      bytes: 3000,
      modality: 'CT',
      durationMs: 0,
    });
    expect(ofKind('association-ended').map(({ words, severity }) => ({ words, severity }))).to.deep.equal([
      { severity: 'info', words: 'association of CT1 at 192.0.2.7 ended after 4 stored' },
    ]);
  });

  it('tells of a study that has come to rest on an association that stays open', async () => {
    const association = tally();
    activity.associationOpened(association);
    store(activity, association);
    await clock.advance(20_000);
    store(activity, association);
    await clock.advance(25_000);
    expect(written).to.deep.equal([]);

    await clock.advance(10_000);

    expect(written.map(({ kind, fields }) => [kind, fields['instances']])).to.deep.equal([
      ['instances-stored', 2],
    ]);
    activity.associationEnded(association, true, '');
    await clock.advance(1000);
    expect(ofKind('instances-stored')).to.have.lengthOf(1);
  });

  it('tells every five minutes of a study that goes on and on', async () => {
    const association = tally();
    activity.associationOpened(association);
    for (let second = 0; second < 620; second += 10) {
      store(activity, association);
      await clock.advance(10_000);
    }

    expect(ofKind('instances-stored')).to.have.lengthOf(2);
  });

  it('tells of refusals once for each reason, out of resources as an error', async () => {
    const association = tally();
    activity.associationOpened(association);
    refuse(activity, association, 'Refused: Out of Resources (A700H)', 'disk full');
    refuse(activity, association, 'Refused: Out of Resources (A700H)', 'disk full');
    refuse(
      activity,
      association,
      'Error: Data Set does not match SOP Class (A900H)',
      'instance is 1.2, not the one announced',
    );
    activity.associationEnded(association, true, '');
    await clock.advance(1000);

    expect(ofKind('instances-refused').map(({ words, severity }) => [severity, words])).to.deep.equal([
      ['error', '2 instances from CT1 at 192.0.2.7 refused: disk full'],
      ['warning', '1 instance from CT1 at 192.0.2.7 refused: instance is 1.2, not the one announced'],
    ]);
    expect(ofKind('association-ended')[0]?.severity).to.equal('warning');
  });

  it('names no more than fifty reasons of one association', async () => {
    const association = tally();
    activity.associationOpened(association);
    for (let index = 0; index < 500; index++) refuse(activity, association, 'A900H', `reason ${index}`);
    activity.associationEnded(association, true, '');
    await clock.advance(1000);

    const refused = ofKind('instances-refused');
    expect(refused).to.have.lengthOf(51);
    expect(refused.at(-1)?.words).to.equal(
      '450 instances from CT1 at 192.0.2.7 refused: for further reasons',
    );
  });

  it('marks an association that only echoed, and passes over one that did nothing', async () => {
    const echoing = { ...tally(), echoes: 1 };
    const idle = tally();
    for (const association of [echoing, idle]) {
      activity.associationOpened(association);
      activity.associationEnded(association, true, '');
    }
    await clock.advance(1000);

    expect(written.map(({ words, fields }) => [words, fields['operation']])).to.deep.equal([
      ['association of CT1 at 192.0.2.7 ended after echo', 'C-ECHO'],
    ]);
  });

  it('says why an association broke off', async () => {
    const association = tally();
    activity.associationOpened(association);
    store(activity, association);
    activity.associationEnded(association, false, 'connection closed');
    await clock.advance(1000);

    const [event] = ofKind('association-ended');
    expect(event?.words).to.equal(
      'association of CT1 at 192.0.2.7 broke off after 1 stored: connection closed',
    );
    expect(event?.severity).to.equal('warning');
    expect(event?.fields['reason']).to.equal('connection closed');
  });

  it('tells of retrieves and refused queries, with the words of the answer', async () => {
    const association = tally({ callingAeTitle: 'WS1' });
    activity.associationOpened(association);
    activity.retrieveAnswered(association, {
      operation: 'C-MOVE',
      destination: 'WS2',
      studyInstanceUid: '1.2.3',
      completed: 5,
      failed: 1,
      warning: 0,
      tookMs: 12.4,
      words: 'WS2 does not take JPEG',
    });
    activity.queryRefused(
      association,
      'C-FIND',
      'Refused: Not Authorized (0124H)',
      'WS1 at 192.0.2.7 is no peer: no find',
    );
    await clock.advance(1000);

    expect(written.map(({ kind, severity, words }) => [kind, severity, words])).to.deep.equal([
      ['retrieve-answered', 'warning', 'C-MOVE of WS1 to WS2: 5 sent, 1 failed: WS2 does not take JPEG'],
      [
        'query-refused',
        'warning',
        'C-FIND of WS1 at 192.0.2.7 refused: WS1 at 192.0.2.7 is no peer: no find',
      ],
    ]);
    expect(written[0]?.fields).to.include({ studyInstanceUid: '1.2.3', destination: 'WS2', durationMs: 12 });
  });

  it('makes one event of a storm from one address, which does not hide others', async () => {
    for (let index = 0; index < 1000; index++) {
      activity.associationRejected(party({ isPeer: false }), 'calling-ae-title', 'CT1 is no peer');
    }
    const other = party({ address: '192.0.2.9', callingAeTitle: 'MR1' });
    activity.associationRejected(other, 'called-ae-title', 'we are not ARCHIVE');
    await clock.advance(61_000);

    const rejected = ofKind('association-rejected');
    expect(rejected).to.have.lengthOf(12);
    expect(rejected[10]?.fields['caller']).to.equal('MR1');
    expect(rejected[11]?.words).to.equal(
      '990 more like it within a minute, the last: association from CT1 at 192.0.2.7 to DICOMKEEP rejected: CT1 is no peer',
    );
    expect(rejected[11]?.fields).to.include({ count: 990, address: '192.0.2.7', reason: 'CT1 is no peer' });
    expect(activity.eventCounts.get('association-rejected')).to.equal(1001);
  });

  it('adds up what a device has stored that opens an association for each instance', async () => {
    for (let index = 0; index < 100; index++) {
      const association = tally();
      activity.associationOpened(association);
      store(activity, association);
      activity.associationEnded(association, true, '');
    }
    await clock.advance(61_000);

    const stored = ofKind('instances-stored');
    expect(stored).to.have.lengthOf(11);
    const sum = stored.reduce((total, { fields }) => total + Number(fields['instances']), 0);
    expect(sum).to.equal(100);
    expect(stored.at(-1)?.fields).to.include({ count: 90, studyInstanceUid: '1.2.3', bytes: 90_000 });
  });

  it('makes one event of many failed logins, and of no other that is recorded', async () => {
    for (let index = 0; index < 50; index++) {
      activity.record({ ...LOGIN, kind: 'login-failed', fields: { address: '192.0.2.66' } });
      activity.record({ ...LOGIN, kind: 'setting-changed' });
    }
    await clock.advance(61_000);

    expect(ofKind('login-failed')).to.have.lengthOf(11);
    expect(ofKind('setting-changed')).to.have.lengthOf(50);
  });

  it('lets nothing into an event that would steer a terminal or fill the catalogue', async () => {
    const association = tally({ callingAeTitle: '\u001b[2J\nEVIL' });
    activity.associationOpened(association);
    activity.queryRefused(association, 'C-FIND', 'Refused: Not Authorized (0124H)', 'x'.repeat(100_000));
    await clock.advance(1000);

    const [event] = written;
    expect(event?.words).to.have.lengthOf(1000);
    expect(JSON.stringify(event)).to.have.length.below(2500);
    expect(event?.fields['caller']).to.equal('\ufffd[2J\ufffdEVIL');
  });

  it('knows which associations are open, and tells of those that come and go', () => {
    let changes = 0;
    activity.subscribe({ event: () => undefined, associations: () => (changes += 1) });
    const one = tally();
    const other = tally({ callingAeTitle: 'MR1' });

    activity.associationOpened(one);
    activity.associationOpened(other);
    activity.associationEnded(one, true, '');

    expect(activity.openAssociations()).to.deep.equal([other]);
    expect(changes).to.equal(3);
  });

  it('knows how fast instances come, over ten seconds', async () => {
    const association = tally();
    activity.associationOpened(association);
    for (let index = 0; index < 50; index++) store(activity, association);
    await clock.advance(1000);
    expect(activity.rate()).to.deep.equal({ instancesPerSecond: 5, bytesPerSecond: 5000 });

    await clock.advance(9000);
    expect(activity.rate().instancesPerSecond).to.equal(5);
    await clock.advance(2000);
    expect(activity.rate()).to.deep.equal({ instancesPerSecond: 0, bytesPerSecond: 0 });
  });

  it('counts what came by modality and caller, a bounded number of them', () => {
    for (let index = 0; index < 2000; index++) {
      store(activity, tally({ callingAeTitle: `AE${index}` }), { modality: `M${index % 3}` });
    }

    const { total, byModality, byCaller } = activity.arrivals();
    expect(total).to.deep.equal({ instances: 2000, bytes: 2_000_000 });
    expect(byModality.get('M2')).to.deep.equal({ instances: 666, bytes: 666_000 });
    expect(byCaller.size).to.be.below(502);
    expect(byCaller.get('other')?.instances).to.equal(1500);
  });

  it('notes when peers were seen and stored last, while their association is open and at its end', async () => {
    const association = tally();
    const stranger = tally({ callingAeTitle: 'XR9', isPeer: false });
    const openedAt = clock.now();
    for (const one of [association, stranger]) activity.associationOpened(one);
    for (const one of [association, stranger]) store(activity, one);
    await clock.advance(5500);

    expect(touched).to.have.lengthOf(1);
    expect(touched[0]).to.deep.include({ aeTitle: 'CT1', storedAt: openedAt });
    expect(activity.lastStored()).to.deep.equal(
      new Map([
        ['CT1', openedAt],
        ['XR9', openedAt],
      ]),
    );
  });

  it('notes what could not be written when the catalogue is back', async () => {
    isDown = true;
    const association = tally();
    activity.associationOpened(association);
    store(activity, association);
    const storedAt = clock.now();
    activity.associationEnded(association, true, '');
    await clock.advance(20_000);
    expect(touched).to.deep.equal([]);

    isDown = false;
    await clock.advance(6000);

    expect(touched).to.have.lengthOf(1);
    expect(touched[0]).to.deep.include({ aeTitle: 'CT1', storedAt });
  });

  it('takes a peer as seen to which instances were sent', async () => {
    const association = tally({ callingAeTitle: 'WS1', isPeer: false });
    const retrieved = { studyInstanceUid: undefined, failed: 0, warning: 0, tookMs: 1, words: undefined };
    const to = (destination: string, completed: number) =>
      activity.retrieveAnswered(association, { ...retrieved, operation: 'C-MOVE', destination, completed });

    to('WS2', 3);
    to('WS3', 0);
    await clock.advance(6000);

    expect(touched.map(({ aeTitle }) => aeTitle)).to.deep.equal(['WS2']);
  });

  it('writes at its end what it has kept back', async () => {
    const association = tally();
    activity.associationOpened(association);
    store(activity, association);
    for (let index = 0; index < 30; index++) activity.connectionDropped('192.0.2.66');

    await activity.stop();

    expect(ofKind('instances-stored')).to.have.lengthOf(1);
    expect(ofKind('association-rejected')).to.have.lengthOf(11);
    expect(touched).to.have.lengthOf(1);
  });

  it('ends within two seconds while the catalogue hangs, and says what is lost', async () => {
    const hanging = new Activity({
      catalog: {
        events: { recordAll: () => new Promise(() => undefined) },
        peers: { touch: () => new Promise(() => undefined) },
      },
      log,
      clock,
    });
    hanging.associationOpened(tally());
    for (let index = 0; index < 300; index++) hanging.record(LOGIN);
    const startedAt = performance.now();

    await hanging.stop();

    expect(performance.now() - startedAt).to.be.within(1900, atMost(2500));
    expect(JSON.stringify(log.lines)).to.include('events lost');
  }).timeout(60_000);

  it('passes over events that cannot be written for another reason, and says so', async () => {
    let calls = 0;
    const odd = new Activity({
      catalog: {
        events: {
          async recordAll() {
            calls += 1;
            throw new TypeError('odd');
          },
        },
        peers: { touch: async () => undefined },
      },
      log,
      clock,
    });
    odd.record(LOGIN);
    await clock.advance(30_000);
    await odd.stop();

    expect(calls).to.equal(1);
    expect(JSON.stringify(log.lines)).to.include('odd');
  });
});
