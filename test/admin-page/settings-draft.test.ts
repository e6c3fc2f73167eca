import { expect } from 'chai';
import { draftOf, fieldOfPath, isSame, settingsOf } from '../../src/admin/page/pages/parts/settings-draft.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';

const SETTINGS: Settings = {
  aeTitles: ['DICOMKEEP', 'OLD'],
  dimsePort: 11112,
  tls: { isEnabled: false, port: 2762 },
  unknownCallers: 'reject',
  maximumAssociations: 100,
  duplicates: 'keep',
  reserveBytes: 1_073_741_824,
  logLevel: 'info',
  language: 'en',
  plainHttp: false,
};

describe('Settings as they are typed', () => {
  it('are the same settings again where nothing was typed, to the byte', () => {
    const draft = draftOf(SETTINGS);

    expect(isSame(draft, SETTINGS)).to.equal(true);
    expect(settingsOf(draft, SETTINGS)).to.deep.equal(SETTINGS);
  });

  it('have all that the schema of the settings has', () => {
    const draft = { ...draftOf(SETTINGS), dimsePort: ' 104 ', tls: { isEnabled: true, port: '2763' } };

    const sent = settingsSchema.parse(settingsOf(draft, SETTINGS));

    expect(sent).to.deep.equal({ ...SETTINGS, dimsePort: 104, tls: { isEnabled: true, port: 2763 } });
  });

  it('keep free as many gigabytes as are typed, with a point or a comma', () => {
    const reserved = (reserveGigabytes: string) =>
      settingsSchema.parse(settingsOf({ ...draftOf(SETTINGS), reserveGigabytes }, SETTINGS)).reserveBytes;

    expect(reserved('20')).to.equal(20e9);
    expect(reserved('1.5')).to.equal(1.5e9);
    expect(reserved('1,5')).to.equal(1.5e9);
  });

  it('leave out AE titles of which nothing was typed', () => {
    const draft = { ...draftOf(SETTINGS), aeTitles: [' KEEP ', '', '  '] };

    expect(settingsSchema.parse(settingsOf(draft, SETTINGS)).aeTitles).to.deep.equal(['KEEP']);
  });

  it('are refused by the server, at their fields, where they are no numbers', () => {
    const draft = {
      ...draftOf(SETTINGS),
      dimsePort: '1e4',
      maximumAssociations: '',
      reserveGigabytes: '-1',
      tls: { isEnabled: true, port: '12.5' },
    };

    const { error } = settingsSchema.safeParse(settingsOf(draft, SETTINGS));

    expect(error?.issues.map(({ path }) => fieldOfPath(path.join('.')))).to.have.members([
      'dimsePort',
      'maximumAssociations',
      'reserveBytes',
      'tls.port',
    ]);
  });

  it('show what is wrong with one AE title at the field of all', () => {
    expect(fieldOfPath('aeTitles.3')).to.equal('aeTitles');
    expect(fieldOfPath('aeTitles')).to.equal('aeTitles');
  });
});
