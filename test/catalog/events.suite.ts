import { expect } from 'chai';
import { Database } from '../../src/catalog/database.ts';
import { type CatalogEvent, type EventFilter, EventRepository } from '../../src/catalog/event-repository.ts';
import { eventsKeptMax, eventsPrunedPerStep } from '../../src/catalog/limits.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { ctArrival } from './arrivals.ts';
import { executeOn } from './raw-rows.ts';

export function eventsSuite(opened: Opened): void {
  const event = (at: number, more: Partial<CatalogEvent> = {}): CatalogEvent => ({
    at,
    kind: 'instances-stored',
    severity: 'info',
    words: `event ${at}`,
    fields: {},
    ...more,
  });
  const atOf = async (filter: EventFilter) =>
    (await opened.catalog.events.list({ ...filter, limit: 10 })).map(({ at }) => at);

  it('records many at once and gives their ids, which list them', async () => {
    const { events } = opened.catalog;
    const many = Array.from({ length: 950 }, (_, index) => event(index, { fields: { count: 1, name: 'é' } }));

    const ids = await events.recordAll(many);

    expect(ids).to.have.lengthOf(950);
    const [newest] = await events.list({ limit: 1 });
    expect(newest).to.deep.equal({ ...many[949], id: ids[949] });
    const older = await events.list({ limit: 2, beforeId: ids[5] ?? 0 });
    expect(older.map(({ at }) => at)).to.deep.equal([4, 3]);
    expect(await events.recordAll([])).to.deep.equal([]);
  });

  it('lists by kind, severity, study, time, and caller or words', async () => {
    await opened.catalog.events.recordAll([
      event(1, { kind: 'login', words: 'Anna signed in' }),
      event(2, { severity: 'error', fields: { caller: 'CT1', studyInstanceUid: '1.2.3' } }),
      event(3, { severity: 'warning', fields: { destination: 'STORE2' }, words: '100% sent' }),
      event(4, { kind: 'logout', fields: { studyInstanceUid: '1.2.3' } }),
    ]);

    expect(await atOf({})).to.deep.equal([4, 3, 2, 1]);
    expect(await atOf({ kinds: ['login', 'logout'] })).to.deep.equal([4, 1]);
    expect(await atOf({ kinds: [] })).to.deep.equal([]);
    expect(await atOf({ severities: ['error', 'warning'] })).to.deep.equal([3, 2]);
    expect(await atOf({ studyInstanceUid: '1.2.3' })).to.deep.equal([4, 2]);
    expect(await atOf({ since: 2, until: 3 })).to.deep.equal([3, 2]);
    expect(await atOf({ text: 'CT1' })).to.deep.equal([2]);
    expect(await atOf({ text: 'STORE2' })).to.deep.equal([3]);
    expect(await atOf({ text: 'anna SIGNED' })).to.deep.equal([1]);
    expect(await atOf({ text: '100%' })).to.deep.equal([3]);
    expect(await atOf({ text: '1_0' })).to.deep.equal([]);
    expect(await atOf({ text: "'" })).to.deep.equal([]);
    expect(await atOf({ kinds: ['logout'], text: 'event', studyInstanceUid: '1.2.3' })).to.deep.equal([4]);
  });

  it('has the study and the caller of a conflict', async () => {
    await opened.catalog.instances.index([ctArrival(1, 1, 1)]);
    await opened.catalog.instances.index([ctArrival(1, 1, 1, {}, { sha256: 'f'.repeat(64) })]);

    const [conflict] = await opened.catalog.events.list({ text: 'CT1', studyInstanceUid: '1.1', limit: 10 });

    expect(conflict).to.include({ kind: 'instance-conflict', severity: 'warning' });
    expect(conflict?.fields).to.include({
      caller: 'CT1',
      studyInstanceUid: '1.1',
      sopInstanceUid: '1.1.1.1',
    });
  });

  it('records what it records once, though the oldest cannot be forgotten just now', async () => {
    const database = new Database({
      url: opened.url,
      poolMax: 2,
      acquireTimeoutMs: 5000,
      queryTimeoutMs: 10_000,
    });
    const hanging = {
      write: database.write.bind(database),
      read: () => Promise.reject(new Problem('catalog-unavailable', 'no answer')),
    };
    const events = new EventRepository(hanging as unknown as Database);

    const recording = events.recordAll(Array.from({ length: 250 }, (_, index) => event(index)));
    const ids = await recording.finally(() => database.close());

    expect(ids).to.have.lengthOf(250);
    expect(await opened.catalog.events.list({ limit: 1000 })).to.have.lengthOf(250);
  });

  it('forgets the oldest in small steps when there are too many', async () => {
    const { events } = opened.catalog;
    await events.recordAll([event(1), event(2), event(3)]);
    const last = eventsKeptMax + 2;
    await executeOn(opened.url, (db) => db('events').where('at', 3).update({ id: last }));

    await events.recordAll(Array.from({ length: 1000 }, (_, index) => event(10 + index)));

    const kept = await events.list({ limit: 2000 });
    expect(kept.map(({ at }) => at)).not.to.include(1);
    expect(kept.map(({ at }) => at)).to.include(3);
    expect(eventsPrunedPerStep).to.be.greaterThan(1000);
  });
}
