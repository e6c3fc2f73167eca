import { expect } from 'chai';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { Problem } from '../../src/lib/problem.ts';
import { Duplicates, type DuplicatesOptions } from '../../src/services/duplicates.ts';
import type { AcceptedInstance } from '../../src/services/filing-batch.ts';
import type { Settings } from '../../src/services/settings.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { refusalOf } from '../storage/problems.ts';

const UID = '1.2.3';
const REFUSAL = `duplicate-instance: instance ${UID} is stored already, with other content`;

describe('Duplicates', () => {
  let settings: { current: Pick<Settings, 'duplicates'> };
  /** Hashes by UID. */
  let queued: Record<string, string>;
  let filed: Record<string, string>;
  let lookUps: number;
  let failure: Problem | undefined;
  let findByUid: () => Promise<unknown>;
  let now: number;

  beforeEach(() => {
    settings = { current: { duplicates: 'refuse' } };
    queued = {};
    filed = {};
    lookUps = 0;
    failure = undefined;
    now = 0;
    findByUid = async () => (filed[UID] === undefined ? undefined : { sha256: filed[UID] });
  });

  function duplicates(): Duplicates {
    const filer: DuplicatesOptions['filer'] = {
      queued: (uid) =>
        queued[uid] === undefined ? undefined : ({ proof: { sha256: queued[uid] } } as AcceptedInstance),
      get failure() {
        return failure;
      },
    };
    const find = () => {
      lookUps += 1;
      return findByUid();
    };
    const catalog = { instances: { findByUid: find } } as unknown as Pick<Catalog, 'instances'>;
    return new Duplicates({ catalog, filer, settings, now: () => now });
  }

  it('are kept, and nobody is asked, unless the owner has said otherwise', async () => {
    settings.current = { duplicates: 'keep' };
    queued = { [UID]: 'other' };
    filed = { [UID]: 'other' };

    expect(await duplicates().reserve(UID, 'hash')).to.equal(undefined);

    expect(lookUps).to.equal(0);
  });

  it('are refused where the instance is filed, waits to be, or is being accepted with another data set', async () => {
    filed = { [UID]: 'other' };
    expect(await refusalOf(duplicates().reserve(UID, 'hash'))).to.equal(REFUSAL);

    filed = {};
    queued = { [UID]: 'other' };
    expect(await refusalOf(duplicates().reserve(UID, 'hash'))).to.equal(REFUSAL);

    queued = {};
    const one = duplicates();
    const [first, second] = await Promise.all([
      refusalOf(one.reserve(UID, 'hash')),
      refusalOf(one.reserve(UID, 'other')),
    ]);
    expect([first, second]).to.deep.equal(['none', REFUSAL]);
  });

  it('with the same data set are taken, as is every other instance', async () => {
    filed = { [UID]: 'hash' };
    const one = duplicates();

    for (const [uid, hash] of [
      [UID, 'hash'],
      ['1.2.4', 'hash'],
    ] as const) {
      (await one.reserve(uid, hash))?.();
      (await one.reserve(uid, hash))?.();
    }
  });

  it('are free again when what was reserved is given up', async () => {
    const one = duplicates();
    const release = await one.reserve(UID, 'hash');
    expect(await refusalOf(one.reserve(UID, 'other'))).to.equal(REFUSAL);

    release?.();

    expect(await refusalOf(one.reserve(UID, 'other'))).to.equal('none');
  });

  it('leave nothing reserved where they are refused', async () => {
    filed = { [UID]: 'other' };
    const one = duplicates();
    await refusalOf(one.reserve(UID, 'hash'));

    expect(await refusalOf(one.reserve(UID, 'other'))).to.equal('none');
  });

  it('are taken as ever while the catalogue is away, known to be or not, or hangs', async () => {
    filed = { [UID]: 'other' };
    findByUid = () => Promise.reject(new Problem('catalog-unavailable', 'down'));
    expect(await refusalOf(duplicates().reserve(UID, 'hash'))).to.equal('none');

    failure = new Problem('catalog-unavailable', 'down');
    lookUps = 0;
    expect(await refusalOf(duplicates().reserve(UID, 'hash'))).to.equal('none');
    expect(lookUps).to.equal(0);

    failure = undefined;
    findByUid = () => new Promise(() => undefined);
    const startedAt = performance.now();
    const one = duplicates();
    expect(await refusalOf(one.reserve(UID, 'hash'))).to.equal('none');
    expect(performance.now() - startedAt).to.be.lessThan(atMost(3000));

    lookUps = 0;
    for (const uid of ['1.2.4', '1.2.5']) expect(await refusalOf(one.reserve(uid, 'hash'))).to.equal('none');
    expect(lookUps, 'nobody waits again so soon').to.equal(0);
    now = 10_001;
    findByUid = async () => ({ sha256: 'other' });
    expect(await refusalOf(one.reserve('1.2.6', 'hash'))).to.match(/^duplicate-instance/);
  }).timeout(60_000);
});
