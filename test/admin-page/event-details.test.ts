import { expect } from 'chai';
import { detailsOf } from '../../src/admin/page/lib/event-details.ts';
import { factsOf, sentenceOf } from '../../src/admin/page/lib/event-words.ts';
import type { Peer } from '../../src/catalog/peer-repository.ts';
import { peerAdded, peerChanged } from '../../src/services/peer-changes.ts';
import { inAllLanguages, read } from './languages.ts';

const OWNER = { name: 'anna', address: '10.0.0.7' };
const PEER: Peer = {
  id: 1,
  aeTitle: 'CT1',
  host: '10.0.0.4',
  port: 104,
  mayEcho: true,
  mayStore: true,
  mayFind: false,
  mayRetrieve: false,
  matchAddress: false,
  useTls: false,
  preferredTransferSyntaxes: [],
  note: '',
  createdAt: 1,
  lastSeenAt: null,
  lastStoredAt: null,
};

function written(event: { kind: string; words: string; fields: object } | undefined) {
  if (event === undefined) throw new Error('nothing has changed');
  return { ...event, severity: 'info' as const, id: 1, at: 1000, fields: { ...event.fields } };
}

function changedSetting(setting: string, before: string, after: string) {
  const fields = { by: 'anna', address: '10.0.0.7', setting, before, after };
  return written({ kind: 'setting-changed', words: 'as in the log', fields });
}

/** By label, without time and log. */
function shown(event: ReturnType<typeof written>): Record<string, string> {
  return Object.fromEntries(
    detailsOf(event)
      .slice(1, -1)
      .map(({ label, value }) => [label, value]),
  );
}

describe('The details of an event', () => {
  beforeEach(() => read('en'));

  it('say who changed a setting, from where, and from what to what, in words', () => {
    const change = changedSetting('duplicates', 'keep', 'refuse');

    expect(shown(change)).to.deep.equal({
      Who: 'anna',
      From: '10.0.0.7',
      Setting: 'An image that comes again with other contents',
      Before: 'Keep both',
      After: 'Refuse the second',
    });
    expect(factsOf(change)).to.deep.equal(['Keep both → Refuse the second']);
  });

  it('write the values of settings as the page of settings does', () => {
    const facts = (setting: string, before: string, after: string) =>
      factsOf(changedSetting(setting, before, after))[0];

    expect(facts('tls.isEnabled', 'false', 'true')).to.equal('No → Yes');
    expect(facts('language', 'en', 'ja')).to.equal('English → 日本語');
    expect(facts('reserveBytes', '0', '5000000000')).to.equal('0 bytes → 5 GB');
    expect(facts('dimsePort', '104', '11112')).to.equal('104 → 11112');
    expect(facts('inventedLater', 'a', 'b')).to.equal('a → b');
    expect(inAllLanguages(() => facts('logLevel', 'info', 'debug') ?? '').fr).to.not.match(/info|debug/);
  });

  it('tell field by field what of a peer has changed', () => {
    const next = { ...PEER, port: 11112, useTls: true, note: 'room 3 port=7' };

    const change = written(peerChanged(OWNER, PEER, next));

    expect(shown(change)).to.include({
      Who: 'anna',
      Peer: 'CT1',
      Port: '104 → 11112',
      'Call it by TLS': 'No → Yes',
      Note: '— → room 3 port=7',
    });
    expect(factsOf(change)).to.deep.equal([
      'Port: 104 → 11112',
      'Call it by TLS: No → Yes',
      'Note: — → room 3 port=7',
    ]);
  });

  it('tell all that is set of a peer that was added', () => {
    expect(shown(written(peerAdded(OWNER, PEER)))).to.include({
      'AE title': 'CT1',
      'IP address or host name': '10.0.0.4',
      Store: 'Yes',
      Find: 'No',
      'Send images as': 'As they are stored',
    });
  });

  it('tell the address of who dismissed a caller from that of the caller', () => {
    const fields = { by: 'anna', address: '10.0.0.7', caller: '', callerAddress: '10.0.0.9' };
    const dismissed = written({ kind: 'caller-dismissed', words: '', fields });

    expect(shown(dismissed)).to.deep.equal({
      Who: 'anna',
      From: '10.0.0.7',
      'Address of the caller': '10.0.0.9',
    });
    expect(sentenceOf(dismissed)).to.equal('anna dismissed the unknown caller 10.0.0.9');
  });

  it('name the roles of users', () => {
    const fields = { by: 'anna', address: '10.0.0.7', user: 'ben', before: 'viewer', after: 'admin' };

    expect(factsOf(written({ kind: 'user-changed', words: '', fields }))).to.deep.equal([
      'Viewer → Administrator',
    ]);
  });

  it('keep the address of a device for what it is, and end with the words of the log', () => {
    const fields = { caller: 'CT1', called: 'DICOMKEEP', address: '10.0.0.4', instances: 3 };
    const stored = written({ kind: 'instances-stored', words: 'CT1 stored 3 instances', fields });

    expect(shown(stored)).to.include({ Caller: 'CT1', Address: '10.0.0.4' });
    expect(detailsOf(stored).at(-1)).to.include({ value: 'CT1 stored 3 instances', isEnglish: true });
  });
});
