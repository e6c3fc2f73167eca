import { expect } from 'chai';
import { unknownCallersMax } from '../../src/catalog/limits.ts';
import { Problem, type ProblemCode } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';

/** Peers and unknown callers. */
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
    const added = await peers.put({ aeTitle: 'ZEUS', host: 'zeus', port: 104 });
    expect(added.before).to.equal(undefined);
    expect(await peers.findByAeTitle('ZEUS')).to.deep.equal(added.after);

    const problem = await peers
      .put({ aeTitle: 'ZEUS', host: 'a b', port: 104 })
      .catch((error: unknown) => error);
    expect(problem).to.be.instanceOf(Problem).with.property('code', 'unusable-identifier');
    expect(await peers.findByAeTitle('ZEUS')).to.include({ host: 'zeus', port: 104 });

    const changed = await peers.put({ aeTitle: 'ZEUS', host: 'olympus', port: 105, mayFind: false });
    expect(changed.before).to.deep.equal(added.after);
    expect(changed.after).to.include({ host: 'olympus', port: 105, mayFind: false });
    expect(await peers.list()).to.have.lengthOf(1);
    expect(await peers.findByAeTitle('ZEUS')).to.deep.equal(changed.after);
  });

  it('keeps id and times of a peer whose values change, its AE title among them', async () => {
    const { peers } = opened.catalog;
    const added = await peers.add({ aeTitle: 'ZEUS', host: 'zeus', port: 104 });
    await peers.touch([{ aeTitle: 'ZEUS', seenAt: 5000, storedAt: 4000 }]);
    const values = {
      aeTitle: 'HERA',
      host: 'hera',
      port: 105,
      mayEcho: false,
      mayStore: false,
      mayFind: false,
      mayRetrieve: false,
      matchAddress: true,
      useTls: true,
      preferredTransferSyntaxes: ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'],
      note: 'Raum 3, é 山',
    };

    const { before, after } = await peers.change(added.id, values);

    expect(before).to.deep.equal({ ...added, lastSeenAt: 5000, lastStoredAt: 4000 });
    expect(after).to.deep.equal({ ...before, ...values });
    expect(await peers.findById(added.id)).to.deep.equal(after);
    expect(await peers.findByAeTitle('ZEUS')).to.equal(undefined);
    const { id } = after;
    expect(await peers.removeById(id)).to.include({ id, host: 'hera' });
    expect(await peers.findById(id)).to.equal(undefined);
  });

  it('keeps of a known peer what is not put', async () => {
    const { peers } = opened.catalog;
    const added = await peers.add({
      aeTitle: 'ZEUS',
      host: 'zeus',
      port: 104,
      mayFind: false,
      matchAddress: true,
      useTls: true,
      preferredTransferSyntaxes: ['1.2.840.10008.1.2.1'],
      note: 'Room 3',
    });
    await peers.touch([{ aeTitle: 'ZEUS', seenAt: 5000, storedAt: 4000 }]);

    const { after } = await peers.put({ aeTitle: 'ZEUS', host: 'olympus', port: 105, useTls: false });

    const values = { host: 'olympus', port: 105, useTls: false, lastSeenAt: 5000, lastStoredAt: 4000 };
    expect(after).to.deep.equal({ ...added, ...values });
    expect(await peers.findByAeTitle('ZEUS')).to.deep.equal(after);
  });

  it('notes when peers were seen, never back in time, and nothing of who is none', async () => {
    const { peers } = opened.catalog;
    await peers.add({ aeTitle: 'ZEUS', host: 'zeus', port: 104 });
    await peers.add({ aeTitle: 'HERA', host: 'hera', port: 104 });

    await peers.touch([
      { aeTitle: 'ZEUS', seenAt: 5000, storedAt: 5000 },
      { aeTitle: 'NOBODY', seenAt: 5000 },
      { aeTitle: 'HERA', seenAt: 100 },
    ]);
    await peers.touch([{ aeTitle: 'ZEUS', seenAt: 4000, storedAt: 6000 }]);
    await peers.touch([]);

    const times = (await peers.list()).map(({ aeTitle, lastSeenAt, lastStoredAt }) => [
      aeTitle,
      lastSeenAt,
      lastStoredAt,
    ]);
    expect(times).to.deep.equal([
      ['HERA', 100, null],
      ['ZEUS', 5000, 6000],
    ]);
  });

  it('refuses a peer twice, one that is not there, and values that are none, naming them', async () => {
    const { peers } = opened.catalog;
    await peers.add({ aeTitle: 'ZEUS', host: 'zeus', port: 104 });

    const { id } = await peers.add({ aeTitle: 'HERA', host: 'hera', port: 104 });

    const b = { aeTitle: 'B', host: 'a', port: 104 };
    const refused: [() => Promise<unknown>, ProblemCode, string][] = [
      [() => peers.add({ ...b, aeTitle: ' ZEUS' }), 'already-exists', 'ZEUS'],
      [() => peers.change(id, { ...b, aeTitle: 'ZEUS' }), 'already-exists', 'ZEUS'],
      [() => peers.change(id + 99, b), 'not-found', String(id + 99)],
      [() => peers.change(id, { ...b, host: '' }), 'unusable-identifier', 'host'],
      [() => peers.add({ ...b, aeTitle: 'SEVENTEEN_LETTERS' }), 'unusable-identifier', 'SEVENTEEN_LETTERS'],
      [() => peers.add({ ...b, aeTitle: 'A\\B' }), 'unusable-identifier', 'AE title'],
      [() => peers.add({ ...b, host: 'a b' }), 'unusable-identifier', 'a b'],
      [() => peers.add({ ...b, port: 0 }), 'unusable-identifier', '0'],
      [() => peers.add({ ...b, preferredTransferSyntaxes: ['x'] }), 'unusable-identifier', 'x'],
      [
        () => peers.add({ ...b, preferredTransferSyntaxes: Array<string>(21).fill('1.2') }),
        'unusable-identifier',
        '20',
      ],
      [() => peers.remove('APOLLO'), 'not-found', 'APOLLO'],
      [() => peers.removeById(id + 99), 'not-found', String(id + 99)],
    ];
    for (const [work, code, word] of refused) {
      const problem = await work().catch((error: unknown) => error);
      expect(problem, word).to.be.instanceOf(Problem).with.property('code', code);
      expect(problem).to.have.property('message').that.contains(word);
    }
    await peers.removeById(id);
    expect(await peers.list()).to.have.lengthOf(1);
  });

  it('counts the calls of an unknown caller', async () => {
    const { unknownCallers } = opened.catalog;
    const caller = {
      address: '192.0.2.9',
      calledAeTitle: 'DICOMKEEP',
      proposed: ['CT Image Storage'],
      callCount: 1,
    };
    await unknownCallers.record({ ...caller, aeTitle: 'WHO', at: 1000, refused: '' });
    const latest = { calledAeTitle: 'OTHER', proposed: [], refused: 'may not query' };
    await unknownCallers.record({ ...caller, aeTitle: 'WHO', at: 3000, ...latest });
    await unknownCallers.record({ ...caller, aeTitle: 'THEM', at: 2000, refused: '' });

    const callers = await unknownCallers.list();
    const { id, ...second } = callers[1] ?? { id: 0 };

    expect(callers[0]).to.deep.include({ aeTitle: 'WHO', callCount: 2, firstSeenAt: 1000, lastSeenAt: 3000 });
    expect(callers[0]).to.deep.include(latest);
    expect(second).to.deep.equal({
      ...caller,
      aeTitle: 'THEM',
      callCount: 1,
      firstSeenAt: 2000,
      lastSeenAt: 2000,
      refused: '',
    });
    expect(await unknownCallers.findById(id)).to.deep.equal(callers[1]);
    await unknownCallers.remove(id);
    expect(await unknownCallers.list()).to.have.lengthOf(1);
    const problem = await unknownCallers.remove(id).catch((error: unknown) => error);
    expect(problem).to.be.instanceOf(Problem).with.property('code', 'not-found');
    expect(await unknownCallers.findById(id)).to.equal(undefined);
  });

  it('forgets the unknown callers heard of longest ago when they become too many', async function () {
    this.timeout(300_000);
    const { unknownCallers } = opened.catalog;

    for (let at = 1; at <= unknownCallersMax + 3; at++) {
      const caller = {
        aeTitle: `AE${at}`,
        address: '192.0.2.9',
        calledAeTitle: 'DICOMKEEP',
        proposed: [],
        callCount: 1,
      };
      await unknownCallers.record({ ...caller, at, refused: '' });
    }

    const callers = await unknownCallers.list();
    expect(callers).to.have.lengthOf(unknownCallersMax);
    expect(callers.at(-1)?.aeTitle).to.equal('AE4');
  });

  it('has nothing to migrate once it is migrated', async () => {
    expect(await opened.catalog.migrate()).to.deep.equal([]);
    expect(await opened.catalog.pendingMigrations()).to.deep.equal([]);
    await opened.catalog.ping();
  });
}
