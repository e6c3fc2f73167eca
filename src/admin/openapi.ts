import { z } from 'zod';
import { problemSchema } from './api/common.ts';
import { SESSION_COOKIES } from './authentication.ts';
import type { Route } from './route.ts';

type Json = { [name: string]: unknown };

const PROBLEM_ANSWER = {
  description: 'Refused, or failed: the document says why.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The OpenAPI 3.1 document of these routes: the schemas in it are those that check the requests. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const schemas = new Schemas();
  schemas.add('Problem', problemSchema);
  const paths: { [path: string]: Json } = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method] = operationOf(route, schemas);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Dicomkeep',
      version,
      description:
        'Sign in by POST /api/session and send the header X-CSRF-Token with what changes something, or send an API token as bearer.',
    },
    paths,
    components: {
      schemas: schemas.all,
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIES.secure,
          description: `By HTTP it is ${SESSION_COOKIES.plain}.`,
        },
        csrf: { type: 'apiKey', in: 'header', name: 'X-CSRF-Token' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operationOf(route: Route, schemas: Schemas): Json {
  const id = operationIdOf(route);
  const { body } = route;
  return {
    operationId: id,
    tags: [route.tag],
    summary: route.summary,
    description: ROLE_WORDS[route.role] + (route.isForPeople === true ? ' Not for API tokens.' : ''),
    parameters: [
      ...parametersOf('path', route.parameters, schemas, id),
      ...parametersOf('query', route.query, schemas, id),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemas.of(`${id}Body`, body, 'input') } },
      },
    }),
    responses: { ...answersOf(route, schemas, id), default: PROBLEM_ANSWER },
    security: securityOf(route),
  };
}

const ROLE_WORDS: Readonly<Record<Route['role'], string>> = {
  public: 'For everybody, without an account.',
  viewer: 'For everybody with an account.',
  admin: 'For admins.',
};

/** `get /api/studies/{study}/series` is `getStudiesStudySeries`. */
function operationIdOf({ method, path }: Route): string {
  const words = path.replace(/^\/api\//, '/').match(/[A-Za-z]+/g) ?? [];
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function securityOf({ role, method, isForPeople }: Route): Json[] {
  if (role === 'public') return [];
  const session = method === 'get' ? { session: [] } : { session: [], csrf: [] };
  return isForPeople === true ? [session] : [session, { token: [] }];
}

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  schemas: Schemas,
  id: string,
): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.inline(`${id}Parameters`, schema, 'input') as {
    properties?: { [name: string]: Json };
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function answersOf({ answer, method, otherAnswers = {} }: Route, schemas: Schemas, id: string): Json {
  if (answer === undefined) return { 204: { description: 'Done.' } };
  const schema = typeof answer === 'string' ? {} : schemas.of(`${id}Answer`, answer, 'output');
  const type = typeof answer === 'string' ? answer : 'application/json';
  const description = method === 'post' ? 'Done: what has come of it.' : 'What was asked for.';
  const content = { [type]: { schema } };
  const others = Object.entries(otherAnswers).map(([status, other]) => [
    status,
    { description: other.description, ...(other.hasBody && { content }) },
  ]);
  return { '2XX': { description, content }, ...Object.fromEntries(others) };
}

/** Schemas of the document, each of them once; what they refer to has its place in `components`. */
class Schemas {
  readonly all: { [name: string]: Json } = {};
  readonly #names = new Map<z.ZodType, string>();

  add(name: string, schema: z.ZodType): void {
    this.#names.set(schema, name);
    this.all[name] = this.inline(name, schema, 'output');
  }

  /** A reference to the schema, which gets this name unless it has one. */
  of(name: string, schema: z.ZodType, io: 'input' | 'output'): Json {
    const known = this.#names.get(schema);
    if (known !== undefined && io === 'output') return { $ref: `#/components/schemas/${known}` };
    if (io === 'output') this.#names.set(schema, name);
    this.all[name] = this.inline(name, schema, io);
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The schema itself. What zod puts beside it for those that contain themselves moves to `components`. */
  inline(name: string, schema: z.ZodType, io: 'input' | 'output'): Json {
    const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
    const { $schema: _, $defs = {}, ...rest } = json;
    const moved = (value: Json) => withReferences(value, name) as Json;
    for (const [inner, definition] of Object.entries($defs as Json)) {
      this.all[`${name}_${inner}`] = moved(definition as Json);
    }
    return moved(rest);
  }
}

function withReferences(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string') return [key, withReferences(inner, name)];
      const reference = inner.replace(/^#\/\$defs\//, `#/components/schemas/${name}_`);
      return [key, reference === '#' ? `#/components/schemas/${name}` : reference];
    }),
  );
}
