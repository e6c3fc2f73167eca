import { expect } from 'chai';
import type { AdminParts } from '../../src/admin/parts.ts';
import { Reply, type Route } from '../../src/admin/route.ts';
import { previewRoutes } from '../../src/admin/routes/previews.ts';
import type { StoredInstance } from '../../src/catalog/catalog.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { PreviewOptions } from '../../src/services/previews.ts';
import { refusalOf } from '../storage/problems.ts';

const STORED = { sopInstanceUid: '1.2.3', studyInstanceUid: '1', sha256: 'ab' } as StoredInstance;

describe('Routes of previews', () => {
  const asked: PreviewOptions[] = [];
  const viewed: string[] = [];
  const parts = {
    catalog: {
      instances: {
        findByUid: async (uid: string) => (uid === '1.2.3' ? STORED : undefined),
        middleOf: async (study: string, series: string) =>
          `${study} ${series}` === '1 1.2' ? STORED : undefined,
      },
    },
    audit: {
      studyViewed: ({ name }: { name: string }, uid: string) => viewed.push(`${name} ${uid}`),
    },
    filer: { settled: async () => undefined, backlogInstances: 0 },
    previews: {
      etag: ({ sha256 }: StoredInstance, { frame, sizeMax }: PreviewOptions) =>
        `"${sha256}-${frame}-${sizeMax}"`,
      async picture({ sha256 }: StoredInstance, options: PreviewOptions) {
        asked.push(options);
        if (options.frame === 9) throw new Problem('not-renderable', 'no picture');
        return { png: Buffer.from('png'), etag: `"${sha256}-${options.frame}-${options.sizeMax}"` };
      },
    },
  } as unknown as AdminParts;
  const [ofInstance, ofSeries] = previewRoutes(parts);
  beforeEach(() => {
    asked.length = 0;
    viewed.length = 0;
  });

  /** Asks as the router does: what the schemas made of the request. */
  async function get(
    route: Route | undefined,
    parameters: Record<string, string>,
    query: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const reply = await route?.handle({
      parameters: route.parameters?.parse(parameters) as undefined,
      query: route.query?.parse(query) as undefined,
      body: undefined,
      actor: { name: 'Mia', role: 'viewer', address: '192.0.2.9' },
      headers,
      signal: new AbortController().signal,
    } as Parameters<Route['handle']>[0]);
    if (!(reply instanceof Reply)) throw new Error('no Reply');
    return reply;
  }

  it('answer the picture of an instance, to be kept by the browser alone', async () => {
    const reply = await get(ofInstance, { instance: '1.2.3' }, { frame: '2', size: '512' });

    expect(asked).to.deep.equal([{ frame: 2, sizeMax: 512 }]);
    expect(viewed).to.deep.equal([`Mia ${STORED.studyInstanceUid}`]);
    expect(reply).to.deep.include({ status: 200, body: Buffer.from('png') });
    expect(reply.headers).to.deep.equal({
      'Content-Type': 'image/png',
      ETag: '"ab-2-512"',
      'Cache-Control': 'private, no-cache',
    });
  });

  it('answer the picture in the middle of a series, of a usual size', async () => {
    const reply = await get(ofSeries, { study: '1', series: '1.2' });

    expect(asked).to.deep.equal([{ frame: undefined, sizeMax: 256 }]);
    expect(reply.status).to.equal(200);
  });

  for (const known of ['"ab-2-512"', 'W/"ab-2-512"', '"other", "ab-2-512"']) {
    it(`answer 304 without a picture to whoever has ${known}`, async () => {
      const query = { frame: '2', size: '512' };

      const reply = await get(ofInstance, { instance: '1.2.3' }, query, { 'if-none-match': known });

      expect(reply).to.deep.include({ status: 304, body: null });
      expect(reply.headers).to.include({ ETag: '"ab-2-512"' });
      expect(asked).to.have.lengthOf(0);
    });
  }

  it('answer the picture to whoever has another one', async () => {
    const reply = await get(ofInstance, { instance: '1.2.3' }, {}, { 'if-none-match': '"ab-1-512"' });

    expect(reply.status).to.equal(200);
  });

  it('refuse what is not stored, and what has no picture', async () => {
    expect(await refusalOf(get(ofInstance, { instance: '9.9' }))).to.equal('not-found: no instance 9.9');
    expect(await refusalOf(get(ofSeries, { study: '1', series: '9' }))).to.equal('not-found: no series 9');
    expect(await refusalOf(get(ofInstance, { instance: '1.2.3' }, { frame: '9' }))).to.match(
      /^not-renderable/,
    );
  });

  it('are for viewers, and take sizes and frames that can be', () => {
    for (const route of [ofInstance, ofSeries]) {
      expect(route).to.include({ method: 'get', role: 'viewer', answer: 'image/png' });
      for (const query of [{ size: '8' }, { size: '4096' }, { frame: '0' }, { frame: 'x' }, { other: '1' }]) {
        expect(route?.query?.safeParse(query).success, JSON.stringify(query)).to.equal(false);
      }
    }
  });
});
