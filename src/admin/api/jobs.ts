import { z } from 'zod';
import { idSchema, pageOf, pageParameters, timeSchema } from './common.ts';

export const JOB_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;

export const jobSchema = z.strictObject({
  id: z.int(),
  /** `send` or `storage-commitment`. */
  kind: z.string(),
  state: z.enum(JOB_STATES),
  /** Who asked for it. */
  by: z.string(),
  createdAt: timeSchema,
  changedAt: timeSchema,
  /** Of `send`: studyInstanceUid, seriesInstanceUid, sopInstanceUid, peer (AE title); of `storage-commitment`: callingAeTitle, calledAeTitle, transactionUid, references, digest. */
  subject: z.record(z.string(), z.string()),
  progress: z.strictObject({ done: z.int(), failed: z.int(), total: z.int() }),
  attempts: z.int(),
  /** Why it failed, or was put off; '' for nothing. */
  words: z.string(),
});
export type Job = z.infer<typeof jobSchema>;
export const jobPageSchema = pageOf(jobSchema);
export const jobQuerySchema = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  ...pageParameters,
});

export const sendSchema = z.strictObject({ peerId: z.int().min(1) });

export const jobParameters = z.strictObject({ id: idSchema });
