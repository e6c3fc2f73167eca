import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { CatalogEvent } from '../../src/catalog/event-repository.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Activity } from '../../src/services/activity.ts';
import { EVENT_KINDS } from '../../src/services/activity-kinds.ts';
import { AuditTrail } from '../../src/services/audit-trail.ts';
import { keptLog } from '../helpers/admin-parts.ts';
import { type AuditView, auditView } from '../helpers/audit.ts';
import { fakeClock } from '../helpers/fake-clock.ts';
import { party, store, tally } from '../helpers/observations.ts';

function auditing(patientIdOf = async (uid: string): Promise<string | undefined> => `PID of ${uid}`) {
  const clock = fakeClock();
  const lines: string[] = [];
  const log = keptLog();
  const trail = new AuditTrail({
    own: () => ({ processId: 4711, aeTitles: ['DICOMKEEP'] }),
    hostName: 'nas',
    patientIdOf,
    write: (line) => lines.push(line),
    log,
    clock,
  });
  trail.start();
  lines.length = 0;
  const told = (): AuditView[] => lines.splice(0).map(auditView);
  return { trail, clock, told, log };
}

function event(kind: (typeof EVENT_KINDS)[number], fields: CatalogEvent['fields'] = {}): CatalogEvent {
  return { at: 1000, kind, severity: 'info', words: 'as in the log', fields };
}

describe('The audit trail (PS3.15 §A.5)', () => {
  it('begins with the start of the application and ends with its stop (§A.5.3.1)', async () => {
    const lines: string[] = [];
    const trail = new AuditTrail({
      own: () => ({ processId: 1, aeTitles: ['DICOMKEEP'] }),
      hostName: 'nas',
      patientIdOf: async () => undefined,
      write: (line) => lines.push(line),
      log: keptLog(),
      clock: fakeClock(),
    });
    const association = tally();

    trail.start();
    store(trail, association);
    trail.studyViewed({ name: 'mia', address: undefined }, '1.2.3');
    await trail.stop();

    const told = lines.map(auditView);
    expect(told.map((one) => `${one.event} ${one.type ?? ''}`.trim())).to.deep.equal([
      'DCM 110100 DCM 110120',
      'DCM 110104',
      'DCM 110103',
      'DCM 110100 DCM 110121',
    ]);
    expect(told[0]?.source).to.equal('DICOMKEEP@nas');
  });

  it('tells what an association has stored when it ends: a message for each study, not for each instance (§A.5.3.7)', () => {
    const { trail, told } = auditing();
    const association = tally();

    for (let count = 0; count < 500; count++) store(trail, association);
    store(trail, association, { sopClassUid: uids.MRImageStorage });
    store(trail, association, { studyInstanceUid: '1.2.4', patientId: () => 'PID2' });
    expect(told()).to.deep.equal([]);
    trail.associationEnded(association);

    const views = told();
    expect(views.map(({ objects }) => objects.map(({ id }) => id))).to.deep.equal([
      ['1.2.3', 'PID1'],
      ['1.2.4', 'PID2'],
    ]);
    expect(views[0]?.objects[0]?.sopClasses).to.deep.equal({
      [uids.CTImageStorage]: 500,
      [uids.MRImageStorage]: 1,
    });
  });

  it('tells of a study before the association ends, when nothing of it has come for half a minute, or after five', async () => {
    const { trail, clock, told } = auditing();
    const [quiet, busy] = [tally(), tally({ callingAeTitle: 'CT2' })];

    store(trail, quiet);
    for (let second = 0; second < 40; second += 5) {
      store(trail, busy);
      await clock.advance(5000);
    }
    expect(told().map(({ participants }) => participants[0]?.id)).to.deep.equal(['CT1']);
    for (let second = 0; second < 280; second += 5) {
      store(trail, busy);
      await clock.advance(5000);
    }

    expect(told().map(({ participants }) => participants[0]?.id)).to.deep.equal(['CT2']);
  });

  it('tells of an instance that was stored after the end of its association', async () => {
    const { trail, clock, told } = auditing();
    const association = tally();

    trail.associationEnded(association);
    store(trail, association);
    await clock.advance(40_000);

    expect(told()).to.have.lengthOf(1);
  });

  it('keeps a bounded number of studies of one association', () => {
    const { trail, told } = auditing();
    const association = tally();

    for (let study = 0; study < 1200; study++)
      store(trail, association, { studyInstanceUid: `1.2.${study}` });

    expect(told()).to.have.lengthOf(1000);
    trail.associationEnded(association);
    expect(told()).to.have.lengthOf(200);
  });

  it('tells of every query when it comes (§A.5.3.10)', () => {
    const { trail, told } = auditing();
    const identifier = Buffer.from('identifier');

    trail.queryReceived(tally(), { sopClassUid: '1.5', transferSyntaxUid: '1.6', identifier });
    identifier.fill(0);

    const [view] = told();
    expect(view?.objects[0]?.query?.toString()).to.equal('identifier');
  });

  it('tells apart what was sent and what was not, study by study, with the patient that the catalogue knows (§A.5.3.7)', async () => {
    const { trail, told } = auditing();
    const studies = [
      { studyInstanceUid: '1', sent: new Map([['1.1', 3]]), failed: new Map([['1.1', 1]]) },
      { studyInstanceUid: '2', sent: new Map([['1.1', 1]]), failed: new Map() },
    ];

    trail.instancesTransferred({
      requestor: { party: party() },
      destination: 'SINK',
      studies,
      words: 'refused',
    });
    await nextTurn();

    expect(
      told().map(({ outcome, outcomeDescription, objects }) => [
        outcome,
        outcomeDescription,
        objects[0]?.id,
        objects[0]?.sopClasses,
        objects[1]?.id,
      ]),
    ).to.deep.equal([
      ['0', undefined, '1', { '1.1': 3 }, 'PID of 1'],
      ['4', 'refused', '1', { '1.1': 1 }, 'PID of 1'],
      ['0', undefined, '2', { '1.1': 1 }, 'PID of 2'],
    ]);
  });

  it('tells of what happened also where the catalogue is away, without the patient', async () => {
    const { trail, told } = auditing(async () => {
      throw new Error('away');
    });

    trail.studyViewed({ name: 'mia', address: '192.0.2.9' }, '1.2');
    await nextTurn();

    expect(told()[0]?.objects.map(({ id }) => id)).to.deep.equal(['1.2', '<none>']);
  });

  it('tells once in ten minutes that a user looks at a study (§A.5.3.6)', async () => {
    const { trail, clock, told } = auditing();
    const [mia, noah] = [
      { name: 'mia', address: '192.0.2.9' },
      { name: 'noah', address: '192.0.2.9' },
    ];

    for (let count = 0; count < 100; count++) trail.studyViewed(mia, '1.2');
    trail.studyViewed(noah, '1.2');
    trail.studyViewed(mia, '1.3');
    await clock.advance(599_000);
    trail.studyViewed(mia, '1.2');
    await nextTurn();
    expect(told().map(({ participants, objects }) => [participants[0]?.id, objects[0]?.id])).to.deep.equal([
      ['mia', '1.2'],
      ['noah', '1.2'],
      ['mia', '1.3'],
    ]);
    await clock.advance(6000);
    trail.studyViewed(mia, '1.2');
    await nextTurn();

    expect(told()).to.have.lengthOf(1);
  });

  it('does not suffer from what cannot be told: it is a bug in the log', () => {
    const { trail, log } = auditing();

    trail.queryReceived({} as never, {} as never);

    expect(log.lines).to.have.lengthOf(1);
  });
});

describe('Events in the audit trail', () => {
  const cases: [string, CatalogEvent, string | undefined, string][] = [
    [
      'a caller turned away',
      event('association-rejected', { rejected: 'calling-ae-title' }),
      'DCM 110126',
      '8',
    ],
    [
      'a TLS handshake that failed',
      event('association-rejected', { rejected: 'tls-handshake' }),
      'DCM 110126',
      '8',
    ],
    [
      'a caller that came at a bad time',
      event('association-rejected', { rejected: 'limit-exceeded' }),
      'DCM 110126',
      '4',
    ],
    [
      'a query without the right',
      event('query-refused', { status: 'Refused: Not Authorized (0124H)' }),
      'DCM 110132',
      '8',
    ],
    [
      'a store without the right',
      event('instances-refused', { status: 'Refused: Not Authorized (0124H)' }),
      'DCM 110132',
      '8',
    ],
    ['a port', event('setting-changed', { setting: 'dimsePort' }), 'DCM 110128', '0'],
    ['a TLS setting', event('setting-changed', { setting: 'tls.verifyPeers' }), 'DCM 110129', '0'],
    ['where the trail is sent', event('setting-changed', { setting: 'audit.syslogHost' }), 'DCM 110129', '0'],
    ['another setting', event('setting-changed', { setting: 'language' }), 'DCM 110131', '0'],
    ['the certificate', event('certificate-changed'), 'DCM 110129', '0'],
    ['a peer', event('peer-changed'), 'DCM 110128', '0'],
    ['an account', event('user-changed'), 'DCM 110137', '0'],
    ['a password', event('password-changed'), 'DCM 110137', '0'],
    ['an API token', event('token-added'), 'DCM 110137', '0'],
    ['messages that were lost', event('audit-incomplete'), 'DCM 110133', '12'],
  ];
  for (const [name, one, type, outcome] of cases) {
    it(`${name}: Security Alert ${type}, outcome ${outcome} (§A.5.3.11)`, () => {
      const { trail, told } = auditing();

      trail.event({ ...one, fields: { by: 'mia', address: '192.0.2.9', ...one.fields } });

      const [view] = told();
      expect(view).to.include({ event: 'DCM 110113', type, outcome });
      expect(view?.objects[0]?.details['Alert Description']).to.include('as in the log');
    });
  }

  it('tell who did it, from where, and what it was before', () => {
    const { trail, told } = auditing();

    trail.event(
      event('peer-changed', { by: 'mia', address: '192.0.2.9', before: 'port=104', after: 'port=105' }),
    );

    const [view] = told();
    expect(view?.participants[1]).to.include({ id: 'mia', address: '192.0.2.9', isRequestor: false });
    expect(view?.objects[0]).to.include({ id: 'dicomkeep:peers' });
    expect(view?.objects[0]?.details['Alert Description']).to.equal(
      'as in the log Before: port=104. After: port=105.',
    );
  });

  it('of signing in and out are User Authentication; a wrong password is a failure (§A.5.3.12)', () => {
    const { trail, told } = auditing();

    for (const kind of ['login', 'login-failed', 'logout'] as const)
      trail.event(event(kind, { by: 'mia', address: '192.0.2.9' }));

    expect(told().map(({ event: id, type, outcome }) => [id, type, outcome])).to.deep.equal([
      ['DCM 110114', 'DCM 110122', '0'],
      ['DCM 110114', 'DCM 110122', '4'],
      ['DCM 110114', 'DCM 110123', '0'],
    ]);
  });

  it('of a download are Export, with the patient; one that was broken off is a failure (§A.5.3.4)', async () => {
    const { trail, told } = auditing();
    const fields = {
      operation: 'download',
      by: 'mia',
      address: '192.0.2.9',
      studyInstanceUid: '1.2',
      instances: 7,
    };

    trail.event(event('retrieve-answered', fields));
    trail.event({ ...event('retrieve-answered', fields), severity: 'warning' });
    await nextTurn();

    const views = told();
    expect(views.map(({ event: id, outcome }) => [id, outcome])).to.deep.equal([
      ['DCM 110106', '0'],
      ['DCM 110106', '4'],
    ]);
    expect(views[0]?.objects.map(({ id }) => id)).to.deep.equal(['1.2', 'PID of 1.2']);
    expect(views[0]?.objects[0]?.sopClasses).to.deep.equal({ '': 7 });
  });

  it('that are told otherwise, or are no matter of audit, are left out', () => {
    const { trail, told } = auditing();
    const silent: (typeof EVENT_KINDS)[number][] = [
      'instances-stored',
      'job-done',
      'volume-offline',
      'server-started',
    ];

    for (const kind of silent) trail.event(event(kind));
    trail.event(event('query-refused', { status: 'Failed: Unable to process (C000H)' }));
    trail.event(event('retrieve-answered', { operation: 'C-MOVE', destination: 'WS1' }));

    expect(told()).to.deep.equal([]);
  });

  it('of every kind have a message or are left out, and none fails, with nothing told of them', async () => {
    const { trail, told, log } = auditing();

    for (const kind of EVENT_KINDS) trail.event(event(kind));
    await nextTurn();

    expect(told().length).to.be.above(10);
    expect(log.lines).to.deep.equal([]);
  });

  it('come from Activity at once, a thousand callers that are turned away as a few', async () => {
    const { trail, told } = auditing();
    const clock = fakeClock();
    const activity = new Activity({
      catalog: {
        events: { recordAll: () => new Promise(() => undefined) },
        peers: { touch: async () => undefined },
      },
      log: keptLog(),
      recorded: (one) => trail.event(one),
      clock,
    });

    for (let count = 0; count < 1000; count++)
      activity.associationRejected(party({ isPeer: false }), 'calling-ae-title', 'is no peer');
    await clock.advance(61_000);

    const views = told();
    expect(views).to.have.lengthOf(11);
    expect(views.at(-1)?.objects[0]?.details['Alert Description']).to.match(
      /^990 more like it within a minute/,
    );
    expect(views[0]?.participants[1]).to.include({ id: 'CT1', address: '192.0.2.7' });
    expect(views[0]?.objects[0]).to.include({ id: '192.0.2.7' });
  });
});
