import { z } from 'zod';
import { timeSchema } from './common.ts';

export const roleSchema = z.enum(['admin', 'viewer']);
export type Role = z.infer<typeof roleSchema>;

export const userNameSchema = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}._@-]{1,64}$/u, '1 to 64 letters, digits or . _ @ -');

/** Length alone: rules about kinds of characters make passwords worse (NIST SP 800-63B §5.1.1.2). */
export const passwordSchema = z.string().min(10, 'at least 10 characters').max(256, 'at most 256 characters');

export const loginSchema = z.strictObject({ name: z.string().max(64), password: z.string().max(256) });

export const sessionSchema = z.strictObject({
  name: z.string(),
  role: roleSchema,
  /** To be sent as header `X-CSRF-Token` with every request that changes something. */
  csrfToken: z.string(),
  /** The password was made up at the first start or set by somebody else, and should be changed. */
  mustChangePassword: z.boolean(),
});
export type Session = z.infer<typeof sessionSchema>;

/** What the login page may know before anybody has signed in. */
export const loginPageSchema = z.strictObject({ language: z.string() });

export const passwordChangeSchema = z.strictObject({ current: z.string().max(256), next: passwordSchema });

export const userSchema = z.strictObject({
  name: z.string(),
  role: roleSchema,
  createdAt: timeSchema,
  lastLoginAt: timeSchema.nullable(),
});
export type User = z.infer<typeof userSchema>;
export const userListSchema = z.strictObject({ items: z.array(userSchema) });
export const newUserSchema = z.strictObject({
  name: userNameSchema,
  role: roleSchema,
  password: passwordSchema,
});
export const userChangeSchema = z.strictObject({
  role: roleSchema.optional(),
  password: passwordSchema.optional(),
});

export const tokenSchema = z.strictObject({
  id: z.number().int(),
  name: z.string(),
  role: roleSchema,
  createdAt: timeSchema,
  lastUsedAt: timeSchema.nullable(),
});
export type Token = z.infer<typeof tokenSchema>;
export const tokenListSchema = z.strictObject({ items: z.array(tokenSchema) });
/** Whatever can be seen: what turns the direction of writing, say, would make words of an event read as others. */
const tokenNameSchema = z
  .string()
  .trim()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u, '1 to 64 characters that can be seen');
export const newTokenSchema = z.strictObject({ name: tokenNameSchema, role: roleSchema });
/** `secret` is shown this once: `Authorization: Bearer <secret>`. */
export const createdTokenSchema = tokenSchema.extend({ secret: z.string() });
