import { z } from 'zod';
import { aeTitleSchema } from '../../config/schema.ts';
import { ECHO_OUTCOMES } from '../../services/echo.ts';
import { timeSchema } from './common.ts';

export const peerInputSchema = z.strictObject({
  aeTitle: aeTitleSchema,
  host: z.string().regex(/^[\w.:%-]{1,253}$/, 'a host name or an address'),
  port: z.int().min(1).max(65_535),
  mayEcho: z.boolean().default(true),
  mayStore: z.boolean().default(true),
  mayFind: z.boolean().default(true),
  mayRetrieve: z.boolean().default(true),
  /** Whether a caller with this AE title must come from `host`. */
  matchAddress: z.boolean().default(false),
  /** We call it by TLS. */
  useTls: z.boolean().default(false),
  /** Transfer syntax UIDs that we offer first when we send, best first; empty: as stored first. */
  preferredTransferSyntaxes: z
    .array(z.string().regex(/^[0-9.]{1,64}$/))
    .max(20)
    .default([]),
  note: z.string().max(500).default(''),
});
export type PeerInput = z.infer<typeof peerInputSchema>;

export const peerSchema = peerInputSchema.extend({
  id: z.int(),
  createdAt: timeSchema,
  /** Last association in either direction. */
  lastSeenAt: timeSchema.nullable(),
  /** Last instance that came from it. */
  lastStoredAt: timeSchema.nullable(),
});
export type Peer = z.infer<typeof peerSchema>;
export const peerListSchema = z.strictObject({ items: z.array(peerSchema) });

/** A peer that need not be there yet. */
export const echoRequestSchema = peerInputSchema.pick({
  aeTitle: true,
  host: true,
  port: true,
  useTls: true,
});

export const echoResultSchema = z.strictObject({
  outcome: z.enum(ECHO_OUTCOMES),
  isOk: z.boolean(),
  /** As in the log. */
  words: z.string(),
  /** What to do about it, in English; the page has it by `outcome` in its languages. */
  advice: z.string(),
  resolvedAddress: z.string().nullable(),
  connectMs: z.number().nullable(),
  associateMs: z.number().nullable(),
  echoMs: z.number().nullable(),
});
export type EchoResult = z.infer<typeof echoResultSchema>;

export const unknownCallerSchema = z.strictObject({
  id: z.int(),
  aeTitle: z.string(),
  address: z.string(),
  /** AE title by which it called us. */
  calledAeTitle: z.string(),
  callCount: z.int(),
  firstSeenAt: timeSchema,
  lastSeenAt: timeSchema,
  /** What it was last refused, in words; '' for nothing. */
  refused: z.string(),
  /** Names of the SOP classes that it proposed last, at most 50. */
  proposed: z.array(z.string()),
});
export type UnknownCaller = z.infer<typeof unknownCallerSchema>;
export const unknownCallerListSchema = z.strictObject({ items: z.array(unknownCallerSchema) });

/** The AE title and, unless told otherwise, the address are the caller's. */
export const adoptCallerSchema = peerInputSchema
  .omit({ aeTitle: true })
  .partial()
  .extend({
    port: z.int().min(1).max(65_535).default(104),
  });
