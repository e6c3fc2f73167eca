import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { Certificates } from '../../src/services/certificates.ts';
import type { AssociationTally } from '../../src/services/observer.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { AssociationRejected, DimseClient } from '../helpers/dimse-client.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { atMost } from '../helpers/time-bounds.ts';

/** Without TLS nobody asks for it. */
const NO_CERTIFICATES = {
  current: () => ({ certificate: '', privateKey: '' }),
  onChange: () => () => undefined,
} as unknown as Certificates;

describe('What an observer is told of associations', () => {
  let acceptor: TestAcceptor;
  let port: number;
  beforeEach(async () => {
    acceptor = new TestAcceptor(NO_CERTIFICATES, {
      tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 0 },
    });
    await acceptor.listeners.open(acceptor.settings.current);
    port = acceptor.portOf('dimse');
  });
  afterEach(() => acceptor.close());

  const told = () => acceptor.observer.told.map(([method]) => method);
  const messages = () => acceptor.log.lines.map(({ message }) => message);

  async function until(method: string): Promise<unknown[]> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const found = acceptor.observer.told.find(([name]) => name === method);
      if (found !== undefined) return found.slice(1);
      await wait(5);
    }
    throw new Error(`never told ${method}, but ${told().join()}`);
  }

  it('its beginning and its orderly end, with counters that are alive in between', async () => {
    const client = await DimseClient.connect({ port, calling: 'CT1' });
    const [tally] = (await until('associationOpened')) as [AssociationTally];
    expect(tally.party).to.deep.equal({
      callingAeTitle: 'CT1',
      calledAeTitle: 'DICOMKEEP',
      address: '127.0.0.1',
      isPeer: false,
      isTls: false,
    });
    expect(Date.now() - tally.openedAt).to.be.within(0, atMost(1000));
    await client.echo();
    expect(tally.echoes).to.equal(1);
    await client.release();

    expect(await until('associationEnded')).to.deep.equal([tally, true, '']);
    await wait(20);
    expect(told()).to.deep.equal(['associationOpened', 'associationEnded']);
  });

  it('an end that is none: the reason', async () => {
    const client = await DimseClient.connect({ port });
    client.driver.abort('test');

    const [, isOrderly, words] = await until('associationEnded');

    expect(isOrderly).to.equal(false);
    expect(words).to.equal('aborted by the caller: aborted by the service user');
  });

  it('a rejection: who, why, and no end of what never began', async () => {
    const error = await DimseClient.connect({ port, calling: 'CT1', called: 'OTHER' }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(AssociationRejected);

    expect(await until('associationRejected')).to.deep.equal([
      { callingAeTitle: 'CT1', calledAeTitle: 'OTHER', address: '127.0.0.1', isPeer: false, isTls: false },
      'called-ae-title',
      'called AE title "OTHER" not recognized',
    ]);
    await wait(20);
    expect(told()).to.deep.equal(['associationRejected']);
    expect(messages()).to.deep.equal(['association rejected']);
  });

  it('a caller that is no peer where those are rejected', async () => {
    acceptor.settings.current = { ...acceptor.settings.current, unknownCallers: 'reject' };
    await DimseClient.connect({ port, calling: 'CT1' }).catch(() => undefined);

    expect((await until('associationRejected')).slice(1)).to.deep.equal([
      'calling-ae-title',
      'calling AE title CT1 at 127.0.0.1 is no peer',
    ]);
  });

  it('what is no DICOM, and nothing of a connection on which nothing came', async () => {
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    silent.destroy();
    const browser = connect(port, '127.0.0.1');
    browser.on('error', () => undefined);
    browser.once('data', () => browser.destroy());
    browser.write('GET / HTTP/1.1\r\nHost: pacs\r\n\r\n');

    const [party, reason] = await until('associationRejected');

    expect(party).to.deep.include({ callingAeTitle: '', calledAeTitle: '', address: '127.0.0.1' });
    expect(reason).to.equal('protocol-error');
    await wait(20);
    expect(told()).to.deep.equal(['associationRejected']);
  });
});
