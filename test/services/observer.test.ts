import { expect } from 'chai';
import { fanOut, type Observer } from '../../src/services/observer.ts';
import { party, store, tally } from '../helpers/observations.ts';

/** Notes the names of what it is told. */
function noting(told: string[], name: string): Observer {
  const note = (method: string) => () => void told.push(`${name} ${method}`);
  return {
    associationRejected: note('rejected'),
    associationOpened: note('opened'),
    associationEnded: note('ended'),
    instanceStored: note('stored'),
    instanceRefused: note('refused'),
    queryAnswered: note('answered'),
    queryReceived: note('received'),
    queryRefused: note('query refused'),
    instancesTransferred: note('transferred'),
    retrieveAnswered: note('retrieved'),
    connectionDropped: note('dropped'),
  };
}

describe('Observers told together', () => {
  it('are all told of everything, in their order', () => {
    const told: string[] = [];
    const all = fanOut([noting(told, 'one'), noting(told, 'other')], () => undefined);
    const association = tally();

    all.associationRejected(party(), 'called-ae-title', 'no');
    all.associationOpened(association);
    store(all, association);
    all.instanceRefused(association, 'A700H', 'full');
    all.queryReceived(association, {
      sopClassUid: '1.2',
      transferSyntaxUid: '1.3',
      identifier: Buffer.alloc(0),
    });
    all.queryAnswered(association, 1, 2);
    all.queryRefused(association, 'C-FIND', 'Refused: Not Authorized (0124H)', 'no');
    all.retrieveAnswered(association, {
      operation: 'C-GET',
      destination: 'WS1',
      studyInstanceUid: undefined,
      completed: 1,
      failed: 0,
      warning: 0,
      tookMs: 1,
      words: undefined,
    });
    all.instancesTransferred({
      requestor: { party: party() },
      destination: 'WS1',
      studies: [],
      words: undefined,
    });
    all.connectionDropped('192.0.2.1');
    all.associationEnded(association, true, '');

    const methods =
      'rejected opened stored refused received answered query-refused retrieved transferred dropped ended';
    const expected = methods.split(' ').map((method) => method.replace('-', ' '));
    expect(told).to.deep.equal(expected.flatMap((method) => [`one ${method}`, `other ${method}`]));
  });

  it('need not all be told of everything', () => {
    const told: string[] = [];
    const all = fanOut([{ associationOpened: () => void told.push('opened') }], (error) =>
      told.push(String(error)),
    );

    all.associationOpened(tally());
    store(all, tally());

    expect(told).to.deep.equal(['opened']);
  });

  it('do not suffer from one that throws, which is told of', () => {
    const told: string[] = [];
    const failures: unknown[] = [];
    const broken = {
      ...noting(told, 'one'),
      instanceStored: () => {
        throw new TypeError('odd');
      },
    };
    const all = fanOut([broken, noting(told, 'other')], (error) => failures.push(error));

    store(all, tally());

    expect(told).to.deep.equal(['other stored']);
    expect(failures.map(String)).to.deep.equal(['TypeError: odd']);
  });
});
