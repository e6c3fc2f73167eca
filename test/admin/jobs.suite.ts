import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import type { AdminContext } from '../helpers/admin.ts';
import { fileInstance } from '../helpers/filed.ts';
import { ctDataSet, encoded } from '../services/fixtures.ts';

/** Routes of jobs, on either engine; nothing runs here: the queue is not started. */
export function jobsSuite(context: AdminContext): void {
  let peerId = 0;

  beforeEach(async () => {
    peerId = (await context.parts.catalog.peers.add({ aeTitle: 'WS1', host: '192.0.2.7', port: 104 })).id;
    await fileInstance(context.parts, encoded(ctDataSet(1, 1, 1)), uids.ExplicitVRLittleEndian);
  });

  it('takes the sending of a study, a series and an instance as jobs, and says who asked', async () => {
    const study = await context.admin.post('/api/studies/1.2.1/send', { peerId });
    const series = await context.admin.post('/api/studies/1.2.1/series/1.2.1.1/send', { peerId });

    const instance = await context.admin.post('/api/instances/1.2.1.1.1/send', { peerId });
    const none = await context.admin.post('/api/instances/1.2.9/send', { peerId });

    expect([study.status, series.status, instance.status]).to.deep.equal([202, 202, 202]);
    expect([none.status, none.body.detail]).to.deep.equal([404, 'no instance 1.2.9']);
    expect(instance.body.subject).to.deep.equal({
      studyInstanceUid: '1.2.1',
      seriesInstanceUid: '1.2.1.1',
      sopInstanceUid: '1.2.1.1.1',
      peer: 'WS1',
    });
    expect(study.body).to.deep.include({
      kind: 'send',
      state: 'waiting',
      by: 'admin',
      subject: { studyInstanceUid: '1.2.1', peer: 'WS1' },
      progress: { done: 0, failed: 0, total: 0 },
      attempts: 0,
      words: '',
    });
    expect(series.body.subject).to.deep.equal({
      studyInstanceUid: '1.2.1',
      seriesInstanceUid: '1.2.1.1',
      peer: 'WS1',
    });
    expect((await context.viewer.get(`/api/jobs/${study.body.id}`)).body).to.deep.equal(study.body);
  });

  it('lists jobs newest first, by state and page by page', async () => {
    const ids: number[] = [];
    for (let count = 0; count < 3; count++)
      ids.unshift((await context.admin.post('/api/studies/1.2.1/send', { peerId })).body.id);
    await context.admin.post(`/api/jobs/${ids[1]}/cancel`);
    const idsOf = (answer: { body: { items: { id: number }[] } }) => answer.body.items.map(({ id }) => id);

    const first = await context.viewer.get('/api/jobs?limit=2');
    const second = await context.viewer.get(`/api/jobs?limit=2&cursor=${first.body.nextCursor}`);

    expect([...idsOf(first), ...idsOf(second)]).to.deep.equal(ids);
    expect(second.body.nextCursor).to.equal(null);
    expect(idsOf(await context.viewer.get('/api/jobs?state=cancelled'))).to.deep.equal([ids[1]]);
  });

  it('cancels a job once', async () => {
    const { id } = (await context.admin.post('/api/studies/1.2.1/send', { peerId })).body;

    const cancelled = await context.admin.post(`/api/jobs/${id}/cancel`);
    const again = await context.admin.post(`/api/jobs/${id}/cancel`);

    expect([cancelled.status, cancelled.body.state]).to.deep.equal([200, 'cancelled']);
    expect(again.status).to.equal(422);
    expect(again.body.detail).to.equal(`job ${id} is cancelled already`);
  });

  it('refuses what is not there, naming it', async () => {
    const refusals: [string, number, string][] = [
      ['studies/1.2.9/send', peerId, 'no study 1.2.9'],
      ['studies/1.2.1/series/1.2.9/send', peerId, 'no series 1.2.9 in study 1.2.1'],
      ['studies/1.2.1/send', peerId + 1, `no peer ${peerId + 1}`],
    ];
    for (const [path, id, detail] of refusals) {
      const answer = await context.admin.post(`/api/${path}`, { peerId: id });
      expect([answer.status, answer.body.detail], path).to.deep.equal([404, detail]);
    }
    expect((await context.viewer.get('/api/jobs/99')).body.detail).to.equal('no job 99');
    expect((await context.admin.post('/api/jobs/99/cancel')).body.detail).to.equal('no job 99');
    for (const path of ['jobs/0', 'jobs/x', 'jobs?cursor=x', 'jobs?state=lost'])
      expect((await context.viewer.get(`/api/${path}`)).status, path).to.equal(400);
    expect((await context.admin.post('/api/studies/1.2.1/send', { peerId: 0 })).status).to.equal(400);
  });

  it('lets viewers look, and no more', async () => {
    const { id } = (await context.admin.post('/api/studies/1.2.1/send', { peerId })).body;

    expect((await context.viewer.get('/api/jobs')).status).to.equal(200);
    for (const path of ['studies/1.2.1/send', 'studies/1.2.1/series/1.2.1.1/send', `jobs/${id}/cancel`])
      expect((await context.viewer.post(`/api/${path}`, { peerId })).status, path).to.equal(403);
    expect((await context.nobody.get('/api/jobs')).status).to.equal(401);
  });
}
