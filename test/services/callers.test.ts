import { expect } from 'chai';
import type { Peer } from '../../src/catalog/peer-repository.ts';
import { Problem } from '../../src/lib/problem.ts';
import { type Caller, Callers, type CallersOptions } from '../../src/services/callers.ts';
import type { Settings } from '../../src/services/settings.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { memoryLog } from './fixtures.ts';

function peer(aeTitle: string, fields: Partial<Peer> = {}): Peer {
  const rights = { mayEcho: true, mayStore: true, mayFind: true, mayRetrieve: true };
  const unset = {
    useTls: false,
    preferredTransferSyntaxes: [],
    note: '',
    lastSeenAt: null,
    lastStoredAt: null,
  };
  const home = { host: '192.0.2.7', port: 104, matchAddress: false };
  return { id: 1, aeTitle, ...home, ...rights, ...unset, createdAt: 0, ...fields };
}

function calling(callingAeTitle: string, address: string): Omit<Caller, 'peer'> {
  return { callingAeTitle, calledAeTitle: 'DICOMKEEP', address, proposed: ['Verification SOP Class'] };
}

const RIGHTS = ['echo', 'store', 'find', 'retrieve'] as const;

describe('Callers', () => {
  let known: Peer[];
  let isDown: boolean;
  let recorded: { aeTitle: string; refused: string; callCount: number }[];
  let log: ReturnType<typeof memoryLog>;

  beforeEach(() => {
    known = [peer('WS1'), peer('CT1', { mayFind: false, mayRetrieve: false })];
    isDown = false;
    recorded = [];
    log = memoryLog();
  });

  const answer = async <Value>(value: () => Value): Promise<Value> => {
    if (isDown) throw new Problem('catalog-unavailable', 'down');
    return value();
  };

  function callers(policy: Settings['unknownCallers'], fields: Partial<CallersOptions> = {}): Callers {
    return new Callers({
      peers: { list: () => answer(() => known), findByAeTitle: () => Promise.reject(new Error('not used')) },
      unknownCallers: { record: (one) => answer(() => void recorded.push(one)) },
      settings: { current: { unknownCallers: policy } },
      resolve: async (host) => (host === 'ct.example' ? ['192.0.2.9', '2001:DB8::9'] : [host]),
      log,
      ...fields,
    });
  }

  for (const [policy, mayAssociate, rights] of [
    ['reject', false, ['echo', 'store']],
    ['store', true, ['echo', 'store']],
    ['all', true, ['echo', 'store', 'find', 'retrieve']],
  ] as const) {
    it(`lets a caller that is no peer do what the policy "${policy}" says`, async () => {
      const one = callers(policy);
      const caller = await one.identify(calling('XR9', '192.0.2.1'));

      expect(caller.peer).to.equal(undefined);
      expect(one.refusalOf(caller) === undefined).to.equal(mayAssociate);
      expect(RIGHTS.filter((right) => one.refusalTo(caller, right) === undefined)).to.deep.equal(rights);
    });

    it(`lets a peer do what its rights say under the policy "${policy}"`, async () => {
      const one = callers(policy);
      const caller = await one.identify(calling('CT1', '192.0.2.1'));

      expect(one.refusalOf(caller)).to.equal(undefined);
      expect(RIGHTS.filter((right) => one.refusalTo(caller, right) === undefined)).to.deep.equal([
        'echo',
        'store',
      ]);
      expect(one.refusalTo(caller, 'find')).to.equal('peer CT1 has no right to find');
    });
  }

  it('says in words why', async () => {
    const one = callers('reject');
    const caller = await one.identify(calling('XR9', '192.0.2.1'));

    expect(one.refusalOf(caller)).to.equal('calling AE title XR9 at 192.0.2.1 is no peer');
    expect(one.refusalTo(caller, 'retrieve')).to.equal('XR9 at 192.0.2.1 is no peer: no retrieve');
  });

  it('compares the address of a peer where it must match, whatever its form', async () => {
    known = [peer('CT1', { host: 'ct.example', matchAddress: true })];
    const one = callers('store');
    const isPeerAt = async (address: string) =>
      (await one.identify(calling('CT1', address))).peer !== undefined;

    expect(await isPeerAt('192.0.2.9')).to.equal(true);
    expect(await isPeerAt('::ffff:192.0.2.9')).to.equal(true);
    expect(await isPeerAt('2001:db8::9')).to.equal(true);
    expect(await isPeerAt('192.0.2.8')).to.equal(false);
    expect(await isPeerAt('')).to.equal(false);
  });

  it('takes nobody for a peer whose name cannot be resolved', async () => {
    known = [peer('CT1', { matchAddress: true })];
    const one = callers('store', { resolve: () => Promise.reject(new Error('ENOTFOUND')) });

    expect((await one.identify(calling('CT1', '192.0.2.7'))).peer).to.equal(undefined);
  });

  it('takes a new peer up at once, and forgets one that is removed', async () => {
    const one = callers('store');
    expect(await one.findPeer('NEW')).to.equal(undefined);

    known = [...known, peer('NEW')];
    expect((await one.findPeer('NEW'))?.aeTitle).to.equal('NEW');

    known = [];
    expect(await one.findPeer('NEW')).to.equal(undefined);
  });

  it('reads the peers anew for a refresh, though they are being read', async () => {
    const reads: ((peers: Peer[]) => void)[] = [];
    const list = () => new Promise<Peer[]>((resolve) => reads.push(resolve));
    const one = callers('store', { peers: { list } as CallersOptions['peers'] });
    const found = one.findPeer('NEW');
    const refreshed = one.refresh();
    reads[0]?.([]);
    expect(await found).to.equal(undefined);

    await new Promise((resolve) => setImmediate(resolve));
    reads[1]?.([peer('NEW')]);
    await refreshed;

    expect(reads).to.have.lengthOf(2);
    const again = one.findPeer('NEW');
    reads[2]?.([peer('NEW')]);
    expect((await again)?.aeTitle).to.equal('NEW');
  });

  it('follows the policy as it is set', async () => {
    const settings = { current: { unknownCallers: 'all' as Settings['unknownCallers'] } };
    const one = callers('store', { settings });
    const caller = await one.identify(calling('XR9', '192.0.2.1'));
    expect(one.refusalTo(caller, 'find')).to.equal(undefined);

    settings.current = { unknownCallers: 'reject' };

    expect(one.refusalOf(caller)).to.match(/is no peer/);
  });

  it('knows those it knew while the catalogue is down', async () => {
    const one = callers('reject');
    await one.refresh();
    isDown = true;

    const caller = await one.identify(calling('WS1', '192.0.2.7'));
    expect(one.refusalTo(caller, 'retrieve')).to.equal(undefined);
    expect(one.refusalOf(await one.identify(calling('XR9', '192.0.2.1')))).to.match(/is no peer/);
  });

  it('turns nobody away while it never knew anybody: that might be a modality with images', async () => {
    isDown = true;
    const one = callers('reject');
    const caller = await one.identify(calling('CT1', '192.0.2.7'));

    expect(one.refusalOf(caller)).to.equal(undefined);
    expect(one.refusalTo(caller, 'store')).to.equal(undefined);
    expect(one.refusalTo(caller, 'find')).to.match(/is no peer/);
  });

  it('waits a second at most for a catalogue that does not answer', async () => {
    let calls = 0;
    const list = () => (++calls === 1 ? Promise.resolve(known) : new Promise<Peer[]>(() => undefined));
    const one = callers('store', {
      peers: { list, findByAeTitle: () => Promise.reject(new Error('not used')) },
    });
    await one.refresh();
    const startedAt = performance.now();

    const found = await one.findPeer('WS1');

    expect(found?.aeTitle).to.equal('WS1');
    expect(performance.now() - startedAt).to.be.lessThan(atMost(1500));
  });

  it('records who knocked, and goes on when it cannot', async () => {
    const one = callers('store');
    const caller = await one.identify(calling('XR9', '192.0.2.1'));
    one.recordUnknown(caller, 'no find', true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorded[0]).to.deep.include({
      aeTitle: 'XR9',
      calledAeTitle: 'DICOMKEEP',
      address: '192.0.2.1',
      proposed: ['Verification SOP Class'],
      refused: 'no find',
    });

    isDown = true;
    one.recordUnknown(caller, '', true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.lines).to.deep.equal([
      { level: 'warn', message: 'unknown caller not recorded', fields: { aeTitle: 'XR9', reason: 'down' } },
    ]);
  });

  it('writes one of many calls at a time, and of those that wait the newest and their number', async () => {
    const one = callers('store');
    const caller = await one.identify(calling('XR9', '192.0.2.1'));

    for (let call = 0; call < 1000; call++) one.recordUnknown(caller, `no find ${call}`, call % 2 === 0);
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(recorded.map(({ refused, callCount }) => [refused, callCount])).to.deep.equal([
      ['no find 0', 1],
      ['no find 999', 499],
    ]);
  });
});
