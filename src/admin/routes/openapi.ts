import { z } from 'zod';
import { openApiDocument } from '../openapi.ts';
import { type Route, route } from '../route.ts';

/** @param routes all others */
export function openApiRoutes(routes: readonly Route[], version: string): Route[] {
  const own = route({
    method: 'get',
    path: '/api/openapi.json',
    role: 'viewer',
    summary: 'This document.',
    tag: 'OpenAPI',
    answer: z.looseObject({ openapi: z.string() }),
    handle: async () => document,
  });
  const document = openApiDocument([...routes, own], version);
  return [own];
}
