import { expect } from 'chai';
import {
  formatBytes,
  formatDay,
  formatDicomDate,
  formatDuration,
  formatPersonName,
  formatRelative,
  formatTime,
} from '../../src/admin/page/lib/format.ts';
import { inAllLanguages, read } from './languages.ts';

const NOW = Date.parse('2026-05-17T12:00:00Z');

describe('Formats of the page', () => {
  it('write how long ago something was, in the largest unit that fits', () => {
    read('en');
    const ago = (ms: number) => formatRelative(NOW - ms, NOW);

    expect(ago(0)).to.equal('now');
    expect(ago(12_900)).to.equal('12 seconds ago');
    expect(ago(3 * 60_000)).to.equal('3 minutes ago');
    expect(ago(59 * 60_000 + 59_000)).to.equal('59 minutes ago');
    expect(ago(5 * 3_600_000)).to.equal('5 hours ago');
    expect(ago(26 * 3_600_000)).to.equal('yesterday');
    expect(ago(100 * 86_400_000)).to.equal('3 months ago');
    expect(ago(900 * 86_400_000)).to.equal('2 years ago');
  });

  it('take what a clock that is a little ahead tells for now', () => {
    read('en');

    expect(formatRelative(NOW + 2000, NOW)).to.equal('now');
    expect(formatRelative(NOW + 20_000, NOW)).to.equal('in 20 seconds');
  });

  it('write "3 minutes ago" in every language', () => {
    expect(inAllLanguages(() => formatRelative(NOW - 180_000, NOW))).to.deep.equal({
      en: '3 minutes ago',
      'zh-CN': '3分钟前',
      ja: '3 分前',
      fr: 'il y a 3 minutes',
    });
  });

  it('write sizes in decimal units, with the unit of the language', () => {
    read('en');
    expect([0, 1, 999, 1000, 1_234_567, 5e10, 6.84e12, 2e18].map(formatBytes)).to.deep.equal([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1 kB',
      '1.23 MB',
      '50 GB',
      '6.84 TB',
      '2,000 PB',
    ]);

    read('fr');
    expect(formatBytes(1_500_000).replaceAll(/\s/g, ' ')).to.equal('1,5 Mo');
  });

  it('write durations in two units at most', () => {
    read('en');

    expect([0, 340, 3400, 125_000, 3_600_000, 12_000_000, 90_000_000].map(formatDuration)).to.deep.equal([
      '0 ms',
      '340 ms',
      '3.4 sec',
      '2 min 5 sec',
      '1 hr',
      '3 hr 20 min',
      '1 day 1 hr',
    ]);
  });

  it('write a date of the data set the same whatever the time zone, and leave alone what is none', () => {
    expect(inAllLanguages(() => formatDicomDate('20240517'))).to.deep.equal({
      en: 'May 17, 2024',
      'zh-CN': '2024年5月17日',
      ja: '2024/05/17',
      fr: '17 mai 2024',
    });
    expect(['', '2024', '20241399', '2024.05.17'].map(formatDicomDate)).to.deep.equal([
      '—',
      '2024',
      '20241399',
      '2024.05.17',
    ]);
  });

  it('write dates and times as the region of the reader does', () => {
    read('en', 'en-GB');
    expect(formatDicomDate('20240517')).to.equal('17 May 2024');
    expect(formatTime(Date.parse('2026-05-17T12:00:00Z'))).to.match(/^\d\d:\d\d:00$/);

    read('en', 'en-US');
    expect(formatDicomDate('20240517')).to.equal('May 17, 2024');
    expect(formatTime(Date.parse('2026-05-17T12:00:00Z'))).to.match(/ [AP]M$/);
  });

  it('write a day of the statistics as day and month', () => {
    read('en');

    expect(formatDay('2026-11-02')).to.equal('Nov 2');
    expect(formatDay('never')).to.equal('never');
  });
});

describe('Names of persons (PS3.5 §6.2.1)', () => {
  const yamada = { alphabetic: 'Yamada^Tarou', ideographic: '山田^太郎', phonetic: 'やまだ^たろう' };

  it('are of the ideographic component group for readers of Chinese and Japanese', () => {
    expect(inAllLanguages(() => formatPersonName(yamada))).to.deep.equal({
      en: 'Yamada, Tarou',
      'zh-CN': '山田太郎',
      ja: '山田 太郎',
      fr: 'Yamada, Tarou',
    });
  });

  it('are of the group that there is', () => {
    const only = (group: 'alphabetic' | 'ideographic' | 'phonetic') =>
      formatPersonName({ alphabetic: '', ideographic: '', phonetic: '', [group]: yamada[group] });

    read('ja');
    expect(only('alphabetic')).to.equal('Yamada, Tarou');
    read('en');
    expect(only('ideographic')).to.equal('山田 太郎');
    expect(only('phonetic')).to.equal('やまだ, たろう');
  });

  it('leave out empty components, and are a dash where there is nothing', () => {
    read('en');
    const alphabetic = (text: string) =>
      formatPersonName({ alphabetic: text, ideographic: '', phonetic: '' });

    expect(alphabetic('Adams^John Robert Quincy^^Rev.^B.A. M.Div.')).to.equal(
      'Adams, John Robert Quincy Rev. B.A. M.Div.',
    );
    expect(alphabetic('^Anna')).to.equal('Anna');
    expect(alphabetic('ANONYMOUS')).to.equal('ANONYMOUS');
    expect(alphabetic('^^^')).to.equal('—');
  });
});
