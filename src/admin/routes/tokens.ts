import { z } from 'zod';
import type { Token } from '../../catalog/token-repository.ts';
import {
  createdTokenSchema,
  newTokenSchema,
  type Token as TokenView,
  tokenListSchema,
} from '../api/accounts.ts';
import { idSchema } from '../api/common.ts';
import type { AdminParts } from '../parts.ts';
import { actorOf, Reply, type Route, route } from '../route.ts';

const tag = 'Accounts';
const parameters = z.strictObject({ id: idSchema });

export function tokenRoutes({ accounts: { tokens } }: AdminParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/tokens',
      role: 'admin',
      isForPeople: true,
      summary: 'All API tokens, without their secrets.',
      tag,
      answer: tokenListSchema,
      handle: async () => ({ items: (await tokens.list()).map(view) }),
    }),
    route({
      method: 'post',
      path: '/api/tokens',
      role: 'admin',
      isForPeople: true,
      summary: 'Adds an API token. The answer has its secret, which is told this once.',
      tag,
      body: newTokenSchema,
      answer: createdTokenSchema,
      handle: async (request) => {
        const { name, role } = request.body;
        const { token, secret } = await tokens.add(name, role, actorOf(request));
        return new Reply(201, {}, { ...view(token), secret });
      },
    }),
    route({
      method: 'delete',
      path: '/api/tokens/{id}',
      role: 'admin',
      isForPeople: true,
      summary: 'Removes an API token.',
      tag,
      parameters,
      answer: undefined,
      handle: async (request) => tokens.remove(request.parameters.id, actorOf(request)),
    }),
  ];
}

function view({ id, name, role, createdAt, lastUsedAt }: Token): TokenView {
  return { id, name, role, createdAt, lastUsedAt };
}
