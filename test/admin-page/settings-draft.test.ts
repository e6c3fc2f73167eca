import { expect } from 'chai';
import { draftOf, fieldOfPath, isSame, settingsOf } from '../../src/admin/page/pages/parts/settings-draft.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';

const SETTINGS: Settings = {
  ...PLAIN_SETTINGS,
  aeTitles: ['DICOMKEEP', 'OLD'],
  dimsePort: 11112,
  tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 2762 },
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
    const tls = {
      isEnabled: true,
      port: '2763',
      profile: 'modified-bcp195',
      clientCertificates: 'required',
      verifyPeers: true,
    } as const;
    const audit = { isSyslogSent: true, syslogHost: ' audit.example.org ', syslogPort: '7514' };
    const draft = { ...draftOf(SETTINGS), dimsePort: ' 104 ', tls, audit, userIdentity: 'checked' as const };

    const sent = settingsSchema.parse(settingsOf(draft, SETTINGS));

    expect(sent).to.deep.equal({
      ...SETTINGS,
      dimsePort: 104,
      tls: { ...tls, port: 2763 },
      audit: { isSyslogSent: true, syslogHost: 'audit.example.org', syslogPort: 7514 },
      userIdentity: 'checked',
    });
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
    const plain = draftOf(SETTINGS);
    const draft = {
      ...plain,
      dimsePort: '1e4',
      maximumAssociations: '',
      reserveGigabytes: '-1',
      tls: { ...plain.tls, isEnabled: true, port: '12.5' },
      audit: { ...plain.audit, syslogHost: 'not a host', syslogPort: '0' },
    };

    const { error } = settingsSchema.safeParse(settingsOf(draft, SETTINGS));

    expect(error?.issues.map(({ path }) => fieldOfPath(path.join('.')))).to.have.members([
      'dimsePort',
      'maximumAssociations',
      'reserveBytes',
      'tls.port',
      'audit.syslogHost',
      'audit.syslogPort',
    ]);
  });

  it('show what is wrong with one AE title at the field of all', () => {
    expect(fieldOfPath('aeTitles.3')).to.equal('aeTitles');
    expect(fieldOfPath('aeTitles')).to.equal('aeTitles');
  });
});
