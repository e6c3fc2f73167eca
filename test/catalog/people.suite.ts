import { expect } from 'chai';
import { unknownCallersMax } from '../../src/catalog/limits.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';

/** Peers, unknown callers and events. */
export function peopleSuite(opened: Opened): void {
  it('adds, finds, lists and removes peers', async () => {
    const { peers } = opened.catalog;
    await peers.add({ aeTitle: ' ZEUS ', host: 'zeus.example', port: 104, mayRetrieve: false });
    await peers.add({ aeTitle: 'APOLLO', host: '192.0.2.7', port: 11112, matchAddress: true });

    expect(await peers.findByAeTitle('ZEUS ')).to.include({
      aeTitle: 'ZEUS',
      mayFind: true,
      mayRetrieve: false,
    });
    expect(await peers.findByAeTitle('zeus')).to.equal(undefined);
    expect((await peers.list()).map(({ aeTitle }) => aeTitle)).to.deep.equal(['APOLLO', 'ZEUS']);
    await peers.remove('ZEUS');
    expect((await peers.list()).map(({ matchAddress }) => matchAddress)).to.deep.equal([true]);
  });

  it('puts a peer in the place of the one with its AE title, which stays where the new values are none', async () => {
    const { peers } = opened.catalog;
    expect(await peers.put({ aeTitle: 'ZEUS', host: 'zeus', port: 104 })).to.equal(false);

    const problem = await peers
      .put({ aeTitle: 'ZEUS', host: 'a b', port: 104 })
      .catch((error: unknown) => error);
    expect(problem).to.be.instanceOf(Problem).with.property('code', 'unusable-identifier');
    expect(await peers.findByAeTitle('ZEUS')).to.include({ host: 'zeus', port: 104 });

    expect(await peers.put({ aeTitle: 'ZEUS', host: 'olympus', port: 105, mayFind: false })).to.equal(true);
    expect(await peers.list()).to.have.lengthOf(1);
    expect(await peers.findByAeTitle('ZEUS')).to.include({ host: 'olympus', port: 105, mayFind: false });
  });

  it('refuses a peer twice, one that is not there, and values that are none, naming them', async () => {
    const { peers } = opened.catalog;
    await peers.add({ aeTitle: 'ZEUS', host: 'zeus', port: 104 });

    const refused: [() => Promise<unknown>, string][] = [
      [() => peers.add({ aeTitle: 'ZEUS', host: 'other', port: 105 }), 'ZEUS'],
      [() => peers.add({ aeTitle: 'SEVENTEEN_LETTERS', host: 'a', port: 104 }), 'SEVENTEEN_LETTERS'],
      [() => peers.add({ aeTitle: 'A\\B', host: 'a', port: 104 }), 'AE title'],
      [() => peers.add({ aeTitle: 'B', host: 'a b', port: 104 }), 'a b'],
      [() => peers.add({ aeTitle: 'B', host: 'a', port: 0 }), '0'],
      [() => peers.remove('HERA'), 'HERA'],
    ];
    for (const [work, word] of refused) {
      const problem = await work().catch((error: unknown) => error);
      expect(problem).to.be.instanceOf(Problem).with.property('message').that.contains(word);
    }
    expect(await peers.list()).to.have.lengthOf(1);
  });

  it('counts the calls of an unknown caller', async () => {
    const { unknownCallers } = opened.catalog;
    const caller = { aeTitle: 'WHO', address: '192.0.2.9', refused: '' };
    await unknownCallers.record({ ...caller, at: 1000 });
    await unknownCallers.record({ ...caller, at: 3000, refused: 'may not query' });
    await unknownCallers.record({ aeTitle: 'THEM', address: '192.0.2.9', at: 2000, refused: '' });

    expect(await unknownCallers.list()).to.deep.equal([
      {
        aeTitle: 'WHO',
        address: '192.0.2.9',
        callCount: 2,
        firstSeenAt: 1000,
        lastSeenAt: 3000,
        refused: 'may not query',
      },
      {
        aeTitle: 'THEM',
        address: '192.0.2.9',
        callCount: 1,
        firstSeenAt: 2000,
        lastSeenAt: 2000,
        refused: '',
      },
    ]);
  });

  it('forgets the unknown callers heard of longest ago when they become too many', async function () {
    this.timeout(60_000);
    const { unknownCallers } = opened.catalog;

    for (let at = 1; at <= unknownCallersMax + 3; at++) {
      await unknownCallers.record({ aeTitle: `AE${at}`, address: '192.0.2.9', at, refused: '' });
    }

    const callers = await unknownCallers.list();
    expect(callers).to.have.lengthOf(unknownCallersMax);
    expect(callers.at(-1)?.aeTitle).to.equal('AE4');
  });

  it('lists events newest first, page by page', async () => {
    const { events } = opened.catalog;
    for (const words of ['one', 'two', 'three']) {
      await events.record({ at: 1, kind: 'test', severity: 'info', words, fields: { count: 1, name: 'é' } });
    }

    const newest = await events.list({ limit: 2 });
    const older = await events.list({ limit: 2, beforeId: newest[1]?.id ?? 0 });

    expect(newest.map(({ words }) => words)).to.deep.equal(['three', 'two']);
    expect(older.map(({ words }) => words)).to.deep.equal(['one']);
    expect(older[0]?.fields).to.deep.equal({ count: 1, name: 'é' });
  });

  it('has nothing to migrate once it is migrated', async () => {
    expect(await opened.catalog.migrate()).to.deep.equal([]);
    expect(await opened.catalog.pendingMigrations()).to.deep.equal([]);
    await opened.catalog.ping();
  });
}
