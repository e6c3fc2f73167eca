import { expect } from 'chai';
import { hasMessage, localeStore, t } from '../../src/admin/page/lib/locale.ts';

describe('t', () => {
  before(() => {
    localeStore.set({
      language: 'fr',
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
