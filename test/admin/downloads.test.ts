import { truncateSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { buildApp } from '../../src/admin/app.ts';
import { uids } from '../../src/dicom/uids.ts';
import { describeAdminOnSqlite } from '../helpers/admin.ts';
import { fileInstance } from '../helpers/filed.ts';
import { ctDataSet, encoded } from '../services/fixtures.ts';

const LARGE_BYTES = 8 * 1024 * 1024;

describeAdminOnSqlite('Downloads over a connection', (context) => {
  let server: Server;

  beforeEach(async () => {
    server = createServer(buildApp(context.parts, { credentialsLookMs: 20 }).callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise<unknown>((resolve) => server.close(resolve));
  });

  async function putLarge(number: number) {
    const dataSet = ctDataSet(1, 1, number);
    dataSet.set({ tag: 0x7fe00010, vr: 'OW', bytes: Buffer.alloc(LARGE_BYTES, number) });
    return await fileInstance(context.parts, encoded(dataSet), uids.ExplicitVRLittleEndian);
  }

  function open(path: string): Promise<IncomingMessage> {
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, headers: context.viewer.headers }, resolve).once('error', reject);
    });
  }

  /** Reads some of it, does something, and reads the rest. @returns how it ended */
  async function readAround(response: IncomingMessage, act: () => void): Promise<string> {
    await new Promise((resolve) => response.once('readable', resolve));
    response.read();
    act();
    return await new Promise((resolve) => {
      response.once('end', () => resolve('whole'));
      response.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      response.resume();
    });
  }

  async function downloadEvent() {
    const { activity, catalog } = context.parts;
    for (let tries = 0; tries < 200 && !activity.eventCounts.has('retrieve-answered'); tries++)
      await wait(10);
    await activity.stop();
    return (await catalog.events.list({ kinds: ['retrieve-answered'], limit: 1 }))[0];
  }

  it('breaks the connection of an archive of which an instance turns out damaged on the way', async () => {
    await putLarge(1);
    const { path } = await putLarge(2);
    await putLarge(3);

    const response = await open('/api/studies/1.2.1/archive');
    const end = await readAround(response, () => truncateSync(path, 1000));

    expect([response.statusCode, end]).to.deep.equal([200, 'ECONNRESET']);
    expect(await downloadEvent()).to.deep.include({ severity: 'warning' });
  });

  it('breaks the connection of a file that is cut while it is read', async () => {
    const { path, sopInstanceUid } = await putLarge(1);

    const response = await open(`/api/instances/${sopInstanceUid}/file`);

    expect(await readAround(response, () => truncateSync(path, 100_000))).to.equal('ECONNRESET');
  });

  it('makes four archives at once, and says so to who wants another', async () => {
    for (const number of [1, 2]) await putLarge(number);
    const path = '/api/studies/1.2.1/archive';
    const four = await Promise.all([1, 2, 3, 4].map(() => open(path)));

    expect(four.map(({ statusCode }) => statusCode)).to.deep.equal([200, 200, 200, 200]);
    const fifth = await open(path);
    expect(fifth.statusCode).to.equal(503);
    fifth.resume();

    four[0]?.destroy();
    let later = await open(path);
    for (let tries = 0; tries < 100 && later.statusCode !== 200; tries++) {
      later.resume();
      await wait(10);
      later = await open(path);
    }
    expect(later.statusCode).to.equal(200);
  });

  it('breaks an archive off when the session ends in which it was asked for', async () => {
    for (const number of [1, 2, 3, 4]) await putLarge(number);

    const response = await open('/api/studies/1.2.1/archive');
    await new Promise((resolve) => response.once('readable', resolve));
    await context.viewer.delete('/api/session');
    await wait(100);

    expect(await readAround(response, () => undefined)).to.equal('ECONNRESET');
    expect(await downloadEvent()).to.deep.include({ severity: 'warning' });
  });

  it('stops reading when the asker goes, and says how far it came', async () => {
    for (const number of [1, 2, 3, 4]) await putLarge(number);

    const response = await open('/api/studies/1.2.1/archive');
    await new Promise((resolve) => response.once('readable', resolve));
    response.destroy();

    const event = await downloadEvent();
    expect(event?.severity).to.equal('warning');
    expect(event?.words).to.match(
      /^viewer downloaded \d instances? of study 1\.2\.1, and the download was broken off$/,
    );
    expect(event?.fields['instances']).to.be.lessThan(4);
  });
});
