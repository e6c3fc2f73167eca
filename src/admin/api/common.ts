import { z } from 'zod';

/** A UID as it is stored: PS3.5 §9.1 as a rule, but what a peer sent is kept as it came. */
export const uidSchema = z.string().regex(/^[\x21-\x7e]{1,128}$/);

export const idSchema = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** Milliseconds since 1970. */
export const timeSchema = z.number().int();

/** Where a list goes on: opaque, from the answer before. */
export const cursorSchema = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9_-]+$/);

/** Query parameters of every list. */
export const pageParameters = {
  cursor: cursorSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** An answer of a list: `nextCursor` is null at its end. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Component groups as they stand in the data set: `Family^Given^Middle`. */
export const personNameSchema = z.strictObject({
  alphabetic: z.string(),
  ideographic: z.string(),
  phonetic: z.string(),
});
export type PersonNameView = z.infer<typeof personNameSchema>;

/** RFC 9457. `detail` has the words that stand in the log. */
export const problemSchema = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  /** ProblemCode, or one of HTTP's own: `invalid-request`, `not-signed-in`, `forbidden`, `too-many-attempts`. */
  code: z.string(),
  /** Of a request that is wrong: every place, and what would be right. */
  issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  /** Seconds, of `too-many-attempts`. */
  retryAfter: z.number().int().optional(),
});
export type ProblemDocument = z.infer<typeof problemSchema>;
