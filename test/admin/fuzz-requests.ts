import fc from 'fast-check';

interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

export interface Operation {
  method: string;
  path: string;
  parameters: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
}

export interface FuzzedRequest {
  path: string;
  body: string | Buffer | undefined;
  headers: Record<string, string>;
}

type Schemas = Record<string, Schema>;

/** Requests for one operation: near to what it takes, and far from it. */
export function requestsFor(operation: Operation, schemas: Schemas): fc.Arbitrary<FuzzedRequest> {
  const { path, parameters, requestBody } = operation;
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const schema = requestBody?.content['application/json'].schema;
  return fc
    .record({
      segments: fc.tuple(...inPath.map(({ schema }) => pathSegment(schema, schemas))),
      query: query(inQuery, schemas),
      body: schema === undefined ? fc.constantFrom(undefined, '{}', 'x') : body(schema, schemas),
      type: mostly(
        'application/json',
        fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'a', ''),
      ),
    })
    .map(({ segments, query, body, type }) => {
      const filled = inPath.reduce(
        (text, { name }, index) => text.replace(`{${name}}`, segments[index] ?? ''),
        path,
      );
      return {
        path: query === '' ? filled : `${filled}?${query}`,
        body,
        headers: body === undefined ? {} : { 'content-type': type },
      };
    });
}

function mostly<T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
}

const NASTY_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e\r\nX: y',
  "'; DROP TABLE users; --",
  '../../../etc/passwd',
  '%',
  '_',
  '\\',
  '*?',
  '1.2.840.10008.1.1',
  '-1',
  '0',
  '1e309',
  'NaN',
  '20240101-',
  '20240101-20231231',
  '𝒳'.repeat(40),
  'é'.normalize('NFD'),
  'x'.repeat(300),
  '__proto__',
  'constructor',
];

const nastyText = fc.oneof(fc.constantFrom(...NASTY_TEXTS), fc.string({ unit: 'binary', maxLength: 40 }));

/** A value that the schema may or may not take. */
function value(schema: Schema, schemas: Schemas, depth = 0): fc.Arbitrary<unknown> {
  const fitting = fittingValue(schema, schemas, depth);
  return fc.oneof({ weight: 6, arbitrary: fitting }, { weight: 1, arbitrary: anyValue(depth) });
}

function fittingValue(schema: Schema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  if (depth > 6) return fc.constant(null);
  const named =
    schema.$ref === undefined ? undefined : schemas[schema.$ref.replace('#/components/schemas/', '')];
  if (named !== undefined) return fittingValue(named, schemas, depth);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) {
    return fc.oneof(...schema.anyOf.map((one) => fittingValue(one, schemas, depth + 1)));
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 70_000, 2 ** 31) }),
        fc.constantFrom(schema.minimum ?? 0, (schema.maximum ?? 0) + 1, 1.5, 1e300, -0),
      );
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(value(schema.items ?? {}, schemas, depth + 1), { maxLength: 4 });
    case 'object':
      return objectValue(schema, schemas, depth);
    default:
      return fc.oneof(
        fc.stringMatching(/^[A-Za-z0-9._-]{1,16}$/),
        fc.constantFrom('CT1', 'admin', '192.0.2.7', 'x'.repeat((schema.maxLength ?? 10) + 1)),
        nastyText,
      );
  }
}

function objectValue(schema: Schema, schemas: Schemas, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, value(property, schemas, depth + 1)] as const,
  );
  const requiredKeys = mostly(schema.required ?? [], fc.constant([]));
  const surplus = mostly<object>(
    {},
    fc.constantFrom<object[]>({ surplus: 1 }, { ['__proto__']: 1 }, { constructor: null }),
  );
  return fc
    .tuple(
      requiredKeys.chain((keys) => fc.record(Object.fromEntries(properties), { requiredKeys: keys })),
      surplus,
    )
    .map(([object, more]) => ({ ...object, ...more }));
}

function anyValue(depth: number): fc.Arbitrary<unknown> {
  const leaves = [null, true, 0, -1, 2 ** 53, 1e308, '', [], {}, [[]], { a: { b: [] } }];
  return depth > 3 ? fc.constantFrom(...leaves) : fc.oneof(fc.constantFrom(...leaves), nastyText);
}

function body(schema: Schema, schemas: Schemas): fc.Arbitrary<string | Buffer | undefined> {
  const json = value(schema, schemas).map((sent) => JSON.stringify(sent));
  const broken: (string | Buffer | undefined)[] = [
    undefined,
    '',
    '{',
    'null',
    '"text"',
    '{"a":1,"a":2}',
    '['.repeat(30_000),
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
    `{"name":"${'x'.repeat(300_000)}"}`,
    `[${'1e999,'.repeat(1000)}1]`,
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
    Buffer.from('{"name":"x"}', 'utf16le'),
    '\u0000',
  ];
  return fc.oneof({ weight: 4, arbitrary: json }, { weight: 1, arbitrary: fc.constantFrom(...broken) });
}

function pathSegment(schema: Schema, schemas: Schemas): fc.Arbitrary<string> {
  const text = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom('1', '2', 'CT1', 'admin', 'nobody', '1.2.3', '9007199254740993'),
    },
    { weight: 2, arbitrary: value(schema, schemas).map(String) },
    { weight: 1, arbitrary: nastyText },
  );
  return fc.oneof(
    { weight: 8, arbitrary: text.map(encoded) },
    fc.constantFrom('%', '%00', '%ff', '%2f', '%c0%af', '1%'),
  );
}

function query(parameters: Operation['parameters'], schemas: Schemas): fc.Arbitrary<string> {
  const known = parameters.map(({ name, schema }) =>
    value(schema, schemas).map((sent) => `${name}=${encoded(String(sent))}`),
  );
  const odd = fc.constantFrom('x=1', '%', '%ff=%ff', '=', '&&&', 'limit=1&limit=2', `a=${'x'.repeat(3000)}`);
  const some =
    known.length === 0 ? fc.constant<string[]>([]) : fc.array(fc.oneof(...known), { maxLength: 4 });
  return fc
    .tuple(some, mostly('', odd))
    .map(([parts, more]) => [...parts, ...(more === '' ? [] : [more])].join('&'));
}

function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '?'));
}
