import { z } from 'zod';
import { settingsSchema } from '../../config/settings.ts';
import { SETTING_EFFECTS } from '../../services/setting-effects.ts';
import { timeSchema } from './common.ts';

export { settingsSchema } from '../../config/settings.ts';

export const settingsAnswerSchema = z.strictObject({
  settings: settingsSchema,
  /** Not to be changed here: they come from the configuration. */
  fixed: z.strictObject({
    adminHost: z.string(),
    adminPort: z.int(),
    dimseHost: z.string(),
    volumePath: z.string(),
    database: z.string(),
  }),
});
export type SettingsAnswer = z.infer<typeof settingsAnswerSchema>;

export const settingsCheckSchema = z.strictObject({
  /** What would happen, in the order of the settings. */
  effects: z.array(
    z.strictObject({
      effect: z.enum(SETTING_EFFECTS),
      setting: z.string(),
      before: z.string(),
      after: z.string(),
      words: z.string(),
    }),
  ),
  /** Why it cannot be; empty where it can. */
  problems: z.array(z.strictObject({ path: z.string(), message: z.string() })),
});
export type SettingsCheck = z.infer<typeof settingsCheckSchema>;

export const certificateSchema = z.strictObject({
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  validFrom: timeSchema,
  validUntil: timeSchema,
  sha256Fingerprint: z.string(),
  isSelfSigned: z.boolean(),
});
export type Certificate = z.infer<typeof certificateSchema>;

export const trustedCertificatesSchema = z.strictObject({
  /** In the order in which they were added. */
  items: z.array(certificateSchema),
});
export type TrustedCertificates = z.infer<typeof trustedCertificatesSchema>;

export const newTrustedCertificatesSchema = z.strictObject({
  /** PEM, one or several. */
  certificates: z.string().max(250_000),
});

/** SHA-256: upper-case hex, with colons. */
export const fingerprintSchema = z.string().regex(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);

export const newCertificateSchema = z.strictObject({
  /** PEM, the leaf first, then the chain. */
  certificate: z.string().max(200_000),
  /** PEM, unencrypted. */
  privateKey: z.string().max(50_000),
});
