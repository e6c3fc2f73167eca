import { expect } from 'chai';
import { hasMessage, localeStore, regionalTag, t } from '../../src/admin/page/lib/locale.ts';

describe('t', () => {
  before(() => {
    localeStore.set({
      language: 'fr',
      tag: 'fr',
      messages: {
        greeting: 'Bonjour {name}',
        'sent.one': '{count} image vers {peer}',
        'sent.other': '{count} images vers {peer}',
        counted: 'total {count}',
      },
    });
  });

  it('fills the places, and shows one that nobody fills', () => {
    expect(t('greeting', { name: 'Zoé' })).to.equal('Bonjour Zoé');
    expect(t('greeting')).to.equal('Bonjour {name}');
  });

  it('never fills a place from what was filled in', () => {
    expect(t('greeting', { name: '{count}', count: 1 })).to.equal('Bonjour {count}');
  });

  it('takes the plural form that the language has for the number', () => {
    const sent = (count: number) => t('sent', { count, peer: 'WS1' });

    expect([0, 1, 2].map(sent)).to.deep.equal(['0 image vers WS1', '1 image vers WS1', '2 images vers WS1']);
    expect(sent(1_000_000).replaceAll(/\s/g, ' ')).to.equal('1 000 000 images vers WS1');
  });

  it('takes a message without plural forms for every number', () => {
    expect(t('counted', { count: 3 })).to.equal('total 3');
  });

  it('gives the key where there is no message, and says so', () => {
    expect(t('nothing.here')).to.equal('nothing.here');
    expect(hasMessage('nothing.here')).to.equal(false);
    expect(hasMessage('greeting')).to.equal(true);
    expect(hasMessage('sent')).to.equal(true);
  });
});

describe('The locale by which dates and numbers are written', () => {
  it('is the regional variant of the language that the browser prefers', () => {
    expect(regionalTag('en', ['fr-FR', 'en-GB', 'en-US', 'en'])).to.equal('en-GB');
    expect(regionalTag('fr', ['en-GB', 'fr-CA'])).to.equal('fr-CA');
    expect(regionalTag('zh-CN', ['zh-TW', 'zh-Hans-SG'])).to.equal('zh-Hans-SG');
  });

  it('is the language itself where the browser names no region of it, or another script', () => {
    expect(regionalTag('ja', ['en-GB', 'ja'])).to.equal('ja');
    expect(regionalTag('zh-CN', ['zh-TW', 'zh-HK', 'zh'])).to.equal('zh-CN');
    expect(regionalTag('en', ['', 'not a tag', 'de-DE'])).to.equal('en');
  });
});
