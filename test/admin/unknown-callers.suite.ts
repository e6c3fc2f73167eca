import { expect } from 'chai';
import type { AdminContext } from '../helpers/admin.ts';

const CT1 = { aeTitle: 'CT1', host: '10.0.0.7', port: 104 };

export function unknownCallersSuite(context: AdminContext): void {
  const told = (message: string) =>
    context.log.lines.filter((line) => line.message === message).map(({ fields }) => fields);

  const call = {
    aeTitle: 'US9',
    calledAeTitle: 'WRONG',
    proposed: ['CT Image Storage'],
    refused: 'no such title',
    callCount: 1,
  };

  beforeEach(async () => {
    const { unknownCallers } = context.parts.catalog;
    await unknownCallers.record({ ...call, address: '::ffff:10.0.0.9', at: 1000 });
    await unknownCallers.record({ ...call, address: '10.0.0.8', at: 2000 });
    await unknownCallers.record({ ...call, aeTitle: 'bad\\title', address: '10.0.0.8', at: 500 });
  });

  const callers = async () => (await context.viewer.get('/api/unknown-callers')).body.items;

  it('are listed, the last one first', async () => {
    const items = await callers();

    expect(items).to.have.lengthOf(3);
    expect(items[0]).to.deep.include({ ...call, address: '10.0.0.8', callCount: 1, lastSeenAt: 2000 });
  });

  it('become a peer in one call, at the address from which they called, and are gone from the list', async () => {
    const [, caller] = await callers();

    const adopted = await context.admin.post(`/api/unknown-callers/${caller.id}/peer`, {
      mayRetrieve: false,
    });

    expect(adopted.status).to.equal(201);
    expect(adopted.body).to.include({
      aeTitle: 'US9',
      host: '10.0.0.9',
      port: 104,
      mayFind: true,
      mayRetrieve: false,
    });
    expect((await callers()).map(({ aeTitle }: { aeTitle: string }) => aeTitle)).to.deep.equal([
      'bad\\title',
    ]);
    expect((await context.parts.callers.findPeer('US9'))?.host).to.equal('10.0.0.9');
    expect(told('peer added')).to.have.lengthOf(1);
  });

  it('stay in the list where the peer is bound to another address', async () => {
    const [, caller] = await callers();

    await context.admin.post(`/api/unknown-callers/${caller.id}/peer`, { port: 11112, matchAddress: true });

    expect((await callers()).map(({ address }: { address: string }) => address)).to.deep.equal([
      '10.0.0.8',
      '10.0.0.8',
    ]);
  });

  it('are refused where they cannot be a peer, and stay', async () => {
    const items = await callers();
    await context.admin.post('/api/peers', { ...CT1, aeTitle: 'OTHER' });

    const odd = await context.admin.post(`/api/unknown-callers/${items[2].id}/peer`, {});
    expect(odd.status).to.be.within(400, 422);
    expect(odd.body.detail).to.contain('not an AE title: "bad\\\\title"');
    expect((await context.admin.post('/api/unknown-callers/99999/peer', {})).status).to.equal(404);
    await context.parts.catalog.peers.add({ ...CT1, aeTitle: 'US9' });
    expect((await context.admin.post(`/api/unknown-callers/${items[0].id}/peer`, {})).status).to.equal(409);
    expect(await callers()).to.have.lengthOf(3);
  });

  it('are dismissed, and that is noted', async () => {
    const [caller] = await callers();

    expect((await context.admin.delete(`/api/unknown-callers/${caller.id}`)).status).to.equal(204);
    expect((await context.admin.delete(`/api/unknown-callers/${caller.id}`)).status).to.equal(404);

    expect(await callers()).to.have.lengthOf(2);
    expect(told('caller dismissed')).to.have.lengthOf(1);
    expect(told('caller dismissed')[0]).to.include({
      by: 'admin',
      address: '192.0.2.1',
      caller: 'US9',
      callerAddress: '10.0.0.8',
    });
  });
}
