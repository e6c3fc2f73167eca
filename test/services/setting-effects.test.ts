import { expect } from 'chai';
import type { Settings } from '../../src/config/settings.ts';
import { effectsOf, SETTING_EFFECTS } from '../../src/services/setting-effects.ts';

const BEFORE: Settings = {
  aeTitles: ['OLD', 'BOTH'],
  dimsePort: 11_112,
  tls: { isEnabled: false, port: 2762 },
  unknownCallers: 'store',
  maximumAssociations: 100,
  duplicates: 'keep',
  reserveBytes: 1000,
  logLevel: 'info',
  language: 'en',
  plainHttp: false,
};
const AFTER: Settings = {
  aeTitles: ['BOTH', 'NEW'],
  dimsePort: 104,
  tls: { isEnabled: true, port: 2763 },
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
    const tlsOn: Settings = { ...BEFORE, tls: { isEnabled: true, port: 2762 } };
    const told = new Set([
      ...namesOf(BEFORE, AFTER),
      ...namesOf(AFTER, BEFORE),
      ...namesOf(tlsOn, AFTER),
      ...namesOf(BEFORE, { ...BEFORE, unknownCallers: 'all' }),
    ]);

    expect([...told]).to.have.members([...SETTING_EFFECTS]);
  });

  it('speaks of the TLS port only where it is used before and after', () => {
    const moved: Settings = { ...BEFORE, tls: { isEnabled: false, port: 99 } };

    expect(namesOf(BEFORE, moved)).to.deep.equal([]);
    expect(namesOf(moved, { ...moved, tls: { isEnabled: true, port: 99 } })).to.deep.equal(['tls-starts']);
  });
});
