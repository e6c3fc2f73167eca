import { expect } from 'chai';
import { statusSchema } from '../../src/admin/api/status.ts';
import { localDayOf } from '../../src/catalog/local-day.ts';
import type { DayOfArrivals } from '../../src/catalog/statistics-repository.ts';
import { Problem } from '../../src/lib/problem.ts';
import { Activity } from '../../src/services/activity.ts';
import type { NewEvent } from '../../src/services/activity-kinds.ts';
import { StatusService } from '../../src/services/status.ts';
import { ownAddresses } from '../../src/services/status-addresses.ts';
import { type FakeClock, fakeClock } from '../helpers/fake-clock.ts';
import { store, tally } from '../helpers/observations.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { memoryLog } from './fixtures.ts';

const DAY = 86_400_000;
const GB = 1e9;

describe('StatusService', () => {
  let clock: FakeClock;
  let catalog: ReturnType<typeof standInCatalog>;
  let volume: { path: string; id: string | undefined; space: { freeBytes: number; totalBytes: number } };
  let assertOnline: () => Promise<void>;
  let filer: {
    backlogInstances: number;
    backlogBytes: number;
    failure: Problem | undefined;
    unfiledInstances: number;
  };
  let activity: Activity;
  let recorded: NewEvent[];
  let listening: { service: 'dimse' | 'dimse-tls'; host: string; port: number }[];
  let status: StatusService;

  /** As the catalogue would answer, until it is `away` or `hangs`. */
  function standInCatalog() {
    const stand = {
      state: 'here' as 'here' | 'away' | 'hangs',
      questions: 0,
      studies: 2,
      rows: [] as DayOfArrivals[],
      conflictTimes: [] as number[],
      callers: [] as { aeTitle: string; address: string; refused: string; lastSeenAt: number }[],
      knownPeers: [] as { aeTitle: string; lastStoredAt: number | null }[],
    };
    const answer = async <Value>(value: () => Value): Promise<Value> => {
      stand.questions += 1;
      if (stand.state === 'hangs') await new Promise(() => undefined);
      if (stand.state === 'away') throw new Problem('catalog-unavailable', 'catalogue: connection refused');
      return value();
    };
    const sum = (part: 'instances' | 'bytes') => stand.rows.reduce((total, row) => total + row[part], 0);
    return Object.assign(stand, {
      engine: 'sqlite' as const,
      ping: () => answer(() => undefined),
      statistics: {
        days: (from: string, to: string) =>
          answer(() => stand.rows.filter(({ day }) => day >= from && day <= to)),
        totals: () =>
          answer(() => ({
            studies: stand.studies,
            instances: sum('instances'),
            bytes: sum('bytes'),
          })),
      },
      peers: { list: () => answer(() => stand.knownPeers) },
      unknownCallers: { list: () => answer(() => stand.callers) },
      conflicts: {
        count: (since: number) => answer(() => stand.conflictTimes.filter((at) => at >= since).length),
      },
      users: { list: () => answer(() => [{ name: 'admin', mustChangePassword: false }]) },
    });
  }

  function arrived(fields: Partial<DayOfArrivals> = {}): DayOfArrivals {
    const day = localDayOf(clock.now());
    const some = { sourceAeTitle: 'CT1', modality: 'CT', instances: 10, bytes: 1000 };
    return { day, ...some, lastArrivedAt: clock.now() - 60_000, ...fields };
  }

  beforeEach(() => {
    clock = fakeClock();
    catalog = standInCatalog();
    volume = { path: '/volume', id: 'v1', space: { freeBytes: 500 * GB, totalBytes: 1000 * GB } };
    assertOnline = async () => undefined;
    filer = { backlogInstances: 0, backlogBytes: 0, failure: undefined, unfiledInstances: 0 };
    recorded = [];
    listening = [{ service: 'dimse', host: '0.0.0.0', port: 11_112 }];
    activity = new Activity({
      catalog: { events: { recordAll: async () => [] }, peers: { touch: async () => undefined } },
      log: memoryLog(),
      clock,
    });
    status = new StatusService({
      version: '1.2.3',
      catalog,
      volume: {
        path: volume.path,
        id: volume.id,
        get space() {
          return volume.space;
        },
        assertOnline: () => assertOnline(),
      },
      filer,
      activity: {
        arrivals: () => activity.arrivals(),
        lastStored: () => activity.lastStored(),
        rate: () => activity.rate(),
        openAssociations: () => activity.openAssociations(),
        record: (event) => void recorded.push(event),
      },
      settings: {
        current: {
          aeTitles: ['DICOMKEEP', 'ARCHIVE'],
          dimsePort: 11_112,
          tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 2762 },
          reserveBytes: 10 * GB,
        },
      },
      certificates: { describe: () => ({ validUntil: clock.now() + 365 * DAY }) },
      listening: () => listening,
      timeoutMs: 50,
      clock,
    });
  });
  afterEach(async () => {
    status.stop();
    await activity.stop();
  });

  it('tells what its schema says', async () => {
    catalog.rows = [arrived(), arrived({ modality: 'MR', instances: 5, bytes: 50 })];
    activity.associationOpened(tally());

    const report = await status.current();

    expect(statusSchema.parse(JSON.parse(JSON.stringify(report)))).to.deep.include({
      version: '1.2.3',
      aeTitles: ['DICOMKEEP', 'ARCHIVE'],
      totals: { studies: 2, instances: 15, bytes: 1050 },
      waiting: { instances: 0, bytes: 0 },
      warnings: [],
    });
    expect(report.associations).to.have.lengthOf(1);
    expect(report.catalog).to.include({ engine: 'sqlite', isReachable: true, words: '' });
    expect(report.today.byModality.map(({ modality }) => modality)).to.deep.equal(['CT', 'MR']);
  });

  it('asks once for all who want to know within a second', async () => {
    await Promise.all(Array.from({ length: 20 }, () => status.current()));
    const questions = catalog.questions;
    await status.current();
    expect(catalog.questions).to.equal(questions);

    await clock.advance(1000);
    await status.current();

    expect(catalog.questions).to.equal(questions + 1);
  });

  it('counts what is not in the catalogue yet, once', async () => {
    catalog.rows = [arrived({ lastArrivedAt: clock.now() - 4000 })];
    filer.backlogInstances = 2;
    filer.backlogBytes = 20;
    const before = await status.current();
    expect(before.today).to.deep.include({ instances: 12, bytes: 1020 });

    const association = tally({ callingAeTitle: 'MR1' });
    activity.associationOpened(association);
    for (let index = 0; index < 3; index++) store(activity, association, { modality: 'MR', sizeBytes: 1 });
    filer.backlogInstances = 0;
    filer.backlogBytes = 0;
    await clock.advance(1500);

    const after = await status.current();
    expect(after.today).to.deep.include({ instances: 15, bytes: 1023 });
    expect(after.totals).to.deep.equal({ studies: 2, instances: 15, bytes: 1023 });
    expect(after.today.byModality).to.deep.equal([
      { modality: 'CT', instances: 10, bytes: 1000 },
      { modality: 'MR', instances: 3, bytes: 3 },
    ]);
    expect(after.lastArrivals).to.deep.equal([
      { aeTitle: 'MR1', isPeer: false, lastStoredAt: clock.now() - 1500, instancesToday: 3 },
      { aeTitle: 'CT1', isPeer: false, lastStoredAt: clock.now() - 5500, instancesToday: 10 },
    ]);

    catalog.rows = [
      arrived({ instances: 12, bytes: 1020 }),
      arrived({ modality: 'MR', instances: 3, bytes: 3 }),
    ];
    await clock.advance(30_000);
    expect((await status.current()).today).to.deep.include({ instances: 15, bytes: 1023 });
    expect((await status.current()).totals).to.deep.include({ instances: 15, bytes: 1023 });
  });

  it('counts studies again soon after something came, and seldom otherwise', async () => {
    await status.current();
    const association = tally();
    activity.associationOpened(association);
    store(activity, association);
    catalog.studies = 3;

    await clock.advance(1500);
    expect((await status.current()).totals).to.include({ studies: 2, instances: 1 });
    await clock.advance(1000);
    catalog.rows = [arrived({ instances: 1, bytes: 1000 })];
    expect((await status.current()).totals).to.include({ studies: 3, instances: 1 });

    catalog.studies = 4;
    await clock.advance(20_000);
    expect((await status.current()).totals.studies).to.equal(3);
    await clock.advance(10_000);
    expect((await status.current()).totals.studies).to.equal(4);
  });

  it('counts studies again while what was stored waits to be filed', async () => {
    filer.backlogInstances = 1;
    await status.current();
    filer.backlogInstances = 0;
    catalog.studies = 3;

    await clock.advance(2000);

    expect((await status.current()).totals.studies).to.equal(3);
  });

  it('warns of conflicts of the last seven days, and not of older ones', async () => {
    catalog.conflictTimes = [clock.now() - 8 * DAY, clock.now() - 6 * DAY];

    const { warnings } = await status.current();

    expect(warnings.map(({ code, values }) => [code, values])).to.deep.equal([
      ['conflicts', { conflicts: 1 }],
    ]);
    expect(warnings[0]?.words).to.include('in the last 7 days');
  });

  it('begins a new day at midnight', async () => {
    catalog.rows = [arrived()];
    expect((await status.current()).today.instances).to.equal(10);

    await clock.advance(DAY);

    expect((await status.current()).today).to.deep.equal({ instances: 0, bytes: 0, byModality: [] });
    expect((await status.current()).totals.instances).to.equal(10);
  });

  it('lists when each caller stored last, newest first, from memory and from the catalogue', async () => {
    catalog.knownPeers.push(
      { aeTitle: 'CT1', lastStoredAt: clock.now() - 5000 },
      { aeTitle: 'US1', lastStoredAt: null },
    );
    const association = tally({ callingAeTitle: 'XR9' });
    activity.associationOpened(association);
    store(activity, association);

    const { lastArrivals } = await status.current();

    expect(lastArrivals.map(({ aeTitle, isPeer }) => [aeTitle, isPeer])).to.deep.equal([
      ['XR9', false],
      ['CT1', true],
    ]);
  });

  it('knows after a restart when each caller stored last, peer or not', async () => {
    const at = (age: number, fields: Partial<DayOfArrivals> = {}) =>
      arrived({ day: localDayOf(clock.now() - age), lastArrivedAt: clock.now() - age, ...fields });
    catalog.rows = [
      at(29 * DAY, { sourceAeTitle: 'OLD' }),
      at(2 * DAY),
      at(DAY, { modality: 'SR' }),
      at(3 * DAY, { sourceAeTitle: 'MR1' }),
      at(1000, { sourceAeTitle: '' }),
    ];
    catalog.knownPeers.push({ aeTitle: 'MR1', lastStoredAt: clock.now() - 1000 });

    const { lastArrivals } = await status.current();

    expect(
      lastArrivals.map(({ aeTitle, isPeer, lastStoredAt }) => [aeTitle, isPeer, clock.now() - lastStoredAt]),
    ).to.deep.equal([
      ['MR1', true, 1000],
      ['CT1', false, DAY],
      ['OLD', false, 29 * DAY],
    ]);
  });

  it('foresees when the disk is full', async () => {
    catalog.rows = [arrived({ day: localDayOf(clock.now() - 40 * DAY) }), arrived({ bytes: 300 * GB })];

    const { volume: answered } = await status.current();

    expect(answered.bytesPerDay).to.equal(10 * GB);
    expect(answered.daysLeft).to.equal(49);
  });

  it('warns of those who were refused within a week, and not of older ones or of those who were served', async () => {
    const caller = { address: '192.0.2.1', refused: 'no peer', lastSeenAt: clock.now() - DAY };
    catalog.callers = [
      { ...caller, aeTitle: 'NEW' },
      { ...caller, aeTitle: 'OLD', lastSeenAt: clock.now() - 8 * DAY },
      { ...caller, aeTitle: 'SERVED', refused: '' },
    ];

    const { warnings } = await status.current();

    expect(warnings.map(({ code, values }) => [code, values])).to.deep.equal([
      ['unknown-callers', { callers: 1, names: 'NEW at 192.0.2.1' }],
    ]);
  });

  it('warns where DICOM does not listen', async () => {
    listening = [];

    expect((await status.current()).warnings.map(({ code }) => code)).to.deep.equal(['listener-failed']);
    expect(await status.notReady()).to.deep.equal(['DICOM does not listen']);
  });

  it('answers with what was known while the catalogue is away, and with its words', async () => {
    catalog.rows = [arrived()];
    await status.current();
    catalog.state = 'away';
    await clock.advance(40_000);
    filer.failure = new Problem('catalog-unavailable', 'catalogue: connection refused');
    filer.backlogInstances = 4;

    const report = await status.current();

    expect(statusSchema.safeParse(JSON.parse(JSON.stringify(report))).success).to.equal(true);
    expect(report.catalog).to.deep.equal({
      engine: 'sqlite',
      isReachable: false,
      words: 'catalogue: connection refused',
      latencyMs: null,
    });
    expect(report.totals.instances).to.equal(10);
    expect(report.warnings.map(({ code }) => code)).to.deep.equal(['catalog-unavailable', 'filing-behind']);
    expect(await status.notReady()).to.deep.equal(['catalogue: connection refused']);
  });

  it('knows what waits where the catalogue was away from the start', async () => {
    catalog.state = 'away';
    filer.backlogInstances = 4;
    filer.backlogBytes = 40;

    const report = await status.current();

    expect(report.totals).to.deep.equal({ studies: 0, instances: 4, bytes: 40 });
    expect(report.today.instances).to.equal(4);
  });

  it('answers in time while the catalogue hangs, and asks it no second time', async () => {
    catalog.state = 'hangs';
    const startedAt = performance.now();

    const report = await status.current();

    expect(performance.now() - startedAt).to.be.below(atMost(500));
    expect(report.catalog).to.include({ isReachable: false, words: 'no answer within 0.05 s' });
    const questions = catalog.questions;
    await clock.advance(1000);
    await status.current();
    expect(catalog.questions).to.equal(questions);
  });

  it('says nothing of the space of a volume that is away', async () => {
    assertOnline = async () => {
      throw new Problem('volume-offline', 'volume marker missing in /volume: not mounted?');
    };

    const report = await status.current();

    expect(report.volume).to.include({
      state: 'offline',
      words: 'volume marker missing in /volume: not mounted?',
      freeBytes: null,
      usedBytes: null,
      totalBytes: null,
      daysLeft: null,
    });
    expect(await status.notReady()).to.deep.equal(['volume marker missing in /volume: not mounted?']);
  });

  it('answers while the volume hangs', async () => {
    assertOnline = () => new Promise(() => undefined);

    const { volume: answered } = await status.current();

    expect(answered).to.include({ state: 'offline', words: 'no answer within 0.05 s' });
  });

  it('records when volume and catalogue go and come back, and when the disk is full, once each', async () => {
    status.start();
    await clock.advance(30_000);
    expect(recorded).to.deep.equal([]);

    assertOnline = async () => {
      throw new Problem('volume-offline', 'volume marker missing');
    };
    catalog.state = 'away';
    await clock.advance(30_000);
    expect(recorded.map(({ kind, words }) => [kind, words])).to.deep.equal([
      ['volume-offline', 'volume offline: volume marker missing'],
      ['catalog-unavailable', 'catalogue does not answer: catalogue: connection refused'],
    ]);

    recorded.length = 0;
    assertOnline = async () => undefined;
    catalog.state = 'here';
    volume.space.freeBytes = 10 * GB;
    await clock.advance(30_000);
    expect(recorded.map(({ kind, fields }) => [kind, fields['durationMs']])).to.deep.equal([
      ['volume-online', 30_000],
      ['catalog-available', 30_000],
      ['disk-full', undefined],
    ]);

    recorded.length = 0;
    volume.space.freeBytes = 11 * GB;
    await clock.advance(10_000);
    volume.space.freeBytes = 1 * GB;
    await clock.advance(20_000);
    expect(recorded.map(({ kind }) => kind)).to.deep.equal(['disk-full']);

    status.stop();
    catalog.state = 'away';
    await clock.advance(30_000);
    expect(recorded).to.have.lengthOf(1);
  });
});

describe('Own addresses', () => {
  const address = (fields: { address: string; family: 'IPv4' | 'IPv6'; internal?: boolean }) =>
    ({ netmask: '', mac: '', cidr: null, internal: false, scopeid: 0, ...fields }) as never;

  it('are those that others reach, IPv4 first', () => {
    const interfaces = {
      lo: [address({ address: '127.0.0.1', family: 'IPv4', internal: true })],
      eth0: [
        address({ address: 'fe80::1', family: 'IPv6' }),
        address({ address: '2001:db8::5', family: 'IPv6' }),
        address({ address: '192.0.2.5', family: 'IPv4' }),
      ],
      eth1: [
        address({ address: '169.254.3.4', family: 'IPv4' }),
        address({ address: '192.0.2.6', family: 'IPv4' }),
      ],
    };

    expect(ownAddresses(interfaces)).to.deep.equal(['192.0.2.5', '192.0.2.6', '2001:db8::5']);
  });

  it('are the loopback ones where there are no others', () => {
    const interfaces = {
      lo: [
        address({ address: '::1', family: 'IPv6', internal: true }),
        address({ address: '127.0.0.1', family: 'IPv4', internal: true }),
      ],
    };

    expect(ownAddresses(interfaces)).to.deep.equal(['127.0.0.1', '::1']);
  });
});
