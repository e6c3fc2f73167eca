import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { decodeCommandSet } from '../../src/dimse/command-set.ts';
import { Problem } from '../../src/lib/problem.ts';
import { OutstandingStores } from '../../src/net/outstanding-stores.ts';
import type { StoreScu } from '../../src/net/store-scu.ts';
import type { Pdv } from '../../src/ul/pdu/p-data-tf.ts';
import {
  CT,
  EXPLICIT,
  FakeDriver,
  JPEG,
  operation,
  piecesOf,
  refusalOf,
  response,
  scuOn,
} from './fake-store-association.ts';

describe('StoreScu (PS3.4 §B.2)', () => {
  let driver: FakeDriver;
  let stores: OutstandingStores;
  let scu: StoreScu;
  let closed: number;

  beforeEach(() => {
    driver = new FakeDriver();
    closed = 0;
    scu = newScu(200);
  });

  function newScu(responseTimeoutMs: number): StoreScu {
    let messageId = 0;
    const abort = (words: string) => driver.abort(words);
    stores = new OutstandingStores({ operationsMax: 1, responseTimeoutMs, abort });
    return scuOn(
      driver,
      stores,
      () => ++messageId,
      async () => {
        closed += 1;
      },
    );
  }

  const answerAtEnd =
    (status = 0) =>
    (pdvs: readonly Pdv[]) => {
      if (pdvs.at(-1)?.isLast && !pdvs.at(-1)?.isCommand)
        setImmediate(() => stores.respond(response(1, status)));
      return true;
    };

  it('knows in which transfer syntaxes the peer takes a class', () => {
    expect(scu.transferSyntaxesFor(CT)).to.deep.equal([EXPLICIT, JPEG]);
    expect(scu.transferSyntaxesFor('1.2')).to.deep.equal([]);
  });

  it('sends command and data set on the context of the transfer syntax, and gives the status of the response', async () => {
    driver.onSend = answerAtEnd(0xb000);

    expect(await scu.store(operation(piecesOf('ab', 'cdef', 'g'), 7, JPEG))).to.equal(0xb000);

    const [command, ...data] = driver.sent;
    expect(decodeCommandSet(command?.bytes ?? Buffer.alloc(0))).to.deep.include({
      AffectedSOPClassUID: CT,
      AffectedSOPInstanceUID: '1.2.3',
      MessageID: 1,
      Priority: 2,
      MoveOriginatorApplicationEntityTitle: 'WS1',
      MoveOriginatorMessageID: 77,
    });
    expect(driver.sent.map(({ contextId }) => contextId)).to.deep.equal([3, 3, 3, 3]);
    expect(data.map(({ bytes, isLast }) => [bytes.toString(), isLast])).to.deep.equal([
      ['ab', false],
      ['cdef', false],
      ['g', true],
    ]);
  });

  it('sends pieces of a length not known before with the last one marked, all others of even length (PS3.8 Annex E.2)', async () => {
    for (const pieces of [['a'], ['abc', 'd', '', 'efghi', 'j', 'k'], ['', ''], ['ab', 'cd'], []]) {
      driver.sent.length = 0;
      scu = newScu(200);
      driver.onSend = answerAtEnd();

      expect(await scu.store(operation(piecesOf(...pieces), undefined))).to.equal(0);

      const data = driver.dataSets;
      expect(Buffer.concat(data.map(({ bytes }) => bytes)).toString()).to.equal(pieces.join(''));
      expect(data.map(({ isLast }) => isLast)).to.deep.equal(
        data.map((_, index) => index === data.length - 1),
      );
      for (const { bytes } of data.slice(0, -1)) expect(bytes.length % 2).to.equal(0);
    }
  });

  it('waits for its own response, not for another', async () => {
    driver.onSend = () => {
      setImmediate(() => {
        stores.respond(response(9, 0xa700));
        stores.respond(response(1, 0));
        stores.respond(response(1, 0xa700));
      });
      return true;
    };

    expect(await scu.store(operation(piecesOf('ab'), 2))).to.equal(0);
    stores.respond(response(1, 0)); // nobody asks any more
  });

  it('takes a response that comes before the end of the data set', async () => {
    driver.onSend = (pdvs) => {
      if (pdvs[0]?.isCommand) stores.respond(response(1, 0xa700));
      return true;
    };

    expect(await scu.store(operation(piecesOf('ab', 'cd', 'ef'), 6))).to.equal(0xa700);

    expect(driver.dataSets.at(-1)?.isLast).to.equal(true);
    await wait(250);
    expect(driver.aborts, 'the time is no longer counted').to.deep.equal([]);
  });

  it('aborts when no answer comes in time, and stays ended', async () => {
    scu = newScu(30);

    expect(await refusalOf(scu.store(operation(piecesOf('ab'), 2)))).to.equal(
      'peer-unreachable: no answer to C-STORE within 30 ms',
    );

    expect(driver.aborts).to.deep.equal(['no answer to C-STORE within 30 ms']);
    const sent = driver.sent.length;
    expect(await refusalOf(scu.store(operation(piecesOf('ab'), 2)))).to.match(/^peer-unreachable/);
    expect(driver.sent.length).to.equal(sent);
  });

  it('aborts when the peer takes no more, however many pieces it took before', async () => {
    scu = newScu(400);
    let count = 0;
    driver.onSend = async () => {
      count += 1;
      if (count < 8) {
        await wait(80);
        return true;
      }
      // A stalled socket takes nothing until the driver has aborted it.
      while (driver.aborts.length === 0) await wait(5);
      return false;
    };
    const startedAt = performance.now();

    expect(
      await refusalOf(scu.store(operation(piecesOf(...Array.from({ length: 20 }, () => 'ab')), 40))),
    ).to.match(/^peer-unreachable: no answer to C-STORE within 400 ms/);

    expect(performance.now() - startedAt, 'each piece counts anew').to.be.greaterThan(900);
  });

  it('fails what is outstanding when the association ends, within the data set and after it', async () => {
    const waiting = refusalOf(scu.store(operation(piecesOf('ab'), 2)));
    await wait(5);
    stores.end(new Problem('peer-unreachable', 'closed the connection'));
    expect(await waiting).to.equal('peer-unreachable: closed the connection');

    scu = newScu(200);
    driver.onSend = () => {
      stores.end(new Problem('peer-unreachable', 'aborted by the peer'));
      return false;
    };
    expect(await refusalOf(scu.store(operation(piecesOf('ab', 'cd'), 4)))).to.equal(
      'peer-unreachable: aborted by the peer',
    );
  });

  it('aborts where the data set cannot be read to its end: only that makes the peer drop it', async () => {
    const broken = piecesOf('ab', new Problem('not-found', 'the file is shorter than its data set'));

    expect(await refusalOf(scu.store(operation(broken, 100)))).to.equal(
      'not-found: the file is shorter than its data set',
    );

    expect(driver.aborts).to.deep.equal(['the file is shorter than its data set']);
    expect(driver.dataSets.some(({ isLast }) => isLast)).to.equal(false);
  });

  it('sends nothing of an instance that cannot be read at all, and goes on with the next', async () => {
    const broken = piecesOf(new Problem('volume-offline', 'away'));
    expect(await refusalOf(scu.store(operation(broken, 100)))).to.equal('volume-offline: away');
    expect([driver.sent, driver.aborts]).to.deep.equal([[], []]);

    driver.onSend = () => {
      setImmediate(() => stores.respond(response(2)));
      return true;
    };
    expect(await scu.store(operation(piecesOf('ab'), 2))).to.equal(0);
  });

  it('closes what it was given', async () => {
    await scu.close();
    expect(closed).to.equal(1);
  });
});
