import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import { FreshCache } from '../../src/services/fresh-cache.ts';

describe('FreshCache', () => {
  let now = 0;
  let cache: FreshCache<string>;
  beforeEach(() => {
    now = 1_000_000;
    cache = new FreshCache({ freshMs: 100, staleMs: 1000, patienceMs: 20, entriesMax: 2, now: () => now });
  });
  const away = () => Promise.reject(new Problem('catalog-unavailable', 'away'));

  it('asks once while a value is fresh, and again when it is not', async () => {
    let asked = 0;
    const load = async () => `value ${++asked}`;

    expect(await cache.get('a', load)).to.equal('value 1');
    now += 100;
    expect(await cache.get('a', load)).to.equal('value 1');
    now += 1;
    expect(await cache.get('a', load)).to.equal('value 2');
  });

  it('asks once for those who want the same at once', async () => {
    let asked = 0;
    const load = async () => `value ${++asked}`;

    const values = await Promise.all([cache.get('a', load), cache.get('a', load)]);

    expect(values).to.deep.equal(['value 1', 'value 1']);
  });

  it('gives what it knew while the catalogue is away, for a time', async () => {
    await cache.get('a', async () => 'known');

    now += 900;
    expect(await cache.get('a', away)).to.equal('known');
    now += 101;
    expect(await cache.get('a', away).catch((error: Problem) => error.code)).to.equal('catalog-unavailable');
  });

  it('gives what it knew where the catalogue takes too long', async () => {
    await cache.get('a', async () => 'known');
    now += 500;

    expect(await cache.get('a', () => new Promise(() => undefined))).to.equal('known');
  });

  it('does not hide a failure of another kind', async () => {
    await cache.get('a', async () => 'known');
    now += 500;

    const failed = await cache
      .get('a', () => Promise.reject(new Error('a bug')))
      .catch((error: Error) => error.message);

    expect(failed).to.equal('a bug');
  });

  it('forgets what was taken out, also where it was just on its way', async () => {
    let deliver: (value: string) => void = () => undefined;
    const onItsWay = cache.get('a', () => new Promise<string>((resolve) => (deliver = resolve)));

    cache.delete('a');
    deliver('old');
    await onItsWay;

    expect(await cache.get('a', async () => 'new')).to.equal('new');
  });

  it('does not remember that there was nothing', async () => {
    expect(await cache.get('a', async () => undefined)).to.equal(undefined);
    expect(await cache.get('a', async () => 'there')).to.equal('there');
  });

  it('holds so many and no more', async () => {
    for (const key of ['a', 'b', 'c']) await cache.get(key, async () => key);

    expect(await cache.get('a', async () => 'asked again')).to.equal('asked again');
    expect(await cache.get('c', async () => 'asked again')).to.equal('c');
  });
});
