import { expect } from 'chai';
import { WARNINGS, type WarningFacts, warningsOf } from '../../src/services/warnings.ts';

const DAY = 86_400_000;
const GB = 1e9;

const WELL: WarningFacts = {
  now: 1000 * DAY,
  volume: {
    path: '/volume1/dicom',
    state: 'online',
    words: '',
    freeBytes: 500 * GB,
    totalBytes: 1000 * GB,
    reserveBytes: 10 * GB,
    daysLeft: 400,
  },
  catalogFailure: undefined,
  waitingInstances: 3,
  filingFailure: undefined,
  unfiledInstances: 0,
  conflictCount: 0,
  refusedCallers: [],
  certificateValidUntil: 1365 * DAY,
  notListening: [],
  usersWithFirstPassword: [],
};

function found(facts: Partial<WarningFacts>, volume: Partial<WarningFacts['volume']> = {}) {
  return warningsOf({ ...WELL, ...facts, volume: { ...WELL.volume, ...volume } });
}

const codes = (...values: Parameters<typeof found>) => found(...values).map(({ code }) => code);

describe('Warnings', () => {
  it('are none where all is well', () => {
    expect(found({})).to.deep.equal([]);
  });

  it('name the volume that is away, and say nothing of its space', () => {
    const [warning, ...others] = found(
      {},
      { state: 'offline', words: 'volume marker missing in /volume1/dicom: not mounted?', freeBytes: null },
    );

    expect(others).to.deep.equal([]);
    expect(warning).to.deep.include({ code: 'volume-offline', severity: 'error' });
    expect(warning?.words).to.include('volume marker missing in /volume1/dicom: not mounted?');
    expect(warning?.words).to.include('see that the disk of /volume1/dicom is there and mounted');
  });

  it('call the disk full exactly when its reserve is reached', () => {
    expect(codes({}, { freeBytes: 10 * GB })).to.deep.equal(['disk-full']);
    expect(codes({}, { freeBytes: 10 * GB + 1 })).to.deep.equal(['disk-nearly-full']);
    expect(found({}, { freeBytes: 9.5 * GB })[0]?.words).to.include(
      '9.5 GB are free on /volume1/dicom and 10.0 GB are kept in reserve',
    );
  });

  it('foresee a full disk a month ahead', () => {
    expect(codes({}, { daysLeft: 30 })).to.deep.equal([]);
    expect(codes({}, { daysLeft: 29.9 })).to.deep.equal(['disk-nearly-full']);
    expect(found({}, { daysLeft: 1.2 })[0]?.words).to.include('enough for 1 day as it is going');
    expect(found({}, { daysLeft: 12.9 })[0]?.values).to.include({ daysLeft: 12 });
  });

  it('warn of little space where no rate is known: less than the reserve again, or a fiftieth of the disk', () => {
    expect(codes({}, { daysLeft: null, freeBytes: 19 * GB })).to.deep.equal(['disk-nearly-full']);
    expect(codes({}, { daysLeft: null, freeBytes: 15 * GB, reserveBytes: 0 })).to.deep.equal([
      'disk-nearly-full',
    ]);
    expect(codes({}, { daysLeft: null, freeBytes: 25 * GB, reserveBytes: 0 })).to.deep.equal([]);
  });

  it('say that instances are stored all the same while the catalogue is away', () => {
    const facts = {
      catalogFailure: 'catalogue: connection refused',
      filingFailure: 'catalogue: connection refused',
    };

    expect(codes({ ...facts, waitingInstances: 0 })).to.deep.equal(['catalog-unavailable']);
    expect(codes({ ...facts, waitingInstances: 7 })).to.deep.equal(['catalog-unavailable', 'filing-behind']);
    expect(found(facts)[0]?.words).to.include('instances are stored');
  });

  it('warn of instances that wait where filing fails or does not keep up', () => {
    expect(codes({ waitingInstances: 10_000 })).to.deep.equal([]);
    expect(codes({ waitingInstances: 10_001 })).to.deep.equal(['filing-behind']);
    expect(codes({ waitingInstances: 1, filingFailure: 'no' })).to.deep.equal(['filing-behind']);
  });

  it('count unfiled instances and conflicts', () => {
    expect(found({ unfiledInstances: 2 })[0]).to.deep.include({
      code: 'instances-unfiled',
      values: { instances: 2 },
    });
    expect(found({ conflictCount: 3 })[0]).to.deep.include({ code: 'conflicts', values: { conflicts: 3 } });
  });

  it('name the callers that were refused, up to five', () => {
    const refusedCallers = ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((aeTitle) => `${aeTitle} at 192.0.2.1`);

    const [warning] = found({ refusedCallers });

    expect(warning?.code).to.equal('unknown-callers');
    expect(warning?.words).to.include('E at 192.0.2.1 and 2 more; add those');
    expect(warning?.words).not.to.include('F at');
  });

  it('tell thirty days before that the certificate ends, and when it has ended', () => {
    expect(codes({ certificateValidUntil: WELL.now + 30 * DAY })).to.deep.equal([]);
    expect(found({ certificateValidUntil: WELL.now + 30 * DAY - 1 })[0]).to.deep.include({
      code: 'certificate-expires',
      severity: 'warning',
      values: { daysLeft: 29, validUntil: WELL.now + 30 * DAY - 1 },
    });
    expect(found({ certificateValidUntil: WELL.now })[0]?.severity).to.equal('error');
  });

  it('name ports on which nothing listens, and users with their first password', () => {
    const listener = found({ notListening: [{ service: 'dimse-tls', port: 2762 }] })[0];
    expect(listener?.words).to.include('DICOM over TLS does not listen on port 2762');
    expect(found({ usersWithFirstPassword: ['admin'] })[0]?.words).to.include('admin');
  });

  it('come with the errors first, and there is a way to each of them', () => {
    const all = [
      ...found({
        catalogFailure: 'down',
        filingFailure: 'down',
        unfiledInstances: 1,
        conflictCount: 1,
        refusedCallers: ['A at 192.0.2.1'],
        certificateValidUntil: WELL.now + DAY,
        notListening: [{ service: 'dimse', port: 104 }],
        usersWithFirstPassword: ['admin'],
      }),
      ...found({}, { state: 'offline', words: 'gone' }),
      ...found({}, { freeBytes: 0 }),
      ...found({}, { freeBytes: 15 * GB }),
    ];

    expect(new Set(all.map(({ code }) => code))).to.deep.equal(new Set(WARNINGS));
    const severities = all.slice(0, 8).map(({ severity }) => severity);
    expect(severities).to.deep.equal([...severities].toSorted());
  });
});
