import { expect } from 'chai';
import { eventQuerySchema } from '../../src/admin/api/status.ts';
import {
  addressOf,
  type EventFilter,
  filterOf,
  fits,
  queryOf,
} from '../../src/admin/page/lib/event-filter.ts';

const NONE: EventFilter = { group: '', severity: '', text: '', studyInstanceUid: '', since: '', until: '' };
const EVENT = {
  id: 5,
  at: Date.parse('2026-05-17T12:00:00Z'),
  kind: 'instances-stored',
  severity: 'info' as const,
  words: 'CT1 stored 3 instances of study 1.2.3',
  fields: { caller: 'CT1', destination: 'WS1', studyInstanceUid: '1.2.3' },
};

describe('The filter of events', () => {
  it('is kept in the address and comes back from it', () => {
    const filter: EventFilter = {
      group: 'arrivals',
      severity: 'warning',
      text: 'CT1 & co',
      studyInstanceUid: '1.2.3',
      since: '2026-05-01',
      until: '2026-05-17',
    };

    const address = addressOf(filter);

    expect(address).to.match(/^\/activity\?/);
    expect(filterOf(new URL(address, 'http://archive').searchParams)).to.deep.equal(filter);
    expect(addressOf(NONE)).to.equal('/activity');
  });

  it('takes nothing from an address that no filter has', () => {
    const query = new URLSearchParams('group=all&severity=fatal&since=yesterday&until=2026-5-1&other=1');

    expect(filterOf(query)).to.deep.equal(NONE);
  });

  it('asks the server for what its schema takes', () => {
    const filters: EventFilter[] = [
      NONE,
      { ...NONE, group: 'changes', severity: 'error', text: ' CT1 ' },
      { ...NONE, severity: 'warning', since: '2026-05-01', until: '2026-05-01' },
      { ...NONE, since: '2026-99-99' },
    ];

    for (const filter of filters) {
      const asked = Object.entries(queryOf(filter)).filter(
        ([, value]) => value !== undefined && value !== '',
      );
      expect(eventQuerySchema.safeParse(Object.fromEntries(asked)).success, JSON.stringify(filter)).to.equal(
        true,
      );
    }
  });

  it('asks for whole days of the reader', () => {
    const { since, until } = queryOf({ ...NONE, since: '2026-05-01', until: '2026-05-02' });

    expect(since).to.equal(new Date('2026-05-01T00:00:00').getTime());
    expect(until).to.equal(new Date('2026-05-03T00:00:00').getTime() - 1);
  });

  it('lets an event through that fits, and no other', () => {
    const lets = (change: Partial<EventFilter>) => fits(EVENT, { ...NONE, ...change });

    expect(lets({})).to.equal(true);
    expect([lets({ group: 'arrivals' }), lets({ group: 'system' })]).to.deep.equal([true, false]);
    expect([lets({ severity: 'warning' }), lets({ severity: 'error' })]).to.deep.equal([false, false]);
    expect(fits({ ...EVENT, severity: 'error' }, { ...NONE, severity: 'warning' })).to.equal(true);
    expect([lets({ text: 'ws1' }), lets({ text: 'Stored 3' }), lets({ text: 'MR' })]).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect([lets({ studyInstanceUid: '1.2.3' }), lets({ studyInstanceUid: '1.2' })]).to.deep.equal([
      true,
      false,
    ]);
    expect([lets({ until: '2026-05-10' }), lets({ until: '2026-05-20' })]).to.deep.equal([false, true]);
    expect([lets({ since: '2026-05-10' }), lets({ since: '2026-05-20' })]).to.deep.equal([true, false]);
  });
});
