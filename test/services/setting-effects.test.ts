import { expect } from 'chai';
import type { Settings } from '../../src/config/settings.ts';
import { effectsOf, SETTING_EFFECTS } from '../../src/services/setting-effects.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';

const BEFORE: Settings = {
  ...PLAIN_SETTINGS,
  aeTitles: ['OLD', 'BOTH'],
  dimsePort: 11_112,
  tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 2762 },
  unknownCallers: 'store',
  maximumAssociations: 100,
  duplicates: 'keep',
  reserveBytes: 1000,
  logLevel: 'info',
  language: 'en',
  plainHttp: false,
};
const AFTER: Settings = {
  ...PLAIN_SETTINGS,
  aeTitles: ['BOTH', 'NEW'],
  dimsePort: 104,
  tls: {
    isEnabled: true,
    port: 2763,
    profile: 'modified-bcp195',
    clientCertificates: 'required',
    verifyPeers: true,
  },
  userIdentity: 'required',
  audit: { isSyslogSent: true, syslogHost: 'audit.example.org', syslogPort: 6514 },
  unknownCallers: 'reject',
  maximumAssociations: 5,
  duplicates: 'refuse',
  reserveBytes: 2000,
  logLevel: 'debug',
  language: 'zh-CN',
  plainHttp: true,
};

describe('effectsOf', () => {
  const namesOf = (before: Settings, after: Settings) => effectsOf(before, after).map(({ effect }) => effect);

  it('tells nothing where nothing changes', () => {
    expect(effectsOf(BEFORE, { ...BEFORE, aeTitles: [...BEFORE.aeTitles] })).to.deep.equal([]);
  });

  it('tells every effect in the order of the settings, with what was before and after', () => {
    expect(namesOf(BEFORE, AFTER)).to.deep.equal([
      'callers-need-new-ae-title',
      'ae-title-added',
      'calling-ae-title-changes',
      'dimse-port-moves',
      'tls-starts',
      'tls-profile-modified',
      'client-certificates-required',
      'peers-verified',
      'user-identity-required',
      'audit-sent',
      'unknown-callers-rejected',
      'associations-limited',
      'duplicates-refused',
      'reserve-changes',
      'log-level-changes',
      'language-changes',
      'plain-http-served',
    ]);
    expect(effectsOf(BEFORE, AFTER)[0]).to.deep.equal({
      effect: 'callers-need-new-ae-title',
      setting: 'aeTitles',
      before: 'OLD',
      after: 'BOTH, NEW',
      words: 'Whoever calls OLD is rejected, and must be set to BOTH or NEW.',
    });
  });

  it('has an effect for every way that there is', () => {
    const tlsOn: Settings = { ...BEFORE, tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port: 2762 } };
    const told = new Set([
      ...namesOf(BEFORE, AFTER),
      ...namesOf(AFTER, BEFORE),
      ...namesOf(tlsOn, AFTER),
      ...namesOf(BEFORE, { ...BEFORE, unknownCallers: 'all', userIdentity: 'checked' }),
      ...namesOf(AFTER, { ...AFTER, audit: { ...AFTER.audit, syslogPort: 1514 } }),
    ]);

    expect([...told]).to.have.members([...SETTING_EFFECTS]);
  });

  it('names the audit repository once where its host and its port change, and not while nothing is sent', () => {
    const moved: Settings = {
      ...AFTER,
      audit: { ...AFTER.audit, syslogHost: '192.0.2.9', syslogPort: 1514 },
    };

    expect(effectsOf(AFTER, moved)).to.deep.equal([
      {
        effect: 'audit-repository-changes',
        setting: 'audit.syslogHost',
        before: 'audit.example.org:6514',
        after: '192.0.2.9:1514',
        words: 'Audit messages are sent to 192.0.2.9:1514, and no longer to audit.example.org:6514.',
      },
    ]);
    const audit = { ...moved.audit, syslogHost: '2001:db8::9' };
    expect(effectsOf(AFTER, { ...AFTER, audit })[0]?.after).to.equal('[2001:db8::9]:1514');
    expect(namesOf(BEFORE, { ...BEFORE, audit: { ...moved.audit, isSyslogSent: false } })).to.deep.equal([]);
  });

  it('speaks of the TLS port only where it is used before and after', () => {
    const moved: Settings = { ...BEFORE, tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 99 } };

    expect(namesOf(BEFORE, moved)).to.deep.equal([]);
    expect(
      namesOf(moved, { ...moved, tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port: 99 } }),
    ).to.deep.equal(['tls-starts']);
  });
});
