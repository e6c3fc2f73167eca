import { expect } from 'chai';
import { allRoutes } from '../../src/admin/routes-table.ts';
import { describeAdminOnSqlite } from '../helpers/admin.ts';

interface Operation {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: object;
  responses: Record<string, object>;
  security: object[];
}

describeAdminOnSqlite('The OpenAPI document', (context) => {
  const document = async () => (await context.viewer.get('/api/openapi.json')).body;
  const operations = async () => {
    const { paths } = await document();
    return Object.entries<Record<string, Operation>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, ...operation })),
    );
  };

  it('is of OpenAPI 3.1, and has every route', async () => {
    const { openapi, info } = await document();
    const described = (await operations()).map(({ method, path }) => `${method} ${path}`);

    expect(openapi).to.match(/^3\.1\.\d$/);
    expect(info).to.include({ title: 'Dicomkeep', version: '0.0.0-test' });
    expect(described).to.have.members(
      allRoutes(context.parts).map(({ method, path }) => `${method} ${path}`),
    );
    expect(described).to.include('get /api/openapi.json');
  });

  it('has no operationId twice', async () => {
    const ids = (await operations()).map(({ operationId }) => operationId);

    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).to.deep.equal([]);
    for (const id of ids) expect(id).to.match(/^[a-z][A-Za-z]+$/);
  });

  it('declares every parameter of a path, and no other', async () => {
    for (const { path, operationId, parameters } of await operations()) {
      const declared = parameters.filter((parameter) => parameter.in === 'path');

      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        declared.map(({ name }) => name),
        operationId,
      ).to.have.members(inPath);
      expect(
        declared.every(({ required }) => required),
        operationId,
      ).to.equal(true);
    }
  });

  it('refers to nothing that is not there', async () => {
    const whole = await document();

    const references = [...JSON.stringify(whole).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target = '']) => target,
    );

    expect(references.length).to.be.greaterThan(20);
    for (const reference of new Set(references)) {
      const name = reference.replace('#/components/schemas/', '');
      expect(whole.components.schemas, reference).to.have.property(name);
    }
  });

  it('tells of each operation how it answers, how it fails, and who may', async () => {
    const routes = allRoutes(context.parts);
    for (const operation of await operations()) {
      const { operationId, responses, security, method, path } = operation;
      const isPublic = routes.some(
        (route) => route.method === method && route.path === path && route.role === 'public',
      );
      expect(Object.keys(responses), operationId).to.include('default').and.have.length.greaterThan(1);
      expect(operation.summary, operationId).to.match(/\.$/);
      const isOfAccounts = /^\/api\/(users|tokens|account)\b/.test(path);
      expect(security.length, operationId).to.equal(isPublic ? 0 : isOfAccounts ? 1 : 2);
      if (!isPublic && method !== 'get') expect(security[0], operationId).to.have.property('csrf');
    }
  });

  it('tells of answers that are neither success nor problem', async () => {
    const answersOf = async (id: string) =>
      (await operations()).find(({ operationId }) => operationId === id)?.responses ?? {};

    expect(await answersOf('getReadyz')).to.have.nested.property('503.content.application/json.schema');
    expect((await answersOf('getInstancesInstancePreview'))['304']).to.have.all.keys('description');
  });

  it('has the schemas that check the requests', async () => {
    const whole = await document();
    const [post] = (await operations()).filter(({ operationId }) => operationId === 'postTokens');
    const [list] = (await operations()).filter(({ operationId }) => operationId === 'getEvents');

    expect(post?.requestBody).to.have.nested.property(
      'content.application/json.schema.$ref',
      '#/components/schemas/postTokensBody',
    );
    expect(whole.components.schemas.postTokensBody).to.deep.include({
      required: ['name', 'role'],
      additionalProperties: false,
    });
    const limit = list?.parameters.find(({ name }) => name === 'limit');
    expect(limit).to.deep.include({ in: 'query', required: false });
    expect(limit?.schema).to.include({ type: 'integer', minimum: 1, maximum: 200, default: 50 });
  });

  it('describes attributes, which contain themselves, by a reference', async () => {
    const text = JSON.stringify(await document());

    expect(text).to.match(/#\/components\/schemas\/getInstances\w*Answer\w*/);
    expect(text).not.to.include('#/$defs');
  });
});
