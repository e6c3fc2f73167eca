import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import type { AdminContext } from '../helpers/admin.ts';

const CT1 = { aeTitle: 'CT1', host: '10.0.0.7', port: 104 };

export function peersSuite(context: AdminContext): void {
  /** Events of this kind, once they are in the log. */
  const told = (message: string) =>
    context.log.lines.filter((line) => line.message === message).map(({ fields }) => fields);

  it('adds a peer, who may do everything unless told otherwise, and has it found', async () => {
    const added = await context.admin.post('/api/peers', CT1);

    expect(added.status).to.equal(201);
    expect(added.body).to.deep.include({
      ...CT1,
      mayEcho: true,
      mayStore: true,
      mayFind: true,
      mayRetrieve: true,
      matchAddress: false,
      useTls: false,
      preferredTransferSyntaxes: [],
      note: '',
      lastSeenAt: null,
    });
    expect((await context.viewer.get('/api/peers')).body.items).to.deep.equal([added.body]);
    expect((await context.viewer.get(`/api/peers/${added.body.id}`)).body).to.deep.equal(added.body);
    expect((await context.parts.callers.findPeer('CT1'))?.host).to.equal('10.0.0.7');
    expect(told('peer added')).to.have.lengthOf(1);
    expect(told('peer added')[0]).to.include({ by: 'admin', address: '192.0.2.1', peer: 'CT1' });
    expect(told('peer added')[0]?.['after']).to.contain('host=10.0.0.7 port=104 mayEcho=true');
  });

  it('changes a peer as a whole, and notes what was before and after', async () => {
    const { body: peer } = await context.admin.post('/api/peers', CT1);
    const values = {
      ...CT1,
      port: 105,
      useTls: true,
      preferredTransferSyntaxes: [uids.ImplicitVRLittleEndian],
    };

    const changed = await context.admin.put(`/api/peers/${peer.id}`, values);
    await context.admin.put(`/api/peers/${peer.id}`, values);

    expect(changed.status).to.equal(200);
    expect(changed.body).to.deep.include({ id: peer.id, createdAt: peer.createdAt, ...values });
    expect(told('peer changed')).to.have.lengthOf(1);
    expect(told('peer changed')[0]).to.include({
      before: 'port=104 useTls=false preferredTransferSyntaxes=',
      after: 'port=105 useTls=true preferredTransferSyntaxes=1.2.840.10008.1.2',
    });
  });

  it('removes a peer', async () => {
    const { body: peer } = await context.admin.post('/api/peers', CT1);

    expect((await context.admin.delete(`/api/peers/${peer.id}`)).status).to.equal(204);

    expect((await context.viewer.get('/api/peers')).body.items).to.deep.equal([]);
    expect(await context.parts.callers.findPeer('CT1')).to.equal(undefined);
    expect(told('peer removed')[0]).to.include({ by: 'admin', peer: 'CT1' });
  });

  it('refuses an AE title that is taken, a peer that is not there, and values that are none', async () => {
    const { body: peer } = await context.admin.post('/api/peers', CT1);
    const { body: other } = await context.admin.post('/api/peers', { ...CT1, aeTitle: 'CT2' });

    const taken = await context.admin.post('/api/peers', CT1);
    expect(taken.status).to.equal(409);
    expect(taken.body).to.include({ code: 'already-exists' });
    expect((await context.admin.put(`/api/peers/${other.id}`, CT1)).status).to.equal(409);
    const absent = peer.id + 1000;
    expect((await context.viewer.get(`/api/peers/${absent}`)).status).to.equal(404);
    expect((await context.admin.put(`/api/peers/${absent}`, CT1)).status).to.equal(404);
    expect((await context.admin.delete(`/api/peers/${absent}`)).status).to.equal(404);
    expect((await context.admin.post(`/api/peers/${absent}/echo`)).status).to.equal(404);
    for (const wrong of [
      { aeTitle: 'A\\B' },
      { port: 0 },
      { host: 'a b' },
      { note: 'x'.repeat(501) },
      { id: 1 },
    ]) {
      const refused = await context.admin.post('/api/peers', { ...CT1, aeTitle: 'NEW', ...wrong });
      expect(refused.status, JSON.stringify(wrong)).to.equal(400);
    }
    expect((await context.viewer.get('/api/peers')).body.items).to.have.lengthOf(2);
    expect(told('peer changed')).to.deep.equal([]);
  });

  it('tests a peer, and a node that is none yet', async () => {
    const { body: peer } = await context.admin.post('/api/peers', CT1);

    for (const answer of [
      await context.admin.post(`/api/peers/${peer.id}/echo`),
      await context.admin.post('/api/echo', { ...CT1, useTls: true }),
    ]) {
      expect(answer.status).to.equal(200);
      expect(answer.body).to.include({ outcome: 'connection-refused', isOk: false });
    }
  });
}
