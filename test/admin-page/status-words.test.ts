import { expect } from 'chai';
import type { Volume } from '../../src/admin/api/status.ts';
import { forecastText } from '../../src/admin/page/lib/forecast.ts';
import { warningWords } from '../../src/admin/page/lib/warning-words.ts';
import { WARNINGS, type WarningFacts, warningsOf } from '../../src/services/warnings.ts';
import { inAllLanguages, read } from './languages.ts';

const DAY_MS = 86_400_000;
const VOLUME: Volume = {
  id: 'v1',
  path: '/volume1/dicomkeep',
  state: 'online',
  words: '',
  freeBytes: 4e12,
  usedBytes: 12e12,
  totalBytes: 16e12,
  reserveBytes: 5e10,
  bytesPerDay: 2e10,
  daysLeft: 100,
};
const WRONG: WarningFacts = {
  now: 0,
  volume: { ...VOLUME, freeBytes: 6e10, daysLeft: 3 },
  catalogFailure: 'connection refused',
  waitingInstances: 12_000,
  filingFailure: undefined,
  unfiledInstances: 1,
  conflictCount: 2,
  refusedCallers: ['OLD_CT', 'US4'],
  certificateValidUntil: 5 * DAY_MS,
  notListening: [{ service: 'dimse', port: 11112 }],
  usersWithFirstPassword: ['admin'],
};

describe('The words of a warning', () => {
  const warnings = [
    ...warningsOf(WRONG),
    ...warningsOf({ ...WRONG, volume: { ...VOLUME, freeBytes: 1e9 } }),
    ...warningsOf({ ...WRONG, volume: { ...VOLUME, state: 'offline', words: 'no marker', freeBytes: null } }),
  ];

  it('are tried with every warning that there is', () => {
    expect([...new Set(warnings.map(({ code }) => code))].sort()).to.deep.equal([...WARNINGS].sort());
  });

  it('have all their places filled in every language, from what the server tells', () => {
    const texts = warnings.flatMap((warning) =>
      Object.values(inAllLanguages(() => Object.values(warningWords(warning)).join('\n'))),
    );

    expect(texts.filter((text) => /[{}]|overview\./.test(text))).to.deep.equal([]);
  });

  it('write sizes, dates and ports as people read them', () => {
    read('en');
    const titleOf = (code: string) =>
      warnings.filter((warning) => warning.code === code).map(warningWords)[0]?.title;

    expect(titleOf('disk-nearly-full')).to.equal('The disk will soon be full: 60 GB are free');
    expect(titleOf('listener-failed')).to.equal(
      'Port 11112 cannot be used: devices do not reach Dicomkeep there',
    );
    expect(titleOf('certificate-expires')).to.match(/^The TLS certificate is valid until Jan \d, 1970$/);
    expect(titleOf('instances-unfiled')).to.equal('1 image could not be filed');
    expect(titleOf('conflicts')).to.equal('2 images came again with different content in the last 7 days');
  });

  it('are those of the server for a warning that the page does not know', () => {
    read('fr');
    const unknown = { code: 'invented-later', severity: 'error', words: 'see to it', values: {} } as const;

    expect(warningWords(unknown as unknown as Parameters<typeof warningWords>[0])).to.deep.equal({
      title: 'see to it',
      advice: '',
    });
  });
});

describe('The forecast of the disk', () => {
  const forecast = (change: Partial<Volume>) => forecastText({ ...VOLUME, ...change });
  before(() => read('en'));

  it('is in days, months or years, as far as it is away', () => {
    expect(forecast({ daysLeft: 0.4 })).to.match(/ about 1 day\.$/);
    expect(forecast({ daysLeft: 12.9 })).to.match(/ about 12 days\.$/);
    expect(forecast({ daysLeft: 200 })).to.match(/ about 6 months\.$/);
    expect(forecast({ daysLeft: 1500 })).to.match(/ about 4 years\.$/);
    expect(forecast({ daysLeft: 9000 })).to.equal(
      'At the present rate (20 GB a day) there is room for more than ten years.',
    );
  });

  it('says so where there is none to be made', () => {
    expect(forecast({ daysLeft: null, bytesPerDay: null })).to.match(/^Too little has arrived/);
    expect(forecast({ daysLeft: 0 })).to.match(/^The reserve is reached/);
    expect(forecast({ state: 'offline' })).to.equal('The volume is offline.');
  });

  it('is written in every language', () => {
    expect(inAllLanguages(() => forecast({ daysLeft: 200 })).ja).to.equal(
      '現在のペース（1 日 20 GB）なら、あと約 6 か月の余裕があります。',
    );
  });
});
