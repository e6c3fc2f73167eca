import { z } from 'zod';
import type { User } from '../../catalog/user-repository.ts';
import {
  newUserSchema,
  type User as UserView,
  userChangeSchema,
  userListSchema,
  userSchema,
} from '../api/accounts.ts';
import type { AdminParts } from '../parts.ts';
import { actorOf, Reply, type Route, route } from '../route.ts';

const tag = 'Accounts';
const parameters = z.strictObject({ name: z.string().min(1).max(64) });

export function userRoutes({ accounts: { users } }: AdminParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/users',
      role: 'admin',
      isForPeople: true,
      summary: 'All users.',
      tag,
      answer: userListSchema,
      handle: async () => ({ items: (await users.list()).map(view) }),
    }),
    route({
      method: 'post',
      path: '/api/users',
      role: 'admin',
      isForPeople: true,
      summary: 'Adds a user, who should change the password after signing in.',
      tag,
      body: newUserSchema,
      answer: userSchema,
      handle: async (request) => {
        const { name, role, password } = request.body;
        return new Reply(201, {}, view(await users.add(name, role, password, actorOf(request))));
      },
    }),
    route({
      method: 'patch',
      path: '/api/users/{name}',
      role: 'admin',
      isForPeople: true,
      summary: 'Changes the role of a user, or sets a new password, which ends the sessions of the user.',
      tag,
      parameters,
      body: userChangeSchema,
      answer: userSchema,
      handle: async (request) =>
        view(await users.change(request.parameters.name, request.body, actorOf(request))),
    }),
    route({
      method: 'delete',
      path: '/api/users/{name}',
      role: 'admin',
      isForPeople: true,
      summary: 'Removes a user, and ends the sessions of the user.',
      tag,
      parameters,
      answer: undefined,
      handle: async (request) => users.remove(request.parameters.name, actorOf(request)),
    }),
  ];
}

function view({ name, role, createdAt, lastLoginAt }: User): UserView {
  return { name, role, createdAt, lastLoginAt };
}
